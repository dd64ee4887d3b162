/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/events/field.h"
#include "pipeline/events/payload.h"

#include <string.h>

#define STRUCTURED "application/cloudevents"

/* NULL when there is no such header; what is not UTF-8 in it is replaced. */
static char *find_header(const EventHeader *headers, gsize count, const char *name)
{
    for (gsize i = 0; i < count; i++)
        if (g_ascii_strcasecmp(headers[i].name, name) == 0 && headers[i].value != NULL)
            return g_utf8_make_valid(headers[i].value, (gssize)headers[i].size);
    return NULL;
}

/* Of the formats of structured CloudEvents (JSON, Avro, Protobuf; batches are not for Kafka) we
 * read JSON. Other content types are those of binary CloudEvents and of messages that are none. */
static gboolean is_readable(const char *content_type)
{
    gsize prefix = strlen(STRUCTURED);
    if (content_type == NULL || g_ascii_strncasecmp(content_type, STRUCTURED, prefix) != 0)
        return TRUE;
    const char *format = content_type + prefix;
    gsize size = strcspn(format, " ;");
    return size == 0 ||
           (size == strlen("+json") && g_ascii_strncasecmp(format, "+json", size) == 0);
}

void cloudevents_read_message(Payload *self, const char *value, gsize size,
                              const EventHeader *headers, gsize header_count)
{
    g_autofree char *content_type = find_header(headers, header_count, "content-type");
    if (!is_readable(content_type)) {
        payload_take_unparsable(self, "content-type is %.64s, known is " STRUCTURED "+json",
                                content_type);
        return;
    }
    g_autofree char *type = find_header(headers, header_count, "ce_type");
    g_autofree char *source = find_header(headers, header_count, "ce_source");
    g_autofree char *time = find_header(headers, header_count, "ce_time");
    self->cloud_event = (CloudEvent){type, source, time};
    payload_read_text(self, value, size);
    self->cloud_event = (CloudEvent){NULL, NULL, NULL};
}

gboolean cloudevents_match(const json_t *json)
{
    return field_text(json, "specversion") != NULL;
}

static void read_base64(Payload *self, const char *text)
{
    gsize size = 0;
    g_autofree guchar *data = g_base64_decode(text, &size);
    gsize mark = payload_enter(self, "data_base64");
    payload_unwrap_text(self, (const char *)data, size);
    payload_leave(self, mark);
}

void cloudevents_read(Payload *self, json_t *json)
{
    CloudEvent around = self->cloud_event;
    self->cloud_event = (CloudEvent){
        .type = field_text(json, "type"),
        .source = field_text(json, "source"),
        .time = field_text(json, "time"),
    };
    const char *base64 = field_text(json, "data_base64");
    if (base64 != NULL) {
        read_base64(self, base64);
    } else {
        gsize mark = payload_enter(self, "data");
        payload_unwrap(self, json_object_get(json, "data"));
        payload_leave(self, mark);
    }
    self->cloud_event = around;
}
