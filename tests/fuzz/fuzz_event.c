/* SPDX-License-Identifier: Apache-2.0
 *
 * libFuzzer target: any bytes as a message, the first of them choosing the key encoding and whether
 * the message comes as a CloudEvent. Seeds: testdata/events. */
#include "pipeline/events/event.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char type[] = "com.amazonaws.s3.ObjectCreated:Put";
    const EventHeader header = {"ce_type", type, sizeof type - 1};
    KeyEncoding encoding = size == 0 ? KEY_ENCODING_AUTO : data[0] % 3;
    gsize header_count = size == 0 ? 0 : data[0] / 3 % 2;

    g_autoptr(GPtrArray) events = event_parse(data, size, &header, header_count, encoding);
    g_assert(events != NULL && events->len > 0);
    for (guint i = 0; i < events->len; i++) {
        const Event *event = events->pdata[i];
        g_assert((event->problem != NULL) == (event->kind == EVENT_UNPARSABLE));
        g_assert(event->key == NULL || strlen(event->key) - 1 < 1024);
        if (event->kind != EVENT_CREATED)
            continue;

        g_autofree char *json = event_format(event->bucket, event->key, 1, NULL, event->time_ms);
        g_autoptr(GPtrArray) again = event_parse(json, strlen(json), NULL, 0, KEY_ENCODING_AUTO);
        const Event *copy = again->pdata[0];
        g_assert(copy->kind == EVENT_CREATED && g_str_equal(copy->key, event->key));
    }
    return 0;
}
