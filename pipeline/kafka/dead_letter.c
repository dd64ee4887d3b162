/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/kafka/dead_letter.h"

#include "pipeline/kafka/client.h"
#include "pipeline/observe/log.h"

#include <string.h>

/* While the dead-letter topic refuses, each letter is tried this often. */
#define SEND_AGAIN_AFTER_US (5 * G_USEC_PER_SEC)

struct DeadLetterQueue {
    const KafkaConfig *config;
    rd_kafka_t *client;
    GQueue refused;   /* of Letter, waiting to be sent again */
    gboolean closing; /* answers that still come are nobody's any more */
    void (*acknowledged)(gpointer ticket, gpointer user_data);
    gpointer user_data;
};

typedef struct {
    DeadLetterQueue *queue;
    Message *message;
    GArray *headers;        /* of MessageHeader: what we add */
    gboolean without_value; /* the broker found the whole too large */
    gint64 due_us;
    gpointer ticket;
} Letter;

static const ClientProperty defaults[] = {
    {"client.id", "thumbpipe"},
    {"linger.ms", "5"},
    {"delivery.timeout.ms", "60000"},
    /* What waits beyond this waits as a reference to a message that the consumer holds anyway. */
    {"queue.buffering.max.kbytes", "8192"},
    {NULL, NULL},
};

static const ClientProperty fixed[] = {
    {"enable.idempotence", "true"},
    {"acks", "all"},
    {NULL, NULL},
};

static void letter_free(Letter *letter)
{
    message_unref(letter->message);
    g_array_unref(letter->headers);
    g_free(letter);
}

static void clear_header(gpointer header)
{
    g_bytes_unref(((MessageHeader *)header)->value);
}

static void add_header(Letter *letter, const char *name, const char *value)
{
    if (value == NULL)
        return;
    MessageHeader header = {.name = (char *)name, .value = g_bytes_new(value, strlen(value))};
    g_array_append_val(letter->headers, header);
}

static void add_number(Letter *letter, const char *name, gint64 value)
{
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, value);
    add_header(letter, name, text);
}

static Letter *letter_new(DeadLetterQueue *queue, const DeadLetter *source, gpointer ticket)
{
    Letter *letter = g_new0(Letter, 1);
    letter->queue = queue;
    letter->message = message_ref(source->message);
    letter->ticket = ticket;
    letter->headers = g_array_new(FALSE, FALSE, sizeof(MessageHeader));
    g_array_set_clear_func(letter->headers, clear_header);
    /* Names that tools for Kafka Connect's dead letters read (DeadLetterQueueReporter.java) … */
    add_header(letter, "__connect.errors.topic", source->message->topic);
    add_number(letter, "__connect.errors.partition", source->message->partition);
    add_number(letter, "__connect.errors.offset", source->message->offset);
    add_header(letter, "__connect.errors.exception.message", source->detail);
    /* … and ours. */
    add_header(letter, "thumbpipe.reason", source->reason);
    add_header(letter, "thumbpipe.bucket", source->bucket);
    add_header(letter, "thumbpipe.key", source->key);
    add_number(letter, "thumbpipe.record", source->record);
    add_number(letter, "thumbpipe.attempts", source->attempts);
    add_header(letter, "thumbpipe.host", g_get_host_name());
    return letter;
}

static gboolean has_header(const Message *message, const char *name)
{
    for (guint i = 0; i < message->headers->len; i++)
        if (strcmp(g_array_index(message->headers, MessageHeader, i).name, name) == 0)
            return TRUE;
    return FALSE;
}

static void append(rd_kafka_headers_t *headers, const MessageHeader *header)
{
    gsize size = 0;
    const void *value = header->value == NULL ? NULL : g_bytes_get_data(header->value, &size);
    rd_kafka_header_add(headers, header->name, -1, value, (ssize_t)size);
}

/* A letter that comes from a letter put back keeps where it came from at first. */
static rd_kafka_headers_t *build_headers(const Letter *letter)
{
    const Message *message = letter->message;
    rd_kafka_headers_t *headers =
        rd_kafka_headers_new(message->headers->len + letter->headers->len);
    for (guint i = 0; i < message->headers->len; i++) {
        const MessageHeader *header = &g_array_index(message->headers, MessageHeader, i);
        if (!g_str_has_prefix(header->name, "thumbpipe."))
            append(headers, header);
    }
    for (guint i = 0; i < letter->headers->len; i++) {
        const MessageHeader *header = &g_array_index(letter->headers, MessageHeader, i);
        if (!g_str_has_prefix(header->name, "__connect.") || !has_header(message, header->name))
            append(headers, header);
    }
    return headers;
}

