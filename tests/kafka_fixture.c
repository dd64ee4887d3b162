/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/kafka_fixture.h"

#include <string.h>

#define GROUP "thumbpipe-test"

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char text[256];
    g_assert_cmpint(rd_kafka_conf_set(conf, name, value, text, sizeof text), ==, RD_KAFKA_CONF_OK);
}

static rd_kafka_t *make_client(rd_kafka_type_t type, rd_kafka_conf_t *conf)
{
    char text[256];
    rd_kafka_t *client = rd_kafka_new(type, conf, text, sizeof text);
    g_assert_nonnull(client);
    return client;
}

static void free_topic(gpointer data)
{
    g_free(((TopicConfig *)data)->name);
    g_free(data);
}

KafkaFixture *kafka_fixture_new(void)
{
    KafkaFixture *fixture = g_new0(KafkaFixture, 1);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, NULL);
    set(conf, "test.mock.num.brokers", "1");
    set(conf, "linger.ms", "0");
    fixture->client = make_client(RD_KAFKA_PRODUCER, conf);
    fixture->cluster = rd_kafka_handle_mock_cluster(fixture->client);
    rd_kafka_mock_topic_create(fixture->cluster, KAFKA_FIXTURE_TOPIC, KAFKA_FIXTURE_PARTITIONS, 1);
    rd_kafka_mock_topic_create(fixture->cluster, KAFKA_FIXTURE_DEAD, 1, 1);

    TopicConfig *topic = g_new0(TopicConfig, 1);
    topic->name = g_strdup(KAFKA_FIXTURE_TOPIC);
    fixture->config = (KafkaConfig){
        .brokers = g_strdup(rd_kafka_mock_cluster_bootstraps(fixture->cluster)),
        .topics = g_ptr_array_new_with_free_func(free_topic),
        .group = g_strdup(GROUP),
        .dead_letter_topic = g_strdup("{topic}.dead-letter"),
        .completion_topic = g_strdup(""),
        .properties = g_ptr_array_new(),
        .properties_file = g_strdup(""),
    };
    g_ptr_array_add(fixture->config.topics, topic);
    /* The mock's rebalances wait for the session to time out. */
    g_ptr_array_add(fixture->config.properties, (char *)"session.timeout.ms");
    g_ptr_array_add(fixture->config.properties, (char *)"6000");
    return fixture;
}

void kafka_fixture_free(KafkaFixture *fixture)
{
    rd_kafka_destroy(fixture->client);
    g_free(fixture->config.brokers);
    g_ptr_array_unref(fixture->config.topics);
    g_free(fixture->config.group);
    g_free(fixture->config.dead_letter_topic);
    g_free(fixture->config.completion_topic);
    g_ptr_array_unref(fixture->config.properties);
    g_free(fixture->config.properties_file);
    g_free(fixture);
}

const char *kafka_fixture_brokers(const KafkaFixture *fixture)
{
    return fixture->config.brokers;
}

void kafka_fixture_produce(KafkaFixture *fixture, gint32 partition, const char *value)
{
    gsize size = value == NULL ? 0 : strlen(value);
    rd_kafka_resp_err_t result = rd_kafka_producev(
        fixture->client, RD_KAFKA_V_TOPIC(KAFKA_FIXTURE_TOPIC), RD_KAFKA_V_PARTITION(partition),
        RD_KAFKA_V_VALUE((void *)value, size), RD_KAFKA_V_HEADER("traceparent", "00-test", -1),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    g_assert_cmpint(result, ==, RD_KAFKA_RESP_ERR_NO_ERROR);
    g_assert_cmpint(rd_kafka_flush(fixture->client, 10000), ==, RD_KAFKA_RESP_ERR_NO_ERROR);
}

static rd_kafka_t *make_observer(KafkaFixture *fixture, const char *group)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, NULL);
    set(conf, "bootstrap.servers", fixture->config.brokers);
    set(conf, "group.id", group);
    set(conf, "enable.auto.commit", "false");
    return make_client(RD_KAFKA_CONSUMER, conf);
}

gint64 kafka_fixture_committed(KafkaFixture *fixture)
{
    rd_kafka_t *observer = make_observer(fixture, GROUP);
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(KAFKA_FIXTURE_PARTITIONS);
    for (gint32 partition = 0; partition < KAFKA_FIXTURE_PARTITIONS; partition++)
        rd_kafka_topic_partition_list_add(list, KAFKA_FIXTURE_TOPIC, partition);
    g_assert_cmpint(rd_kafka_committed(observer, list, 10000), ==, RD_KAFKA_RESP_ERR_NO_ERROR);
    gint64 sum = 0;
    for (int i = 0; i < list->cnt; i++)
        sum += MAX(list->elems[i].offset, 0);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(observer);
    return sum;
}

static Message *copy(const rd_kafka_message_t *foreign)
{
    Message *message =
        message_new(rd_kafka_topic_name(foreign->rkt), foreign->partition, 0, foreign->offset);
    if (foreign->payload != NULL)
        message->value = g_bytes_new(foreign->payload, foreign->len);
    rd_kafka_headers_t *headers;
    const char *name;
    const void *value;
    size_t size;
    if (rd_kafka_message_headers(foreign, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR)
        for (gsize i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) ==
                          RD_KAFKA_RESP_ERR_NO_ERROR;
             i++)
            message_add_header(message, name, value, size);
    return message;
}

GPtrArray *kafka_fixture_read(KafkaFixture *fixture, const char *topic, guint expected)
{
    GPtrArray *messages = g_ptr_array_new_with_free_func((GDestroyNotify)message_unref);
    rd_kafka_t *observer = make_observer(fixture, "observer");
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic, 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
    g_assert_cmpint(rd_kafka_assign(observer, list), ==, RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_topic_partition_list_destroy(list);
    gint64 deadline = g_get_monotonic_time() + 10 * G_TIME_SPAN_SECOND;
    gboolean complete = expected == 0;
    if (complete)
        deadline = g_get_monotonic_time() + G_TIME_SPAN_SECOND;
    while (g_get_monotonic_time() < deadline) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(observer, 100);
        if (message != NULL && message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
            g_ptr_array_add(messages, copy(message));
        if (message != NULL)
            rd_kafka_message_destroy(message);
        if (messages->len >= expected && !complete) {
            complete = TRUE;
            deadline = g_get_monotonic_time() + G_TIME_SPAN_SECOND / 2;
        }
    }
    rd_kafka_destroy(observer);
    return messages;
}

char *kafka_fixture_header(const Message *message, const char *name)
{
    for (guint i = 0; i < message->headers->len; i++) {
        const MessageHeader *header = &g_array_index(message->headers, MessageHeader, i);
        gsize size;
        if (g_str_equal(header->name, name) && header->value != NULL) {
            const char *value = g_bytes_get_data(header->value, &size);
            return g_strndup(value, size);
        }
    }
    return NULL;
}
