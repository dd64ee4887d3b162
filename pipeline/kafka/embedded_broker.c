/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/kafka/embedded_broker.h"

#include "pipeline/kafka/client.h"
#include "pipeline/kafka/dead_letter.h"

#include <librdkafka/rdkafka_mock.h>
#include <string.h>

#define PARTITIONS 4

struct EmbeddedBroker {
    rd_kafka_t *client; /* the mock cluster's host, and the producer of embedded_broker_publish() */
    rd_kafka_mock_cluster_t *cluster;
};

static void make_topics(EmbeddedBroker *self, const KafkaConfig *config)
{
    for (guint i = 0; i < config->topics->len; i++) {
        const TopicConfig *topic = g_ptr_array_index(config->topics, i);
        if (topic->name[0] == '^')
            continue;
        g_autofree char *dead_letters = dead_letter_topic(config, topic->name);
        rd_kafka_mock_topic_create(self->cluster, topic->name, PARTITIONS, 1);
        rd_kafka_mock_topic_create(self->cluster, dead_letters, 1, 1);
    }
}

EmbeddedBroker *embedded_broker_new(const KafkaConfig *config, GError **error)
{
    g_autoptr(EmbeddedBroker) self = g_new0(EmbeddedBroker, 1);
    char text[512];
    g_autoptr(rd_kafka_conf_t) conf = rd_kafka_conf_new();
    /* The mock cluster is announced by a warning that it is for tests: the log says so in our
     * words. */
    rd_kafka_conf_set_log_cb(conf, NULL);
    rd_kafka_conf_set(conf, "test.mock.num.brokers", "1", text, sizeof text);
    self->client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    if (self->client == NULL) {
        g_set_error(error, KAFKA_ERROR, KAFKA_ERROR_FATAL, "embedded broker: %s", text);
        return NULL;
    }
    conf = NULL; /* the client owns it now */
    self->cluster = rd_kafka_handle_mock_cluster(self->client);
    make_topics(self, config);
    return g_steal_pointer(&self);
}

void embedded_broker_free(EmbeddedBroker *self)
{
    if (self == NULL)
        return;
    if (self->client != NULL)
        rd_kafka_destroy(self->client);
    g_free(self);
}

const char *embedded_broker_address(const EmbeddedBroker *self)
{
    return rd_kafka_mock_cluster_bootstraps(self->cluster);
}

gboolean embedded_broker_publish(EmbeddedBroker *self, const char *topic, const char *key,
                                 const char *value, GError **error)
{
    rd_kafka_resp_err_t result =
        rd_kafka_producev(self->client, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_KEY(key, strlen(key)),
                          RD_KAFKA_V_VALUE((void *)value, strlen(value)),
                          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    if (result == RD_KAFKA_RESP_ERR_NO_ERROR)
        result = rd_kafka_flush(self->client, 10000);
    if (result == RD_KAFKA_RESP_ERR_NO_ERROR)
        return TRUE;
    g_set_error(error, KAFKA_ERROR, KAFKA_ERROR_FATAL, "embedded broker: %s",
                rd_kafka_err2str(result));
    return FALSE;
}
