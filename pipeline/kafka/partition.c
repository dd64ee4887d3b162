/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/kafka/partition.h"

#include "pipeline/observe/log.h"

#include <string.h>

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

Partition *partition_find(GPtrArray *partitions, const char *topic, gint32 number)
{
    for (guint i = 0; i < partitions->len; i++) {
        Partition *partition = g_ptr_array_index(partitions, i);
        if (partition->number == number && strcmp(partition->topic, topic) == 0)
            return partition;
    }
    return NULL;
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

static Message *copy_message(const Partition *self, rd_kafka_message_t *foreign)
{
    Message *message = message_new(self->topic, self->number, self->epoch, foreign->offset);
    message->timestamp_ms = rd_kafka_message_timestamp(foreign, NULL);
    if (foreign->key != NULL)
        message->key = g_bytes_new(foreign->key, foreign->key_len);
    if (foreign->payload != NULL)
        message->value = g_bytes_new(foreign->payload, foreign->len);
    rd_kafka_headers_t *headers;
    if (rd_kafka_message_headers(foreign, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        const char *name;
        const void *value;
        size_t size;
        for (gsize i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) ==
                          RD_KAFKA_RESP_ERR_NO_ERROR;
             i++)
            message_add_header(message, name, value, size);
    }
    return message;
}

Message *partition_take(Partition *self)
{
    rd_kafka_message_t *foreign = rd_kafka_consume_queue(self->queue, 0);
    if (foreign == NULL)
        return NULL;
    Message *message = NULL;
    if (foreign->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        message = copy_message(self, foreign);
    } else {
        LogLine *line = log_line_new(LOG_LEVEL_WARN, "kafka.error");
        log_line_text(line, "topic", self->topic);
        log_line_integer(line, "partition", self->number);
        log_line_text(line, "error_type", rd_kafka_err2name(foreign->err));
        log_line_write(line, "%s", rd_kafka_message_errstr(foreign));
    }
    rd_kafka_message_destroy(foreign);
    return message;
}
