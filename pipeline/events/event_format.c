/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/events/object_key.h"
#include "pipeline/events/payload.h"

#include <stdlib.h>

static void set_text(json_t *object, const char *name, const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    json_object_set_new(object, name, json_string(valid));
}

static json_t *format_bucket(const char *name)
{
    json_t *bucket = json_object();
    g_autofree char *arn = g_strconcat("arn:aws:s3:::", name, NULL);
    set_text(bucket, "name", name);
    set_text(bucket, "arn", arn);
    return bucket;
}

static json_t *format_object(const char *key, gint64 size, const char *etag)
{
    json_t *object = json_object();
    g_autofree char *encoded = object_key_encode(key);
    set_text(object, "key", encoded);
    if (size >= 0)
        json_object_set_new(object, "size", json_integer(size));
    if (etag != NULL)
        set_text(object, "eTag", etag);
    return object;
}

static void set_time(json_t *record, gint64 time_ms)
{
    if (time_ms < 0)
        return;
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(time_ms / 1000);
    if (time == NULL)
        return;
    g_autofree char *seconds = g_date_time_format(time, "%Y-%m-%dT%H:%M:%S");
    g_autofree char *text = g_strdup_printf("%s.%03dZ", seconds, (int)(time_ms % 1000));
    set_text(record, "eventTime", text);
}

char *event_format(const char *bucket, const char *key, gint64 size, const char *etag,
                   gint64 time_ms)
{
    json_t *record = json_object();
    set_text(record, "eventVersion", "2.1");
    set_text(record, "eventSource", "aws:s3");
    set_time(record, time_ms);
    set_text(record, "eventName", "ObjectCreated:Put");
    json_object_set_new(record, "s3",
                        json_pack("{s:s, s:o, s:o}", "s3SchemaVersion", "1.0", "bucket",
                                  format_bucket(bucket), "object", format_object(key, size, etag)));
    g_autoptr(json_t) message = json_pack("{s:[o]}", "Records", record);

    char *dumped = json_dumps(message, JSON_COMPACT);
    g_assert(dumped != NULL);
    char *text = g_strdup(dumped);
    free(dumped); /* jansson's, from malloc() */
    return text;
}
