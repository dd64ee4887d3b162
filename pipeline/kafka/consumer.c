/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/kafka/consumer.h"

#include "pipeline/kafka/client.h"
#include "pipeline/kafka/group_offsets.h"
#include "pipeline/kafka/partition.h"
#include "pipeline/observe/log.h"

#include <string.h>

struct Consumer {
    rd_kafka_t *client;
    GPtrArray *partitions; /* of Partition: the present assignment */
    guint epoch;           /* of the latest assignment */
    guint next;            /* the partition to read first, so that none starves */
    gint64 committed_at_us;
    guint64 drain_ms;
    gboolean leaving; /* drained already */
    int wake_fd;
    ConsumerCallbacks callbacks;
    gpointer user_data;
};

static const ClientProperty defaults[] = {
    {"client.id", "thumbpipe"},
    /* S3 events are 1 to 4 KB: librdkafka's own bounds would hold 64 MB of them for us. */
    {"queued.min.messages", "100"},
    {"queued.max.messages.kbytes", "4096"},
    {"fetch.message.max.bytes", "262144"},
    {"fetch.max.bytes", "4194304"},
    {"fetch.wait.max.ms", "100"},
    {"isolation.level", "read_committed"},
    /* A topic made after we started is found within half a minute, not five. */
    {"topic.metadata.refresh.interval.ms", "30000"},
    {NULL, NULL},
};

static const ClientProperty fixed[] = {
    {"enable.auto.commit", "false"},
    {"enable.auto.offset.store", "false"},
    {"enable.partition.eof", "false"},
    /* A group that slept longer than its offsets were kept must not skip what came meanwhile. */
    {"auto.offset.reset", "earliest"},
    {"allow.auto.create.topics", "false"},
    {NULL, NULL},
};

/* cooperative-sticky aborts on destroy before librdkafka 2.3.0 (#4381) and loses the assignment
 * when a commit meets a rebalance before 2.10.0 (#4908). */
#define COOPERATIVE_IS_SAFE_FROM 0x020a0000

#define IDLE_COMMIT_MS 100

static void describe(LogLevel level, const char *event, const rd_kafka_topic_partition_list_t *list,
                     const char *note)
{
    g_autoptr(GString) names = g_string_new(NULL);
    for (int i = 0; i < list->cnt; i++)
        g_string_append_printf(names, "%s%s/%d", i == 0 ? "" : " ", list->elems[i].topic,
                               list->elems[i].partition);
    LogLine *line = log_line_new(level, event);
    log_line_integer(line, "partitions", list->cnt);
    log_line_text(line, "assignment", names->str);
    if (note != NULL)
        log_line_write(line, "%s", note);
    else
        log_line_write(line, NULL);
}

static void report_failure(rd_kafka_error_t *failure, const char *action)
{
    if (failure == NULL)
        return;
    log_message(LOG_LEVEL_WARN, "kafka.error", "%s: %s", action, rd_kafka_error_string(failure));
    rd_kafka_error_destroy(failure);
}

static gboolean is_cooperative(Consumer *self)
{
    return g_strcmp0(rd_kafka_rebalance_protocol(self->client), "COOPERATIVE") == 0;
}

static void take_partitions(Consumer *self, rd_kafka_topic_partition_list_t *list)
{
    self->epoch++;
    for (int i = 0; i < list->cnt; i++)
        g_ptr_array_add(self->partitions,
                        partition_new(self->client, list->elems[i].topic, list->elems[i].partition,
                                      self->epoch, self->wake_fd));
    if (is_cooperative(self))
        report_failure(rd_kafka_incremental_assign(self->client, list), "taking partitions");
    else
        rd_kafka_assign(self->client, list);
    describe(LOG_LEVEL_INFO, "kafka.assigned", list, NULL);
}

/* Drain, commit, fence: in that order, so that finished work is committed and unfinished work is
 * not. Once lost, the partitions may have another owner already: nothing is committed. */
static void give_up_partitions(Consumer *self, rd_kafka_topic_partition_list_t *list)
{
    gboolean lost = rd_kafka_assignment_lost(self->client);
    gint64 deadline_us = g_get_monotonic_time();
    if (!self->leaving)
        deadline_us += (gint64)self->drain_ms * G_TIME_SPAN_MILLISECOND;
    for (int i = 0; i < list->cnt && !lost; i++) {
        Partition *partition =
            partition_find(self->partitions, list->elems[i].topic, list->elems[i].partition);
        if (partition != NULL)
            self->callbacks.drain(partition->topic, partition->number, partition->epoch,
                                  deadline_us, self->user_data);
    }
    if (!lost)
        group_offsets_commit_and_wait(self->client, self->partitions);
    for (int i = 0; i < list->cnt; i++) {
        Partition *partition =
            partition_find(self->partitions, list->elems[i].topic, list->elems[i].partition);
        if (partition == NULL)
            continue;
        self->callbacks.fenced(partition->topic, partition->number, partition->epoch,
                               offset_tracker_open_records(partition->tracker), self->user_data);
        g_ptr_array_remove(self->partitions, partition);
    }
    if (is_cooperative(self))
        report_failure(rd_kafka_incremental_unassign(self->client, list), "giving up partitions");
    else
        rd_kafka_assign(self->client, NULL);
    describe(lost ? LOG_LEVEL_WARN : LOG_LEVEL_INFO, "kafka.revoked", list,
             lost ? "the assignment was lost; another member redoes what was not committed" : NULL);
}

