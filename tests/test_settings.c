/* SPDX-License-Identifier: Apache-2.0 */
#include "config/settings.h"

#include <string.h>

static YamlNode *shipped(void)
{
    g_autofree char *text = NULL;
    gsize size = 0;
    g_autoptr(GError) error = NULL;
    g_assert_true(g_file_get_contents("config/thumbpipe.yaml", &text, &size, &error));
    g_autoptr(Problems) problems = problems_new();
    YamlNode *root = yaml_parse("config/thumbpipe.yaml", text, size, problems);
    g_assert_true(problems_is_empty(problems));
    return root;
}

/* As a default stands in its row: a list in brackets. */
static char *node_text(const YamlNode *node)
{
    if (node->kind == YAML_TEXT)
        return g_strdup(node->text);
    if (node->kind == YAML_MAP)
        return g_strdup("{}");
    GString *text = g_string_new("[");
    for (guint i = 0; i < node->nodes->len; i++)
        g_string_append_printf(text, "%s%s", i == 0 ? "" : ", ",
                               ((const YamlNode *)node->nodes->pdata[i])->text);
    return g_string_free(g_string_append_c(text, ']'), FALSE);
}

static void assert_written(const Setting *settings, const YamlNode *map, const char *section)
{
    for (const Setting *setting = settings; setting->name != NULL; setting++) {
        const YamlNode *node = yaml_node_find(map, setting->name);
        if (node == NULL)
            g_error("config/thumbpipe.yaml lacks %s.%s", section, setting->name);
        if (setting->fallback == NULL || g_str_equal(setting->name, "output"))
            continue;
        g_autofree char *text = node_text(node);
        g_assert_cmpstr(text, ==, setting->fallback);
    }
}

static void test_the_shipped_file_holds_every_setting_at_its_default(void)
{
    g_autoptr(YamlNode) root = shipped();
    for (const SettingSection *section = settings_sections; section->name != NULL; section++)
        assert_written(section->settings, yaml_node_find(root, section->name), section->name);
    assert_written(settings_of_size, yaml_node_find(yaml_node_find(root, "sizes"), "thumb"),
                   "sizes");
    const YamlNode *rule = yaml_node_find(root, "rules")->nodes->pdata[0];
    assert_written(settings_of_rule, rule, "rules");
    assert_written(settings_of_output, yaml_node_find(rule, "output"), "output");
}

static void test_every_setting_has_a_manual_line_and_a_place_to_go(void)
{
    for (const SettingSection *section = settings_sections; section->name != NULL; section++)
        for (const Setting *setting = section->settings; setting->name != NULL; setting++) {
            g_assert_cmpuint(strlen(setting->manual), >, 10);
            g_assert_true(g_str_has_suffix(setting->manual, "."));
            g_assert_true(setting->type != SETTING_CHOICE || setting->names != NULL);
        }
}

static void test_a_variable_is_called_as_its_setting(void)
{
    g_autofree char *name =
        settings_variable(&settings_sections[0], &settings_sections[0].settings[0]);
    g_assert_cmpstr(name, ==, "THUMBPIPE_KAFKA_BROKERS");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(test) g_test_add_func("/settings/" #test, test_##test)
    ADD(the_shipped_file_holds_every_setting_at_its_default);
    ADD(every_setting_has_a_manual_line_and_a_place_to_go);
    ADD(a_variable_is_called_as_its_setting);
    return g_test_run();
}
