/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/kafka/partition.h"

#include "pipeline/observe/log.h"

static const guint64 wake_token = 1;

Partition *partition_new(rd_kafka_t *client, const char *topic, gint32 number, guint epoch,
                         int wake_fd)
{
    Partition *self = g_new0(Partition, 1);
    self->topic = g_strdup(topic);
    self->number = number;
    self->epoch = epoch;
    self->tracker = offset_tracker_new();
    self->queue = rd_kafka_queue_get_partition(client, topic, number);
    rd_kafka_queue_forward(self->queue, NULL);
    rd_kafka_queue_io_event_enable(self->queue, wake_fd, &wake_token, sizeof wake_token);
    self->committed = -1;
    self->sent = -1;
    return self;
}

void partition_free(Partition *self)
{
    if (self == NULL)
        return;
    rd_kafka_queue_io_event_enable(self->queue, -1, NULL, 0);
    rd_kafka_queue_destroy(self->queue);
    offset_tracker_free(self->tracker);
    g_free(self->topic);
    g_free(self);
}

void partition_start_over(Partition *self, guint epoch)
{
    offset_tracker_free(self->tracker);
    self->tracker = offset_tracker_new();
    self->epoch = epoch;
    self->committed = -1;
    self->sent = -1;
}

gboolean partition_has_room(Partition *self)
{
    gboolean full = offset_tracker_span(self->tracker) >= PARTITION_MAX_SPAN;
    if (full != self->held) {
        self->held = full;
        LogLine *line = log_line_new(full ? LOG_LEVEL_WARN : LOG_LEVEL_INFO,
                                     full ? "intake.paused" : "intake.resumed");
        log_line_text(line, "topic", self->topic);
        log_line_integer(line, "partition", self->number);
        log_line_integer(line, "offset", offset_tracker_committable(self->tracker));
        if (full)
            log_line_write(line, "%d offsets wait behind one that is not done", PARTITION_MAX_SPAN);
        else
            log_line_write(line, NULL);
    }
    return !full;
}
