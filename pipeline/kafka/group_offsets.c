/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/kafka/group_offsets.h"

#include "pipeline/observe/log.h"

/* A broker that does not answer a commit within this time will not before we must let go. */
#define FINAL_COMMIT_MS 5000

static rd_kafka_topic_partition_list_t *collect(GPtrArray *partitions, gboolean again)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)partitions->len);
    for (guint i = 0; i < partitions->len; i++) {
        Partition *partition = g_ptr_array_index(partitions, i);
        gint64 offset = offset_tracker_committable(partition->tracker);
        gboolean under_way = partition->sent >= 0;
        if (offset <= partition->committed || (under_way && !again))
            continue;
        rd_kafka_topic_partition_list_add(list, partition->topic, partition->number)->offset =
            offset;
        partition->sent = offset;
    }
    return list;
}

gboolean group_offsets_commit(rd_kafka_t *client, GPtrArray *partitions)
{
    g_autoptr(rd_kafka_topic_partition_list_t) list = collect(partitions, /* again= */ FALSE);
    if (list->cnt == 0)
        return FALSE;
    rd_kafka_resp_err_t result = rd_kafka_commit(client, list, /* async= */ 1);
    if (result != RD_KAFKA_RESP_ERR_NO_ERROR)
        group_offsets_settle(partitions, result, list);
    return TRUE;
}

void group_offsets_settle(GPtrArray *partitions, rd_kafka_resp_err_t result,
                          const rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_resp_err_t worst = result;
    for (int i = 0; i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *element = &list->elems[i];
        Partition *partition = partition_find(partitions, element->topic, element->partition);
        rd_kafka_resp_err_t own = result != RD_KAFKA_RESP_ERR_NO_ERROR ? result : element->err;
        if (own != RD_KAFKA_RESP_ERR_NO_ERROR)
            worst = own;
        /* An answer that belongs to an earlier assignment of the partition names another offset. */
        if (partition == NULL || partition->sent != element->offset)
            continue;
        partition->sent = -1;
        if (own == RD_KAFKA_RESP_ERR_NO_ERROR)
            partition->committed = element->offset;
    }
    if (worst != RD_KAFKA_RESP_ERR_NO_ERROR && worst != RD_KAFKA_RESP_ERR__NO_OFFSET) {
        LogLine *line = log_line_new(LOG_LEVEL_WARN, "kafka.error");
        log_line_text(line, "error_type", rd_kafka_err2name(worst));
        log_line_write(line, "committing offsets: %s; they are sent again",
                       rd_kafka_err2str(worst));
    }
}

void group_offsets_commit_and_wait(rd_kafka_t *client, GPtrArray *partitions)
{
    g_autoptr(rd_kafka_topic_partition_list_t) list = collect(partitions, /* again= */ TRUE);
    if (list->cnt == 0)
        return;
    rd_kafka_queue_t *answers = rd_kafka_queue_new(client);
    rd_kafka_resp_err_t result = rd_kafka_commit_queue(client, list, answers, NULL, NULL);
    if (result == RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_event_t *answer = rd_kafka_queue_poll(answers, FINAL_COMMIT_MS);
        result = answer == NULL ? RD_KAFKA_RESP_ERR__TIMED_OUT : rd_kafka_event_error(answer);
        if (answer != NULL)
            rd_kafka_event_destroy(answer);
    }
    rd_kafka_queue_destroy(answers);
    group_offsets_settle(partitions, result, list);
}
