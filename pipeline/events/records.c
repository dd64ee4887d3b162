/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/events/field.h"
#include "pipeline/events/payload.h"

#include <string.h>

/* A record of 1 MiB / 10,000 bytes could hardly name its object; smaller ones are a flood. */
#define MAX_RECORDS 10000

typedef struct {
    const char *source; /* eventSource */
    const char *name;
    KeyEncoding key_encoding;
    gboolean (*match)(const json_t *record); /* NULL: every one from that source */
} Dialect;

/* versitygw 1.8.0 calls itself "aws:s3", but writes "arn:aws:s3:::/bucket/key" where AWS has a
 * bucket's ARN, and PrincipalId with a capital. */
static gboolean is_versitygw(const json_t *record)
{
    if (json_object_get(json_object_get(record, "userIdentity"), "PrincipalId") != NULL)
        return TRUE;
    const json_t *bucket = json_object_get(json_object_get(record, "s3"), "bucket");
    const char *arn = field_text(bucket, "arn");
    g_autofree char *start =
        g_strconcat("arn:aws:s3:::/", field_text(bucket, "name") ?: "", "/", NULL);
    return arn != NULL && g_str_has_prefix(arn, start);
}

static const Dialect dialects[] = {
    {"aws:s3", "versitygw", KEY_ENCODING_RAW, is_versitygw},
    {"aws:s3", "aws", KEY_ENCODING_FORM, NULL},
    {"minio:s3", "minio", KEY_ENCODING_FORM, NULL},
    {"rustfs:s3", "rustfs", KEY_ENCODING_FORM, NULL},
    {"ceph:s3", "ceph", KEY_ENCODING_RAW, NULL},
};
static const Dialect other_dialect = {NULL, "aws", KEY_ENCODING_FORM, NULL};
static const Dialect other_cloud_event = {NULL, "cloudevents", KEY_ENCODING_FORM, NULL};

/* CloudEvents' source is "ceph:s3.region.bucket". */
static gboolean is_from(const char *source, const Dialect *dialect)
{
    gsize size = strlen(dialect->source);
    return strncmp(source, dialect->source, size) == 0 &&
           (source[size] == '\0' || source[size] == '.');
}

static const Dialect *find_dialect(const Payload *self, const json_t *record)
{
    const char *source = field_text(record, "eventSource") ?: self->cloud_event.source;
    for (gsize i = 0; source != NULL && i < G_N_ELEMENTS(dialects); i++)
        if (is_from(source, &dialects[i]) &&
            (dialects[i].match == NULL || dialects[i].match(record)))
            return &dialects[i];
    return self->cloud_event.type != NULL ? &other_cloud_event : &other_dialect;
}

static const char *without_prefix(const char *text, const char *prefix)
{
    return g_str_has_prefix(text, prefix) ? text + strlen(prefix) : text;
}

/* The cloud event's type is "com.amazonaws.s3.ObjectCreated:Put"; Ceph leaves out the "s3.". */
static const char *find_name(const Payload *self, const json_t *record)
{
    const char *name = field_text(record, "eventName");
    if (name != NULL)
        return without_prefix(name, "s3:");
    const char *type = self->cloud_event.type;
    if (type == NULL || !g_str_has_prefix(type, "com.amazonaws."))
        return NULL;
    return without_prefix(without_prefix(type, "com.amazonaws."), "s3.");
}

static gboolean check_version(const json_t *record, GError **error)
{
    const json_t *value = json_object_get(record, "eventVersion");
    if (value == NULL || json_is_null(value))
        return TRUE;
    const char *version = json_string_value(value);
    if (version == NULL) {
        g_set_error(error, EVENT_ERROR, EVENT_ERROR_UNPARSABLE, "eventVersion is not a text");
        return FALSE;
    }
    if (version[0] != '2' || (version[1] != '\0' && version[1] != '.')) {
        g_set_error(error, EVENT_ERROR, EVENT_ERROR_UNPARSABLE,
                    "eventVersion is \"%.16s\", known is 2.x", version);
        return FALSE;
    }
    return TRUE;
}

static gboolean read_record(const Payload *self, const json_t *record, Event *event, GError **error)
{
    const json_t *s3 = json_object_get(record, "s3");
    const json_t *object = json_object_get(s3, "object");
    const Dialect *dialect = find_dialect(self, record);

    event->dialect = dialect->name;
    event->name = g_strdup(find_name(self, record));
    event->bucket = g_strdup(field_text(json_object_get(s3, "bucket"), "name"));
    event->raw_key = g_strdup(json_string_value(json_object_get(object, "key")));
    event->etag = field_etag(object, "eTag");
    event->content_type = g_strdup(field_text(object, "contentType"));
    event->time_ms = field_time_ms(field_text(record, "eventTime") ?: self->cloud_event.time);

    if (!check_version(record, error))
        return FALSE;
    if (event->name == NULL) {
        g_set_error(error, EVENT_ERROR, EVENT_ERROR_UNPARSABLE, "eventName is missing");
        return FALSE;
    }
    if (!field_size(object, &event->size, error) ||
        !field_version_id(object, "versionId", &event->version_id, error))
        return FALSE;
    event->kind = event_kind_of_name(event->name);
    return event_settle(event, self->encoding, dialect->key_encoding, error);
}

gboolean records_match_bare(const json_t *json)
{
    return json_is_object(json_object_get(json, "s3"));
}

void records_read_bare(Payload *self, json_t *json)
{
    g_autoptr(GError) error = NULL;
    Event *event = event_new(EVENT_UNPARSABLE);
    (void)!read_record(self, json, event, &error); /* the error says it all */
    payload_take(self, event, error);
}

static void read_element(Payload *self, json_t *record)
{
    if (records_match_bare(record))
        records_read_bare(self, record);
    else if (envelopes_match(record))
        envelopes_read(self, record);
    else
        payload_take_unparsable(self, "is neither a record of S3 nor one of SNS or SQS");
}

gboolean records_match(const json_t *json)
{
    return json_is_array(json_object_get(json, "Records"));
}

void records_read(Payload *self, json_t *json)
{
    const json_t *records = json_object_get(json, "Records");
    gsize count = json_array_size(records);
    if (count == 0)
        payload_take_unparsable(self, "Records is empty");
    else if (self->events->len + count > MAX_RECORDS)
        payload_take_unparsable(self, "more than %d Records in one message", MAX_RECORDS);
    else
        for (gsize i = 0; i < count; i++) {
            gsize mark = payload_enter(self, "Records[%zu]", i);
            read_element(self, json_array_get(records, i));
            payload_leave(self, mark);
        }
}

gboolean records_match_test(const json_t *json)
{
    return g_strcmp0(field_text(json, "Event"), "s3:TestEvent") == 0;
}

/* {"Service":"Amazon S3","Event":"s3:TestEvent",…}; versitygw's Service is "S3". */
void records_read_test(Payload *self, json_t *json)
{
    Event *event = event_new_skipped("test_event");
    event->dialect = g_strcmp0(field_text(json, "Service"), "S3") == 0 ? "versitygw" : "aws";
    event->name = g_strdup("TestEvent");
    event->bucket = g_strdup(field_text(json, "Bucket"));
    event->time_ms = field_time_ms(field_text(json, "Time"));
    payload_take(self, event, NULL);
}
