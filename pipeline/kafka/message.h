/* SPDX-License-Identifier: Apache-2.0
 *
 * One message as it came from the topic, copied out of librdkafka so that it may outlive the
 * consumer's buffers. Immutable; reference-counted, any thread. */
#pragma once

#include <glib.h>

typedef struct {
    char *name;
    GBytes *value; /* NULL: a null value */
} MessageHeader;

typedef struct {
    char *topic;
    gint32 partition;
    guint epoch; /* of the assignment it came under */
    gint64 offset;
    gint64 timestamp_ms; /* -1: none */
    GBytes *key;         /* NULL: none */
    GBytes *value;       /* NULL: a null message */
    GArray *headers;     /* of MessageHeader */
} Message;

Message *message_new(const char *topic, gint32 partition, guint epoch, gint64 offset);
Message *message_ref(Message *message);
void message_unref(Message *message);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Message, message_unref)

/* Copies. @value may be NULL. */
void message_add_header(Message *message, const char *name, gconstpointer value, gsize size);