static void rebalance(rd_kafka_t *client, rd_kafka_resp_err_t event,
                      rd_kafka_topic_partition_list_t *list, void *opaque)
{
    Consumer *self = opaque;
    self->client = client; /* the first call may come before rd_kafka_new() has returned */
    if (event == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        take_partitions(self, list);
    } else if (event == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
        give_up_partitions(self, list);
    } else {
        log_message(LOG_LEVEL_WARN, "kafka.error", "rebalance: %s", rd_kafka_err2str(event));
        rd_kafka_assign(client, NULL);
    }
}

static void committed(rd_kafka_t *client, rd_kafka_resp_err_t result,
                      rd_kafka_topic_partition_list_t *list, void *opaque)
{
    (void)client;
    Consumer *self = opaque;
    if (list != NULL)
        group_offsets_settle(self->partitions, result, list);
}

static gboolean subscribe(Consumer *self, const KafkaConfig *config, GError **error)
{
    g_autoptr(rd_kafka_topic_partition_list_t) topics =
        rd_kafka_topic_partition_list_new((int)config->topics->len);
    for (guint i = 0; i < config->topics->len; i++) {
        const TopicConfig *topic = g_ptr_array_index(config->topics, i);
        rd_kafka_topic_partition_list_add(topics, topic->name, RD_KAFKA_PARTITION_UA);
    }
    rd_kafka_resp_err_t result = rd_kafka_subscribe(self->client, topics);
    if (result == RD_KAFKA_RESP_ERR_NO_ERROR)
        return TRUE;
    g_set_error(error, KAFKA_ERROR, KAFKA_ERROR_CONFIGURATION, "kafka.topics: %s",
                rd_kafka_err2str(result));
    return FALSE;
}

/* All that makes a configuration ours: for a real consumer, and for one that is only tried. */
static rd_kafka_conf_t *configure(const KafkaConfig *config, const char *brokers, GError **error)
{
    g_autoptr(rd_kafka_conf_t) conf =
        client_configure(config, brokers, CLIENT_CONSUMER, defaults, fixed, error);
    if (conf == NULL)
        return NULL;
    char text[512];
    rd_kafka_conf_set(conf, "group.id", config->group, text, sizeof text);
    char strategy[128];
    gsize length = sizeof strategy;
    rd_kafka_conf_get(conf, "partition.assignment.strategy", strategy, &length);
    if (strstr(strategy, "cooperative") != NULL && rd_kafka_version() < COOPERATIVE_IS_SAFE_FROM) {
        g_set_error(error, KAFKA_ERROR, KAFKA_ERROR_CONFIGURATION,
                    "kafka.properties: partition.assignment.strategy: cooperative-sticky is unsafe "
                    "with librdkafka %s, which may lose the assignment or abort (fixed in "
                    "2.10.0); use range,roundrobin",
                    rd_kafka_version_str());
        return NULL;
    }
    return g_steal_pointer(&conf);
}

gboolean consumer_check(const KafkaConfig *config, GError **error)
{
    return client_try(configure(config, "", error), CLIENT_CONSUMER, error);
}

Consumer *consumer_new(const KafkaConfig *config, const char *brokers, guint64 drain_ms,
                       int wake_fd, const ConsumerCallbacks *callbacks, gpointer user_data,
                       GError **error)
{
    g_autoptr(rd_kafka_conf_t) conf = configure(config, brokers, error);
    if (conf == NULL)
        return NULL;
    g_autoptr(Consumer) self = g_new0(Consumer, 1);
    self->partitions = g_ptr_array_new_with_free_func((GDestroyNotify)partition_free);
    self->wake_fd = wake_fd;
    self->drain_ms = drain_ms;
    self->callbacks = *callbacks;
    self->user_data = user_data;
    rd_kafka_conf_set_opaque(conf, self);
    rd_kafka_conf_set_rebalance_cb(conf, rebalance);
    rd_kafka_conf_set_offset_commit_cb(conf, committed);
    self->client = client_new(g_steal_pointer(&conf), CLIENT_CONSUMER, error);
    if (self->client == NULL)
        return NULL;
    rd_kafka_poll_set_consumer(self->client);
    client_wake(rd_kafka_queue_get_consumer(self->client), wake_fd);
    if (!subscribe(self, config, error))
        return NULL;
    return g_steal_pointer(&self);
}

