/* SPDX-License-Identifier: Apache-2.0 */
#include "config/rule_config.h"

#include "config/settings.h"
#include "config/sizes.h"

static void rule_free(gpointer data)
{
    RuleConfig *rule = data;
    g_free(rule->name);
    g_free(rule->bucket);
    g_free(rule->prefix);
    g_clear_pointer(&rule->suffix, g_ptr_array_unref);
    g_clear_pointer(&rule->exclude, g_ptr_array_unref);
    g_clear_pointer(&rule->sizes, g_ptr_array_unref);
    g_free(rule->output_bucket);
    g_free(rule->output_key);
    g_free(rule->location);
    g_free(rule);
}

/* @map NULL: every default. */
static RuleConfig *read_rule(const YamlNode *map, Location at, const char *path,
                             const GPtrArray *sizes, Problems *problems)
{
    RuleConfig *rule = g_new0(RuleConfig, 1);
    rule->location = location_text(at);
    setting_fill_defaults(settings_of_rule, rule);
    setting_fill_defaults(settings_of_output, rule);

    g_autofree char *output_path = g_strconcat(path, ".output", NULL);
    g_autofree char *sizes_path = g_strconcat(path, ".sizes", NULL);
    setting_read(settings_of_rule, rule, map, path, problems);
    setting_read(settings_of_output, rule, yaml_node_find(map, "output"), output_path, problems);
    rule->sizes = sizes_pick(sizes, yaml_node_find(map, "sizes"), sizes_path, problems);
    if (rule->output_key == NULL)
        rule->output_key =
            g_strdup(rule->sizes->len > 1 ? "resized/{size}/{key}" : "resized/{key}");
    return rule;
}

static void check_name(const GPtrArray *rules, const RuleConfig *rule, Location at,
                       Problems *problems)
{
    for (guint i = 0; i < rules->len; i++) {
        const RuleConfig *other = rules->pdata[i];
        if (g_str_equal(other->name, rule->name))
            problems_add_at(problems, at, "rules", "the rule at %s is called '%s' too",
                            other->location, rule->name);
    }
}

GPtrArray *rule_config_read(const YamlNode *list, const GPtrArray *sizes, Location sizes_at,
                            Problems *problems)
{
    GPtrArray *rules = g_ptr_array_new_with_free_func(rule_free);
    if (list == NULL || list->kind == YAML_NULL) {
        RuleConfig *rule = read_rule(NULL, sizes_at, "rules", sizes, problems);
        rule->name = g_strdup("default");
        g_ptr_array_add(rules, rule);
        return rules;
    }
    if (list->kind != YAML_LIST || list->nodes->len == 0) {
        problems_add_at(
            problems, list->at, "rules",
            "must be a list of rules; left out, one rule makes all sizes of any object");
        return rules;
    }
    for (guint i = 0; i < list->nodes->len; i++) {
        const YamlNode *map = list->nodes->pdata[i];
        g_autofree char *path = g_strdup_printf("rules[%u]", i + 1);
        RuleConfig *rule = read_rule(map, map->at, path, sizes, problems);
        if (rule->name == NULL)
            rule->name = g_strdup_printf("rule-%u", i + 1);
        check_name(rules, rule, map->at, problems);
        g_ptr_array_add(rules, rule);
    }
    return rules;
}
