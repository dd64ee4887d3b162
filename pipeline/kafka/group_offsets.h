/* SPDX-License-Identifier: Apache-2.0
 *
 * Committing: which offsets are sent, and what the broker's answer changes. One request is under
 * way at a time for each partition, so that an older offset never overtakes a newer one. Poll
 * thread only. */
#pragma once

#include "pipeline/kafka/client.h"
#include "pipeline/kafka/partition.h"

/* Sends every partition's committable offset that is new, without waiting; the answer comes to the
 * client's offset_commit_cb. FALSE: there was nothing to send. */
gboolean group_offsets_commit(rd_kafka_t *client, GPtrArray *partitions);
/* The answer: a failure is logged and the offsets are sent again the next time. */
void group_offsets_settle(GPtrArray *partitions, rd_kafka_resp_err_t result,
                          const rd_kafka_topic_partition_list_t *list);
/* The last word before partitions are given up: waits for the answer, a few seconds at most. */
void group_offsets_commit_and_wait(rd_kafka_t *client, GPtrArray *partitions);