static void put_off(Letter *letter, rd_kafka_resp_err_t reason)
{
    letter->due_us = g_get_monotonic_time();
    if (reason == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE && !letter->without_value) {
        letter->without_value = TRUE;
    } else if (reason !=
               RD_KAFKA_RESP_ERR__QUEUE_FULL) { /* full: room comes with the next answers */
        letter->due_us += SEND_AGAIN_AFTER_US;
        LogLine *line = log_line_new(LOG_LEVEL_ERROR, "dead_letter.refused");
        log_line_text(line, "topic", letter->message->topic);
        log_line_integer(line, "partition", letter->message->partition);
        log_line_integer(line, "offset", letter->message->offset);
        log_line_text(line, "error_type", rd_kafka_err2name(reason));
        log_line_write(line, "%s; the offset stays open until the dead letter is stored",
                       rd_kafka_err2str(reason));
    }
    g_queue_push_tail(&letter->queue->refused, letter);
}

/* FALSE: the client's own queue is full; the letter waits. */
static gboolean produce(Letter *letter)
{
    const Message *message = letter->message;
    g_autofree char *topic = dead_letter_topic(letter->queue->config, message->topic);
    gsize key_size = 0, size = 0;
    const void *key = message->key == NULL ? NULL : g_bytes_get_data(message->key, &key_size);
    const void *value = message->value == NULL || letter->without_value
                            ? NULL
                            : g_bytes_get_data(message->value, &size);
    rd_kafka_headers_t *headers = build_headers(letter);
    rd_kafka_resp_err_t result = rd_kafka_producev(
        letter->queue->client, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_KEY(key, key_size),
        RD_KAFKA_V_VALUE((void *)value, size), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(letter), RD_KAFKA_V_END);
    if (result != RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_headers_destroy(headers);
        put_off(letter, result);
    }
    return result != RD_KAFKA_RESP_ERR__QUEUE_FULL;
}

static void delivered(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
    (void)client;
    DeadLetterQueue *self = opaque;
    Letter *letter = message->_private;
    if (self->closing) {
        letter_free(letter);
    } else if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        put_off(letter, message->err);
    } else {
        self->acknowledged(letter->ticket, self->user_data);
        letter_free(letter);
    }
}

gboolean dead_letter_check(const KafkaConfig *config, GError **error)
{
    return client_try(client_configure(config, "", CLIENT_PRODUCER, defaults, fixed, error),
                      CLIENT_PRODUCER, error);
}

DeadLetterQueue *dead_letter_queue_new(const KafkaConfig *config, const char *brokers, int wake_fd,
                                       void (*acknowledged)(gpointer ticket, gpointer user_data),
                                       gpointer user_data, GError **error)
{
    g_autoptr(rd_kafka_conf_t) conf =
        client_configure(config, brokers, CLIENT_PRODUCER, defaults, fixed, error);
    if (conf == NULL)
        return NULL;
    g_autoptr(DeadLetterQueue) self = g_new0(DeadLetterQueue, 1);
    self->config = config;
    self->acknowledged = acknowledged;
    self->user_data = user_data;
    g_queue_init(&self->refused);
    rd_kafka_conf_set_opaque(conf, self);
    rd_kafka_conf_set_dr_msg_cb(conf, delivered);
    self->client = client_new(g_steal_pointer(&conf), CLIENT_PRODUCER, error);
    if (self->client == NULL)
        return NULL;
    client_wake(rd_kafka_queue_get_main(self->client), wake_fd);
    return g_steal_pointer(&self);
}

void dead_letter_queue_free(DeadLetterQueue *self)
{
    if (self == NULL)
        return;
    self->closing = TRUE;
    if (self->client != NULL) {
        rd_kafka_purge(self->client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_poll(self->client, 0);
        rd_kafka_destroy(self->client);
    }
    g_queue_clear_full(&self->refused, (GDestroyNotify)letter_free);
    g_free(self);
}

void dead_letter_queue_send(DeadLetterQueue *self, const DeadLetter *letter, gpointer ticket)
{
    produce(letter_new(self, letter, ticket));
}

void dead_letter_queue_poll(DeadLetterQueue *self)
{
    rd_kafka_poll(self->client, 0);
    gint64 now = g_get_monotonic_time();
    for (guint waiting = self->refused.length; waiting > 0; waiting--) {
        Letter *letter = g_queue_pop_head(&self->refused);
        if (letter->due_us > now)
            g_queue_push_tail(&self->refused, letter);
        else if (!produce(letter))
            break;
    }
}

char *dead_letter_topic(const KafkaConfig *config, const char *topic)
{
    g_auto(GStrv) parts = g_strsplit(config->dead_letter_topic, "{topic}", -1);
    return g_strjoinv(topic, parts);
}
