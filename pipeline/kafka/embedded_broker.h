/* SPDX-License-Identifier: Apache-2.0
 *
 * A Kafka broker inside the process, for trying out: librdkafka's mock cluster on a loopback port.
 * The consumer talks to it as to any other. Nothing in it survives the process. */
#pragma once

#include "config/config.h"

typedef struct EmbeddedBroker EmbeddedBroker;

/* Makes the configuration's literal topics and their dead-letter topics. */
EmbeddedBroker *embedded_broker_new(const KafkaConfig *config,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
void embedded_broker_free(EmbeddedBroker *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EmbeddedBroker, embedded_broker_free)

/* "127.0.0.1:port"; owned by the broker. */
const char *embedded_broker_address(const EmbeddedBroker *self);
/* Waits until the message is in the topic. Any thread. */
gboolean embedded_broker_publish(EmbeddedBroker *self, const char *topic, const char *key,
                                 const char *value, GError **error) G_GNUC_WARN_UNUSED_RESULT;
