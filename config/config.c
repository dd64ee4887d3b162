/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"

#include "config/environment.h"
#include "config/kafka_properties.h"
#include "config/nearest.h"
#include "config/rule_config.h"
#include "config/settings.h"
#include "config/sizes.h"
#include "config/subscription.h"
#include "config/topics.h"
#include "config/yaml.h"

G_DEFINE_QUARK(config - error - quark, config_error)

typedef struct {
    Config *config;
    const YamlNode *root;
    char **environment;
    Problems *problems;
} Loader;

/* Where section.key was set, for problems that show only when all is read: its variable, its line,
 * its section's line, or the file's first. */
static Location locate(const Loader *self, const char *section, const char *key)
{
    g_autofree char *lower = g_strdup_printf("THUMBPIPE_%s_%s", section, key != NULL ? key : "");
    g_autofree char *variable = g_ascii_strup(lower, -1);
    if (environment_find(self->environment, variable) != NULL)
        return location_of_variable(variable);
    const YamlNode *map = yaml_node_find(self->root, section);
    const YamlNode *value = key != NULL ? yaml_node_find(map, key) : NULL;
    if (value != NULL)
        return value->at;
    return map != NULL ? map->at : (Location){g_intern_string(self->config->path), 1, 1};
}

static void check_top_level(const Loader *self)
{
    if (self->root->kind == YAML_NULL)
        return; /* what is missing is said by whoever misses it */
    if (self->root->kind != YAML_MAP) {
        problems_add(self->problems, self->root->at, "must be a mapping of sections, not %s",
                     yaml_kind_name(self->root->kind));
        return;
    }
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (const SettingSection *section = settings_sections; section->name != NULL; section++)
        g_ptr_array_add(names, (gpointer)section->name);
    g_ptr_array_add(names, (gpointer) "sizes");
    g_ptr_array_add(names, (gpointer) "rules");
    g_ptr_array_add(names, NULL);
    for (guint i = 0; i < self->root->nodes->len; i += 2) {
        const YamlNode *key = self->root->nodes->pdata[i];
        if (g_strv_contains((const char *const *)names->pdata, key->text))
            continue;
        g_autofree char *suggestion =
            nearest_suggestion(key->text, (const char *const *)names->pdata);
        problems_add(self->problems, key->at, "unknown key '%s'%s", key->text, suggestion);
    }
}

static void read_sections(const Loader *self)
{
    for (const SettingSection *section = settings_sections; section->name != NULL; section++) {
        gpointer target = G_STRUCT_MEMBER_P(self->config, section->offset);
        setting_fill_defaults(section->settings, target);
        setting_read(section->settings, target, yaml_node_find(self->root, section->name),
                     section->name, self->problems);
    }
}

static void read_lists(const Loader *self)
{
    Config *config = self->config;
    const YamlNode *kafka = yaml_node_find(self->root, "kafka");
    config->kafka.topics = topics_read(yaml_node_find(kafka, "topics"), self->problems);
    config->kafka.properties = g_ptr_array_new_with_free_func(g_free);
    kafka_properties_read(config->kafka.properties, yaml_node_find(kafka, "properties"),
                          self->problems);
    Location sizes_at = locate(self, "sizes", NULL);
    config->sizes = sizes_read(yaml_node_find(self->root, "sizes"), sizes_at, self->problems);
    config->rules = rule_config_read(yaml_node_find(self->root, "rules"), config->sizes, sizes_at,
                                     self->problems);
}

static void read_properties_file(const Loader *self)
{
    KafkaConfig *kafka = &self->config->kafka;
    if (*kafka->properties_file == '\0')
        return;
    if (!g_path_is_absolute(kafka->properties_file)) {
        g_autofree char *folder = g_path_get_dirname(self->config->path);
        g_autofree char *relative = kafka->properties_file;
        kafka->properties_file = g_build_filename(folder, relative, NULL);
    }
    kafka_properties_load(kafka->properties, kafka->properties_file,
                          locate(self, "kafka", "properties_file"), self->problems);
}

static void check_required(const Loader *self)
{
    const Config *config = self->config;
    const YamlNode *kafka = yaml_node_find(self->root, "kafka");
    const YamlNode *topics = yaml_node_find(kafka, "topics");
    /* One that is there but wrong has been reported already. */
    if (config->kafka.brokers == NULL && yaml_node_find(kafka, "brokers") == NULL)
        problems_add_at(self->problems, locate(self, "kafka", "brokers"), "kafka.brokers",
                        "is needed: host:port, or embedded to try things out");
    if (config->kafka.topics->len == 0 && (topics == NULL || topics->kind == YAML_NULL ||
                                           (topics->kind == YAML_LIST && topics->nodes->len == 0)))
        problems_add_at(self->problems, locate(self, "kafka", "topics"), "kafka.topics",
                        "at least one is needed, as in topics: [uploads]");
    if (config->storage.kind == STORAGE_KIND_DIRECTORY && *config->storage.root == '\0')
        problems_add_at(self->problems, locate(self, "storage", "root"), "storage.root",
                        "kind: directory needs it: the folder whose sub-folders are the buckets");
    /* Else the largest source that is taken could wait for room for ever. */
    if (config->jobs.memory_bytes < config->limits.source_bytes)
        problems_add_at(self->problems, locate(self, "jobs", "memory"), "jobs.memory",
                        "must be at least limits.source_bytes");
}

static void load(const Loader *self)
{
    check_top_level(self);
    read_sections(self);
    read_lists(self);
    environment_apply(self->environment, self->config, self->problems);
    read_properties_file(self);
    check_required(self);
    subscription_check(&self->config->kafka, locate(self, "kafka", "topics"), self->problems);
}

Config *config_parse(const char *name, const char *text, gsize size, char **environment,
                     GError **error)
{
    g_autoptr(Config) config = g_new0(Config, 1);
    config->path = g_strdup(name);
    g_autoptr(Problems) problems = problems_new();
    g_autoptr(YamlNode) root = yaml_parse(name, text, size, problems);
    if (root != NULL)
        load(&(Loader){config, root, environment, problems});
    if (problems_is_empty(problems))
        return g_steal_pointer(&config);
    g_autofree char *list = problems_text(problems);
    g_set_error_literal(error, CONFIG_ERROR, CONFIG_ERROR_INVALID, list);
    return NULL;
}

Config *config_load(const char *path, char **environment, GError **error)
{
    g_autofree char *text = NULL;
    gsize size = 0;
    g_autoptr(GError) reading = NULL;
    if (!g_file_get_contents(path, &text, &size, &reading)) {
        g_set_error_literal(error, CONFIG_ERROR, CONFIG_ERROR_INVALID, reading->message);
        return NULL;
    }
    return config_parse(path, text, size, environment, error);
}

void config_free(Config *config)
{
    if (config == NULL)
        return;
    g_free(config->path);
    g_free(config->kafka.brokers);
    g_clear_pointer(&config->kafka.topics, g_ptr_array_unref);
    g_free(config->kafka.group);
    g_free(config->kafka.dead_letter_topic);
    g_free(config->kafka.completion_topic);
    g_clear_pointer(&config->kafka.properties, g_ptr_array_unref);
    g_free(config->kafka.properties_file);
    g_free(config->storage.endpoint);
    g_free(config->storage.region);
    g_free(config->storage.ca_file);
    g_free(config->storage.proxy);
    g_free(config->storage.root);
    g_clear_pointer(&config->rules, g_ptr_array_unref); /* before the sizes, which they borrow */
    g_clear_pointer(&config->sizes, g_ptr_array_unref);
    g_free(config);
}
