/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/events/field.h"
#include "pipeline/events/payload.h"

/* EventBridge's words for what the other dialects call eventName. The first row that fits counts.
 */
static const struct {
    const char *detail_type;
    const char *member; /* of detail; NULL: whatever the detail says */
    const char *value;
    const char *name;
    EventKind kind;
} names[] = {
    {"Object Created", "reason", "PutObject", "ObjectCreated:Put", EVENT_CREATED},
    {"Object Created", "reason", "POST Object", "ObjectCreated:Post", EVENT_CREATED},
    {"Object Created", "reason", "CopyObject", "ObjectCreated:Copy", EVENT_CREATED},
    {"Object Created", "reason", "CompleteMultipartUpload", "ObjectCreated:CompleteMultipartUpload",
     EVENT_CREATED},
    {"Object Created", NULL, NULL, "ObjectCreated", EVENT_CREATED},
    {"Object Deleted", "deletion-type", "Delete Marker Created",
     "ObjectRemoved:DeleteMarkerCreated", EVENT_REMOVED},
    {"Object Deleted", NULL, NULL, "ObjectRemoved:Delete", EVENT_REMOVED},
};

static void set_name(Event *event, const char *detail_type, const json_t *detail)
{
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (g_str_equal(detail_type, names[i].detail_type) &&
            (names[i].member == NULL ||
             g_strcmp0(field_text(detail, names[i].member), names[i].value) == 0)) {
            event->name = g_strdup(names[i].name);
            event->kind = names[i].kind;
            return;
        }
    event->name = g_strdup(detail_type);
    event->kind = EVENT_SKIPPED;
}

static gboolean read_event(const Payload *self, const json_t *json, Event *event, GError **error)
{
    const json_t *detail = json_object_get(json, "detail");
    const json_t *object = json_object_get(detail, "object");
    const char *detail_type = field_text(json, "detail-type");

    event->dialect = "eventbridge";
    event->bucket = g_strdup(field_text(json_object_get(detail, "bucket"), "name"));
    event->raw_key = g_strdup(json_string_value(json_object_get(object, "key")));
    event->etag = field_etag(object, "etag");
    event->time_ms = field_time_ms(field_text(json, "time"));
    if (detail_type == NULL) {
        g_set_error(error, EVENT_ERROR, EVENT_ERROR_UNPARSABLE, "detail-type is missing");
        return FALSE;
    }
    set_name(event, detail_type, detail);
    return field_size(object, &event->size, error) &&
           field_version_id(object, "version-id", &event->version_id, error) &&
           event_settle(event, self->encoding, KEY_ENCODING_RAW, error);
}

gboolean eventbridge_match(const json_t *json)
{
    return g_strcmp0(field_text(json, "source"), "aws.s3") == 0 &&
           json_is_object(json_object_get(json, "detail"));
}

void eventbridge_read(Payload *self, json_t *json)
{
    g_autoptr(GError) error = NULL;
    Event *event = event_new(EVENT_UNPARSABLE);
    (void)!read_event(self, json, event, &error); /* the error says it all */
    payload_take(self, event, error);
}
