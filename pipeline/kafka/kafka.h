/* SPDX-License-Identifier: Apache-2.0
 *
 * What the rest of the program needs to know of Kafka's library without including it. */
#pragma once

#include "config/config.h"

#define KAFKA_ERROR kafka_error_quark()
GQuark kafka_error_quark(void);
typedef enum {
    KAFKA_ERROR_CONFIGURATION, /* a property librdkafka refuses: the operator must change it */
    KAFKA_ERROR_FATAL,         /* the client cannot go on: end the process, Kafka delivers again */
} KafkaError;

/* Whether librdkafka takes the operator's properties together with ours; makes no connection. */
gboolean kafka_check(const KafkaConfig *config, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* "2.0.2" */
const char *kafka_library_version(void);
