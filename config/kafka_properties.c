/* SPDX-License-Identifier: Apache-2.0 */
#include "config/kafka_properties.h"

#include <string.h>

#define COMMITS "offsets are committed only when the work is done, which this would undo"

static const struct {
    const char *name;
    const char *allowed[4]; /* values that keep the promise; none: not to be set at all */
    const char *reason;
} refused[] = {
    {"enable.auto.commit", {"false"}, COMMITS},
    {"auto.commit.enable", {"false"}, COMMITS},
    {"auto.commit.interval.ms", {NULL}, COMMITS},
    {"enable.auto.offset.store", {"false"}, COMMITS},
    {"offset.store.method", {"broker"}, COMMITS},
    {"offset.store.path", {NULL}, COMMITS},
    {"offset.store.sync.interval.ms", {NULL}, COMMITS},
    {"auto.offset.reset",
     {"earliest", "beginning", "smallest"},
     "offsets of a group that sleeps expire; then only earliest loses no upload"},
    {"group.id", {NULL}, "set kafka.group instead"},
    {"group.protocol", {"classic"}, "only the classic protocol is understood here"},
    {"bootstrap.servers", {NULL}, "set kafka.brokers instead"},
    {"metadata.broker.list", {NULL}, "set kafka.brokers instead"},
    {"test.mock.num.brokers", {NULL}, "set kafka.brokers: embedded instead"},
    {"enable.partition.eof", {"false"}, "the end of a partition would arrive as an error"},
    {"allow.auto.create.topics",
     {"false"},
     "a mistyped topic would be created and wait for events forever"},
    {"plugin.library.paths", {NULL}, "it loads foreign code into this process"},
    {"enable.idempotence", {"true", "t", "1"}, "dead letters could be lost or doubled"},
    {"acks", {"all", "-1"}, "a dead letter counts as stored only when all replicas have it"},
    {"request.required.acks",
     {"all", "-1"},
     "a dead letter counts as stored only when all replicas have it"},
    {"delivery.report.only.error",
     {"false"},
     "an event is done only when its dead letter is reported as stored"},
    {"transactional.id", {NULL}, "nothing here is written in transactions"},
};

const char *kafka_properties_refusal(const char *name, const char *value)
{
    for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
        if (!g_str_equal(refused[i].name, name))
            continue;
        for (const char *const *allowed = refused[i].allowed; *allowed != NULL; allowed++)
            if (g_ascii_strcasecmp(*allowed, value) == 0)
                return NULL;
        return refused[i].reason;
    }
    return NULL;
}

static void add(GPtrArray *properties, const char *name, const char *value, Location at,
                Problems *problems)
{
    const char *reason = kafka_properties_refusal(name, value);
    if (*name == '\0' || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._") != strlen(name)) {
        problems_add_at(problems, at, "kafka.properties", "'%s' is not a property's name", name);
    } else if (reason != NULL) {
        problems_add_at(problems, at, "kafka.properties", "%s must not be set so: %s", name,
                        reason);
    } else {
        g_ptr_array_add(properties, g_strdup(name));
        g_ptr_array_add(properties, g_strdup(value));
    }
}

void kafka_properties_read(GPtrArray *properties, const YamlNode *map, Problems *problems)
{
    if (map == NULL || map->kind == YAML_NULL)
        return;
    if (map->kind != YAML_MAP) {
        problems_add_at(problems, map->at, "kafka.properties",
                        "must be a mapping of names to values, not %s", yaml_kind_name(map->kind));
        return;
    }
    for (guint i = 0; i < map->nodes->len; i += 2) {
        const YamlNode *name = map->nodes->pdata[i], *value = map->nodes->pdata[i + 1];
        if (value->kind == YAML_TEXT)
            add(properties, name->text, value->text, value->at, problems);
        else
            problems_add_at(problems, value->at, "kafka.properties",
                            "%s needs a single value, not %s", name->text,
                            yaml_kind_name(value->kind));
    }
}

void kafka_properties_load(GPtrArray *properties, const char *path, Location named_at,
                           Problems *problems)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    if (!g_file_get_contents(path, &text, NULL, &error)) {
        problems_add_at(problems, named_at, "kafka.properties_file", "%s", error->message);
        return;
    }
    Location at = {g_intern_string(path), 0, 1};
    g_auto(GStrv) lines = g_strsplit(text, "\n", 0);
    for (char **next = lines; *next != NULL; next++) {
        char *line = g_strstrip(*next);
        at.line++;
        if (*line == '\0' || *line == '#')
            continue;
        char *equals = strchr(line, '=');
        if (equals == NULL) { /* the line may hold a password: it is not repeated */
            problems_add(problems, at, "write name=value");
            continue;
        }
        *equals = '\0';
        add(properties, g_strchomp(line), g_strchug(equals + 1), at, problems);
    }
}
