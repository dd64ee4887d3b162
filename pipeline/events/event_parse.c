/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/events/payload.h"

/* AWS keeps to 64 KiB and Kafka's brokers to 1 MiB unless told otherwise. */
#define MAX_MESSAGE_BYTES (1024 * 1024)

GPtrArray *event_parse(const void *value, gsize size, const EventHeader *headers,
                       gsize header_count, KeyEncoding encoding)
{
    g_autoptr(GString) path = g_string_new(NULL);
    Payload payload = {
        .encoding = encoding,
        .events = g_ptr_array_new_with_free_func((GDestroyNotify)event_free),
        .path = path,
    };
    if (value == NULL)
        payload_take(&payload, event_new_skipped("null_message"), NULL);
    else if (size > MAX_MESSAGE_BYTES)
        payload_take_unparsable(&payload, "the message has %zu bytes, more than %d", size,
                                MAX_MESSAGE_BYTES);
    else
        cloudevents_read_message(&payload, value, size, headers, header_count);
    g_assert(payload.events->len > 0);
    return payload.events;
}
