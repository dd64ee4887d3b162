/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/events/event.h"

#include "pipeline/events/object_key.h"
#include "pipeline/events/payload.h"

/* An allow-list: MinIO's s3:ObjectCreated:* includes PutTagging, which makes no object. */
static const struct {
    const char *name;
    EventKind kind;
} kinds[] = {
    {"ObjectCreated:Put", EVENT_CREATED},
    {"ObjectCreated:Post", EVENT_CREATED},
    {"ObjectCreated:Copy", EVENT_CREATED},
    {"ObjectCreated:CompleteMultipartUpload", EVENT_CREATED},
    {"ObjectRemoved:Delete", EVENT_REMOVED},
    {"ObjectRemoved:DeleteMarkerCreated", EVENT_REMOVED},
    {"ObjectRemoved:DeleteObjects", EVENT_REMOVED},
    {"ObjectRemoved:DeleteAllVersions", EVENT_REMOVED},
    {"LifecycleExpiration:Delete", EVENT_REMOVED},
    {"LifecycleExpiration:DeleteMarkerCreated", EVENT_REMOVED},
    {"ObjectLifecycle:Expiration:Current", EVENT_REMOVED},
    {"ObjectLifecycle:Expiration:DeleteMarker", EVENT_REMOVED},
};

EventKind event_kind_of_name(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (g_str_equal(name, kinds[i].name))
            return kinds[i].kind;
    return EVENT_SKIPPED;
}

Event *event_new(EventKind kind)
{
    Event *event = g_new0(Event, 1);
    event->kind = kind;
    event->size = -1;
    event->time_ms = -1;
    return event;
}

Event *event_new_skipped(const char *reason)
{
    Event *event = event_new(EVENT_SKIPPED);
    event->skip_reason = reason;
    return event;
}

void event_free(Event *event)
{
    if (event == NULL)
        return;
    g_free(event->bucket);
    g_free(event->key);
    g_free(event->raw_key);
    g_free(event->etag);
    g_free(event->version_id);
    g_free(event->content_type);
    g_free(event->name);
    g_free(event->problem);
    g_free(event);
}

static void skip(Event *event, const char *reason)
{
    event->kind = EVENT_SKIPPED;
    event->skip_reason = reason;
}

gboolean event_settle(Event *event, KeyEncoding encoding, KeyEncoding natural, GError **error)
{
    g_autoptr(GError) key_error = NULL;
    event->key = object_key_decode(event->raw_key,
                                   encoding == KEY_ENCODING_AUTO ? natural : encoding, &key_error);
    if (g_strcmp0(event->key, event->raw_key) == 0)
        g_clear_pointer(&event->raw_key, g_free);

    if (event->kind == EVENT_SKIPPED) { /* first: events of whole buckets have no key */
        skip(event, "not_created_event");
        return TRUE;
    }
    if (event->bucket == NULL) {
        g_set_error(error, EVENT_ERROR, EVENT_ERROR_UNPARSABLE, "the bucket's name is missing");
        return FALSE;
    }
    if (key_error != NULL) {
        g_propagate_error(error, g_steal_pointer(&key_error));
        return FALSE;
    }
    if (g_str_has_suffix(event->key, "/"))
        skip(event, "folder_marker");
    else if (event->kind == EVENT_CREATED && event->size == 0)
        skip(event, "empty_object");
    return TRUE;
}
