/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/embedded.h"

#include "pipeline/events/event.h"
#include "pipeline/kafka/embedded_broker.h"
#include "pipeline/observe/log.h"
#include "pipeline/stores/directory_watcher.h"

#include <errno.h>
#include <string.h>

struct Embedded {
    const Config *config;
    EmbeddedBroker *broker;
    DirectoryWatcher *watcher;
};

static gboolean make_folder(const char *path, GError **error)
{
    if (g_mkdir_with_parents(path, 0777) == 0)
        return TRUE;
    g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_INVALID, "storage.root: %s: %s", path,
                g_strerror(errno));
    return FALSE;
}

gboolean embedded_make_folders(const Config *config, GError **error)
{
    if (config->storage.kind != STORAGE_KIND_DIRECTORY)
        return TRUE;
    if (!make_folder(config->storage.root, error))
        return FALSE;
    for (guint i = 0; i < config->rules->len; i++) {
        const RuleConfig *rule = g_ptr_array_index(config->rules, i);
        if (strpbrk(rule->bucket, "*?") != NULL)
            continue;
        g_autofree char *bucket = g_build_filename(config->storage.root, rule->bucket, NULL);
        if (!make_folder(bucket, error))
            return FALSE;
    }
    return TRUE;
}

Embedded *embedded_new(const Config *config, GError **error)
{
    const TopicConfig *topic = g_ptr_array_index(config->kafka.topics, 0);
    if (topic->name[0] == '^') {
        g_set_error(
            error, CONFIG_ERROR, CONFIG_ERROR_INVALID,
            "%s: kafka.topics: the embedded broker makes the first topic itself, so it needs a "
            "name, not the expression '%s'",
            config->path, topic->name);
        return NULL;
    }
    g_autoptr(Embedded) self = g_new0(Embedded, 1);
    self->config = config;
    self->broker = embedded_broker_new(&config->kafka, error);
    if (self->broker == NULL)
        return NULL;
    LogLine *line = log_line_new(LOG_LEVEL_WARN, "kafka.embedded");
    log_line_text(line, "brokers", embedded_broker_address(self->broker));
    log_line_write(line,
                   "the broker lives in this process and forgets everything when it ends: for "
                   "trying out only");
    return g_steal_pointer(&self);
}

void embedded_free(Embedded *self)
{
    if (self == NULL)
        return;
    directory_watcher_free(self->watcher);
    embedded_broker_free(self->broker);
    g_free(self);
}

const char *embedded_address(const Embedded *self)
{
    return embedded_broker_address(self->broker);
}

/* On the watcher's thread. */
static void publish(const char *bucket, const char *key, gint64 size, gint64 time_ms,
                    gpointer user_data)
{
    Embedded *self = user_data;
    const TopicConfig *topic = g_ptr_array_index(self->config->kafka.topics, 0);
    g_autofree char *object = g_strconcat(bucket, "/", key, NULL);
    g_autofree char *event = event_format(bucket, key, size, /* etag= */ NULL, time_ms);
    g_autoptr(GError) error = NULL;
    if (!embedded_broker_publish(self->broker, topic->name, object, event, &error)) {
        LogLine *line = log_line_new(LOG_LEVEL_ERROR, "watch.failed");
        log_line_text(line, "bucket", bucket);
        log_line_text(line, "key", key);
        log_line_write(line, "%s", error->message);
    }
}

gboolean embedded_watch(Embedded *self, GError **error)
{
    if (self->config->storage.kind != STORAGE_KIND_DIRECTORY)
        return TRUE;
    self->watcher = directory_watcher_new(self->config->storage.root, publish, self, error);
    if (self->watcher == NULL)
        return FALSE;
    LogLine *line = log_line_new(LOG_LEVEL_INFO, "watch.start");
    log_line_text(line, "root", self->config->storage.root);
    log_line_write(line, "put images into a sub-folder (a bucket) of this folder");
    return TRUE;
}
