/* SPDX-License-Identifier: Apache-2.0
 *
 * What our consumer and our producer share: how a librdkafka client is configured, and how what it
 * says reaches the log. */
#pragma once

#include "config/config.h"
#include "pipeline/kafka/kafka.h"

#include <librdkafka/rdkafka.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(rd_kafka_conf_t, rd_kafka_conf_destroy)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(rd_kafka_topic_partition_list_t,
                              rd_kafka_topic_partition_list_destroy)

/* A property and its value. */
typedef struct {
    const char *name;
    const char *value;
} ClientProperty;

typedef enum { CLIENT_CONSUMER, CLIENT_PRODUCER } ClientKind;

/* @brokers may be empty: then the client connects to nothing. @defaults, then the operator's
 * properties, then @fixed on top; log and error callbacks set. The operator's properties that only
 * the other kind of client knows are left out. NULL with KAFKA_ERROR_CONFIGURATION naming the
 * property. Both tables end with a row of NULL. */
rd_kafka_conf_t *client_configure(const KafkaConfig *config, const char *brokers, ClientKind kind,
                                  const ClientProperty *defaults, const ClientProperty *fixed,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* (transfer full) @conf, also on failure. */
rd_kafka_t *client_new(rd_kafka_conf_t *conf, ClientKind kind,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Whether a client can be made of @conf (transfer full; NULL: @error is set already). Connects to
 * nothing. */
gboolean client_try(rd_kafka_conf_t *conf, ClientKind kind,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Has @wake_fd written when something comes to @queue (transfer full). */
void client_wake(rd_kafka_queue_t *queue, int wake_fd);
