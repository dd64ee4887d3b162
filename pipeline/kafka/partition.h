/* SPDX-License-Identifier: Apache-2.0
 *
 * One assigned partition: its queue, its tracker, what was committed. Lives from assignment to
 * revoke; only the poll thread touches it. */
#pragma once

#include "pipeline/kafka/message.h"
#include "pipeline/kafka/offset_tracker.h"

#include <librdkafka/rdkafka.h>

/* A partition whose lowest open offset is this far behind is not read further: what a crash repeats
 * and what the tracker holds stay bounded. */
#define PARTITION_MAX_SPAN 10000

typedef struct {
    char *topic;
    gint32 number;
    guint epoch;
    OffsetTracker *tracker;
    rd_kafka_queue_t *queue;
    gint64 committed; /* the broker said so; -1: nothing by us */
    gint64 sent;      /* on its way to the broker; -1: nothing */
    gboolean held;    /* at PARTITION_MAX_SPAN: not read */
} Partition;

/* Takes the partition's messages out of the consumer's own queue; @wake_fd is written when one
 * comes. */
Partition *partition_new(rd_kafka_t *client, const char *topic, gint32 number, guint epoch,
                         int wake_fd);
void partition_free(Partition *self);
/* Of @partitions (of Partition); NULL: not among them. */
Partition *partition_find(GPtrArray *partitions, const char *topic, gint32 number);
/* Forgets what was received and committed: the partition is numbered anew under @epoch. */
void partition_start_over(Partition *self, guint epoch);
/* Updates `held` and says so in the log when it changes. */
gboolean partition_has_room(Partition *self);
/* The next message under the present epoch (transfer full), or NULL; an error in its place is
 * logged. */
Message *partition_take(Partition *self);
