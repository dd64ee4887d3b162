/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/kafka/kafka.h"

#include "pipeline/kafka/consumer.h"
#include "pipeline/kafka/dead_letter.h"

#include <librdkafka/rdkafka.h>

GQuark kafka_error_quark(void)
{
    return g_quark_from_static_string("kafka_error");
}

gboolean kafka_check(const KafkaConfig *config, GError **error)
{
    return consumer_check(config, error) && dead_letter_check(config, error);
}

const char *kafka_library_version(void)
{
    return rd_kafka_version_str();
}
