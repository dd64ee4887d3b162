/* SPDX-License-Identifier: Apache-2.0
 *
 * What could not be done, written where people can look at it and put it back: the original message
 * with the reason in its headers. A dead letter counts only once the broker has acknowledged it;
 * until then it is sent again and again, and its offset stays open. Not thread-safe: only the poll
 * thread calls it, and the callback runs there inside dead_letter_poll(). */
#pragma once

#include "config/config.h"
#include "pipeline/kafka/message.h"

typedef struct {
    Message *message;   /* borrowed for the call */
    guint record;       /* which of the message's records, from 0 */
    const char *reason; /* "corrupt", … */
    const char *detail; /* for people */
    const char *bucket; /* NULL: not known */
    const char *key;    /* NULL: not known */
    guint attempts;
} DeadLetter;

typedef struct DeadLetterQueue DeadLetterQueue;

/* @acknowledged is called once for each letter, with the @ticket it was sent under. */
DeadLetterQueue *dead_letter_queue_new(const KafkaConfig *config, const char *brokers, int wake_fd,
                                       void (*acknowledged)(gpointer ticket, gpointer user_data),
                                       gpointer user_data,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Whether a queue could be made of @config, as far as can be told without a broker. */
gboolean dead_letter_check(const KafkaConfig *config, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Letters that were not acknowledged are dropped: their offsets are open, Kafka delivers them
 * again. */
void dead_letter_queue_free(DeadLetterQueue *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DeadLetterQueue, dead_letter_queue_free)

void dead_letter_queue_send(DeadLetterQueue *self, const DeadLetter *letter, gpointer ticket);
/* Serves acknowledgements and sends again what failed. Never blocks. */
void dead_letter_queue_poll(DeadLetterQueue *self);

/* The topic for letters from @topic: kafka.dead_letter_topic with {topic} filled in. */
char *dead_letter_topic(const KafkaConfig *config, const char *topic);
