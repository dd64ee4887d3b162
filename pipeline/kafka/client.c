/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/kafka/client.h"

#include "pipeline/observe/log.h"

#include <string.h>
#include <sys/syslog.h>

/* The same complaint of a client that cannot reach its brokers comes every few milliseconds. */
#define REPEAT_AFTER_S 10

static void forward_log(const rd_kafka_t *client, int level, const char *facility, const char *text)
{
    (void)client;
    /* Errors come through forward_error() too, with their code: here they are detail. */
    LogLevel ours = level <= LOG_CRIT ? LOG_LEVEL_WARN : LOG_LEVEL_DEBUG;
    LogLine *line = log_line_new(ours, "library");
    log_line_text(line, "logger", "rdkafka");
    log_line_text(line, "facility", facility);
    log_line_write(line, "%s", text);
}

static gboolean is_repetition(int code)
{
    static struct {
        GMutex lock;
        GHashTable *said_at; /* code → when, in seconds of the monotonic clock */
    } synced;
    gint now = (gint)(g_get_monotonic_time() / G_USEC_PER_SEC);
    g_mutex_lock(&synced.lock);
    if (synced.said_at == NULL)
        synced.said_at = g_hash_table_new(NULL, NULL);
    gpointer before;
    gboolean repetition =
        g_hash_table_lookup_extended(synced.said_at, GINT_TO_POINTER(code), NULL, &before) &&
        now - GPOINTER_TO_INT(before) < REPEAT_AFTER_S;
    if (!repetition)
        g_hash_table_insert(synced.said_at, GINT_TO_POINTER(code), GINT_TO_POINTER(now));
    g_mutex_unlock(&synced.lock);
    return repetition;
}

static void forward_error(rd_kafka_t *client, int code, const char *reason, void *opaque)
{
    (void)client;
    (void)opaque;
    if (is_repetition(code))
        return;
    LogLine *line = log_line_new(LOG_LEVEL_WARN, "kafka.error");
    log_line_text(line, "error_type", rd_kafka_err2name(code));
    log_line_write(line, "%s%s", reason,
                   code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN ? "; waiting for them" : "");
}

static gboolean set_property(rd_kafka_conf_t *conf, const char *name, const char *value,
                             GError **error)
{
    char text[512];
    if (rd_kafka_conf_set(conf, name, value, text, sizeof text) == RD_KAFKA_CONF_OK)
        return TRUE;
    g_set_error(error, KAFKA_ERROR, KAFKA_ERROR_CONFIGURATION, "kafka.properties: %s", text);
    return FALSE;
}

static gboolean set_table(rd_kafka_conf_t *conf, const ClientProperty *table, GError **error)
{
    for (gsize i = 0; table[i].name != NULL; i++)
        if (!set_property(conf, table[i].name, table[i].value, error))
            return FALSE;
    return TRUE;
}

/* librdkafka marks them so in its manual (columns C and P); setting one on the other kind of client
 * only makes it complain at every start. */
static gboolean belongs_to_other_kind(const char *name, ClientKind kind)
{
    static const char *const of_consumer[] = {
        "group.",     "session.timeout",   "heartbeat.",  "partition.assignment", "max.poll",
        "fetch.",     "queued.m",          "auto.offset", "isolation.level",      "max.partition",
        "check.crcs", "coordinator.query", "offset.",
    };
    static const char *const of_producer[] = {
        "acks",         "request.required", "linger.",          "batch.",
        "compression.", "queue.buff",       "delivery.timeout", "message.send",
        "retries",      "retry.backoff",    "request.timeout",  "sticky.",
        "partitioner",  "transactional",    "transaction.",
    };
    const char *const *others = kind == CLIENT_CONSUMER ? of_producer : of_consumer;
    gsize count = kind == CLIENT_CONSUMER ? G_N_ELEMENTS(of_producer) : G_N_ELEMENTS(of_consumer);
    for (gsize i = 0; i < count; i++)
        if (g_str_has_prefix(name, others[i]))
            return TRUE;
    return FALSE;
}

rd_kafka_conf_t *client_configure(const KafkaConfig *config, const char *brokers, ClientKind kind,
                                  const ClientProperty *defaults, const ClientProperty *fixed,
                                  GError **error)
{
    g_autoptr(rd_kafka_conf_t) conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, forward_log);
    rd_kafka_conf_set_error_cb(conf, forward_error);
    if (!set_table(conf, defaults, error))
        return NULL;
    for (guint i = 0; i + 1 < config->properties->len; i += 2) {
        const char *name = g_ptr_array_index(config->properties, i);
        if (!belongs_to_other_kind(name, kind) &&
            !set_property(conf, name, g_ptr_array_index(config->properties, i + 1), error))
            return NULL;
    }
    if (*brokers != '\0' && !set_property(conf, "bootstrap.servers", brokers, error))
        return NULL;
    if (!set_table(conf, fixed, error))
        return NULL;
    return g_steal_pointer(&conf);
}

rd_kafka_t *client_new(rd_kafka_conf_t *conf, ClientKind kind, GError **error)
{
    char text[512];
    rd_kafka_t *client = rd_kafka_new(
        kind == CLIENT_CONSUMER ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER, conf, text, sizeof text);
    if (client == NULL) {
        rd_kafka_conf_destroy(conf);
        g_set_error(error, KAFKA_ERROR, KAFKA_ERROR_CONFIGURATION, "kafka.properties: %s", text);
    }
    return client;
}

gboolean client_try(rd_kafka_conf_t *conf, ClientKind kind, GError **error)
{
    rd_kafka_t *client = conf == NULL ? NULL : client_new(conf, kind, error);
    if (client == NULL)
        return FALSE;
    rd_kafka_destroy(client);
    return TRUE;
}

void client_wake(rd_kafka_queue_t *queue, int wake_fd)
{
    static const guint64 token = 1;
    rd_kafka_queue_io_event_enable(queue, wake_fd, &token, sizeof token);
    rd_kafka_queue_destroy(queue);
}