void consumer_free(Consumer *self)
{
    if (self == NULL)
        return;
    g_clear_pointer(&self->partitions, g_ptr_array_unref);
    if (self->client != NULL)
        rd_kafka_destroy_flags(self->client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    g_free(self);
}

static gboolean serve_events(Consumer *self, GError **error)
{
    for (;;) {
        rd_kafka_message_t *event = rd_kafka_consumer_poll(self->client, 0);
        if (event == NULL)
            break;
        /* Partitions have queues of their own, so only errors come this way. */
        if (event->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            LogLine *line = log_line_new(LOG_LEVEL_WARN, "kafka.error");
            log_line_text(line, "error_type", rd_kafka_err2name(event->err));
            log_line_write(line, "%s", rd_kafka_message_errstr(event));
        }
        rd_kafka_message_destroy(event);
    }
    char text[512];
    if (rd_kafka_fatal_error(self->client, text, sizeof text) == RD_KAFKA_RESP_ERR_NO_ERROR)
        return TRUE;
    g_set_error(error, KAFKA_ERROR, KAFKA_ERROR_FATAL, "kafka: %s", text);
    return FALSE;
}

/* Offsets went back within one assignment: the topic was made anew, or its log was cut. What was
 * open belongs to the past; the new numbering gets a tracker and an epoch of its own. */
static void start_over(Consumer *self, Partition *partition, gint64 offset)
{
    self->callbacks.fenced(partition->topic, partition->number, partition->epoch,
                           offset_tracker_open_records(partition->tracker), self->user_data);
    log_message(LOG_LEVEL_WARN, "kafka.error", "%s/%d went back to offset %" G_GINT64_FORMAT,
                partition->topic, partition->number, offset);
    partition_start_over(partition, ++self->epoch);
}

/* Hands over at most one message of @partition; returns how many records it held, 0: there was
 * none. */
static guint take_one(Consumer *self, Partition *partition)
{
    g_autoptr(Message) message = partition_take(partition);
    if (message == NULL)
        return 0;
    if (message->offset <= offset_tracker_last_received(partition->tracker)) {
        start_over(self, partition, message->offset);
        message->epoch = partition->epoch;
    }
    guint records = self->callbacks.message(message, self->user_data);
    gboolean tracked = offset_tracker_receive(partition->tracker, message->offset, records);
    g_assert(tracked);
    return records;
}

gboolean consumer_poll(Consumer *self, guint room, guint *taken, GError **error)
{
    *taken = 0;
    if (!serve_events(self, error))
        return FALSE;
    guint idle = 0;
    while (*taken < room && idle < self->partitions->len) {
        Partition *partition =
            g_ptr_array_index(self->partitions, self->next++ % self->partitions->len);
        guint records = partition_has_room(partition) ? take_one(self, partition) : 0;
        *taken += records;
        idle = records > 0 ? 0 : idle + 1;
    }
    return TRUE;
}

gboolean consumer_finish(Consumer *self, const Message *message)
{
    Partition *partition = partition_find(self->partitions, message->topic, message->partition);
    if (partition == NULL || partition->epoch != message->epoch)
        return FALSE;
    return offset_tracker_finish(partition->tracker, message->offset);
}

static gboolean nothing_is_open(const Consumer *self)
{
    for (guint i = 0; i < self->partitions->len; i++) {
        const Partition *partition = g_ptr_array_index(self->partitions, i);
        if (offset_tracker_open_records(partition->tracker) > 0)
            return FALSE;
    }
    return TRUE;
}

void consumer_commit(Consumer *self, guint interval_ms)
{
    gint64 now = g_get_monotonic_time();
    /* When idle, lag should read zero soon: autoscalers go by committed offsets. */
    guint wait_ms = nothing_is_open(self) ? MIN(interval_ms, IDLE_COMMIT_MS) : interval_ms;
    if (now - self->committed_at_us < (gint64)wait_ms * 1000)
        return;
    if (group_offsets_commit(self->client, self->partitions))
        self->committed_at_us = now;
}

gboolean consumer_close(Consumer *self, gint64 deadline_us)
{
    self->leaving = TRUE;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(self->client);
    report_failure(rd_kafka_consumer_close_queue(self->client, queue), "leaving the group");
    while (!rd_kafka_consumer_closed(self->client) && g_get_monotonic_time() < deadline_us)
        rd_kafka_queue_poll_callback(queue, 100);
    gboolean closed = rd_kafka_consumer_closed(self->client);
    rd_kafka_queue_destroy(queue);
    return closed;
}
