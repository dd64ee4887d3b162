/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/kafka/message.h"

static void clear_header(gpointer data)
{
    MessageHeader *header = data;
    g_free(header->name);
    g_clear_pointer(&header->value, g_bytes_unref);
}

Message *message_new(const char *topic, gint32 partition, guint epoch, gint64 offset)
{
    Message *message = g_atomic_rc_box_new0(Message);
    message->topic = g_strdup(topic);
    message->partition = partition;
    message->epoch = epoch;
    message->offset = offset;
    message->timestamp_ms = -1;
    message->headers = g_array_new(FALSE, FALSE, sizeof(MessageHeader));
    g_array_set_clear_func(message->headers, clear_header);
    return message;
}

Message *message_ref(Message *message)
{
    return g_atomic_rc_box_acquire(message);
}

static void clear_message(gpointer data)
{
    Message *message = data;
    g_free(message->topic);
    g_clear_pointer(&message->key, g_bytes_unref);
    g_clear_pointer(&message->value, g_bytes_unref);
    g_array_unref(message->headers);
}

void message_unref(Message *message)
{
    if (message != NULL)
        g_atomic_rc_box_release_full(message, clear_message);
}

void message_add_header(Message *message, const char *name, gconstpointer value, gsize size)
{
    MessageHeader header = {
        .name = g_strdup(name),
        .value = value == NULL ? NULL : g_bytes_new(value, size),
    };
    g_array_append_val(message->headers, header);
}
