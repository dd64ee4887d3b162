/* SPDX-License-Identifier: Apache-2.0
 *
 * librdkafka's mock cluster with one topic of four partitions, and an independent look at it. */
#pragma once

#include "config/config.h"
#include "pipeline/kafka/message.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#define KAFKA_FIXTURE_TOPIC      "uploads"
#define KAFKA_FIXTURE_DEAD       "uploads.dead-letter"
#define KAFKA_FIXTURE_PARTITIONS 4

typedef struct {
    rd_kafka_t *client;
    rd_kafka_mock_cluster_t *cluster;
    KafkaConfig config; /* for the code under test */
} KafkaFixture;

KafkaFixture *kafka_fixture_new(void);
void kafka_fixture_free(KafkaFixture *fixture);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KafkaFixture, kafka_fixture_free)

const char *kafka_fixture_brokers(const KafkaFixture *fixture);
/* Waits for the broker's acknowledgement. @value NULL: a null message. */
void kafka_fixture_produce(KafkaFixture *fixture, gint32 partition, const char *value);
/* The group's committed offsets, summed over the partitions; partitions without one count nothing.
 */
gint64 kafka_fixture_committed(KafkaFixture *fixture);
/* All messages of @topic's first partition, read by a consumer of its own: of Message. Waits for
 * @expected and then a little longer, so that one too many is seen as well. */
GPtrArray *kafka_fixture_read(KafkaFixture *fixture, const char *topic, guint expected);
/* The header's value as text, or NULL. */
char *kafka_fixture_header(const Message *message, const char *name);
