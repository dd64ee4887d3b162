/* SPDX-License-Identifier: Apache-2.0
 *
 * The consumer group's member: takes messages, tracks which are done, commits only those. Built on
 * one queue a partition, so that intake stops by not reading (pausing in librdkafka 2.0.2 throws
 * the prefetch away). Not thread-safe: only the poll thread calls it, and the callbacks run on that
 * thread inside consumer_poll() and consumer_close(). */
#pragma once

#include "config/config.h"
#include "pipeline/kafka/kafka.h"
#include "pipeline/kafka/message.h"

#include <glib.h>

typedef struct {
    /* A message to handle. Returns how many records it holds, at least 1; each is to be reported
     * with consumer_finish() later, never from within. Whoever keeps @message takes a reference. */
    guint (*message)(Message *message, gpointer user_data);
    /* @partition is about to be taken away. Finish or give up what runs of it by @deadline_us
     * (monotonic clock); finished records may be reported from within. */
    void (*drain)(const char *topic, gint32 partition, guint epoch, gint64 deadline_us,
                  gpointer user_data);
    /* The assignment @epoch of @partition is over; @abandoned records were not done. */
    void (*fenced)(const char *topic, gint32 partition, guint epoch, guint abandoned,
                   gpointer user_data);
} ConsumerCallbacks;

typedef struct Consumer Consumer;

/* Subscribes; @drain_ms bounds the draining of one revoke, whatever the number of partitions;
 * @brokers overrides the configuration's (the embedded ones have an address only at run time).
 * @wake_fd is an eventfd that is written when there is something to poll. */
Consumer *consumer_new(const KafkaConfig *config, const char *brokers, guint64 drain_ms,
                       int wake_fd, const ConsumerCallbacks *callbacks, gpointer user_data,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Whether a consumer could be made of @config, as far as can be told without a broker. */
gboolean consumer_check(const KafkaConfig *config, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Frees without leaving the group; see consumer_close(). */
void consumer_free(Consumer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Consumer, consumer_free)

/* Serves rebalances and errors, then hands over messages until they hold @room records (the last
 * one may hold more). Never blocks, but for a revoke. *@taken: the records handed over; FALSE in
 * @error: KAFKA_ERROR_FATAL. */
gboolean consumer_poll(Consumer *self, guint room, guint *taken,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* One record of @message is done. A message of an earlier assignment changes nothing; then FALSE.
 */
gboolean consumer_finish(Consumer *self, const Message *message);
/* Sends what may be committed, once @interval_ms has passed since the last time or when nothing is
 * open. */
void consumer_commit(Consumer *self, guint interval_ms);
/* Commits, without draining any more; leaves the group and fences every partition; gives up at
 * @deadline_us (monotonic clock). FALSE: the broker did not answer in time, and consumer_free()
 * would hang. */
gboolean consumer_close(Consumer *self, gint64 deadline_us);
