/* SPDX-License-Identifier: Apache-2.0 */
#include "config/topics.h"

#include "config/settings.h"

#include <string.h>

#define PATH "kafka.topics"

static void topic_free(gpointer data)
{
    TopicConfig *topic = data;
    g_free(topic->name);
    g_free(topic);
}

static TopicConfig *topic_new(void)
{
    TopicConfig *topic = g_new0(TopicConfig, 1);
    setting_fill_defaults(settings_of_topic, topic);
    return topic;
}

static gboolean has_topic(const GPtrArray *topics, const char *name)
{
    for (guint i = 0; i < topics->len; i++)
        if (g_str_equal(((const TopicConfig *)topics->pdata[i])->name, name))
            return TRUE;
    return FALSE;
}

/* What Kafka itself takes as a name; regular expressions are checked against what we write to. */
static const char *name_problem(const char *name)
{
    if (*name == '\0')
        return "a topic needs a name";
    if (*name == '^')
        return NULL;
    if (strlen(name) > 249 || g_str_equal(name, ".") || g_str_equal(name, ".."))
        return "is not a topic's name";
    for (const char *c = name; *c != '\0'; c++)
        if (!g_ascii_isalnum(*c) && strchr("._-", *c) == NULL)
            return "a topic's name is letters, digits, '.', '_' and '-'; a regular expression "
                   "begins "
                   "with ^";
    return NULL;
}

static void add(GPtrArray *topics, TopicConfig *topic, Location at, Problems *problems)
{
    const char *wrong = name_problem(topic->name);
    if (wrong == NULL && !has_topic(topics, topic->name)) {
        g_ptr_array_add(topics, topic);
        return;
    }
    problems_add_at(problems, at, PATH, "'%s': %s", topic->name,
                    wrong != NULL ? wrong : "stands here twice");
    topic_free(topic);
}

GPtrArray *topics_read(const YamlNode *list, Problems *problems)
{
    GPtrArray *topics = g_ptr_array_new_with_free_func(topic_free);
    if (list == NULL || list->kind == YAML_NULL)
        return topics;
    if (list->kind != YAML_LIST) {
        problems_add_at(problems, list->at, PATH, "must be a list, [like, this], not %s",
                        yaml_kind_name(list->kind));
        return topics;
    }
    for (guint i = 0; i < list->nodes->len; i++) {
        const YamlNode *item = list->nodes->pdata[i];
        TopicConfig *topic = topic_new();
        if (item->kind == YAML_TEXT)
            topic->name = g_strdup(item->text);
        else
            setting_read(settings_of_topic, topic, item, PATH, problems);
        if (topic->name == NULL)
            topic->name = g_strdup("");
        add(topics, topic, item->at, problems);
    }
    return topics;
}

GPtrArray *topics_parse(const char *comma_list, Location at, Problems *problems)
{
    GPtrArray *topics = g_ptr_array_new_with_free_func(topic_free);
    /* An empty list would otherwise split into no names at all, and nothing would be wrong with it.
     */
    g_auto(GStrv) names = g_strsplit(*comma_list == '\0' ? " " : comma_list, ",", 0);
    for (char **name = names; *name != NULL; name++) {
        TopicConfig *topic = topic_new();
        topic->name = g_strdup(g_strstrip(*name));
        add(topics, topic, at, problems);
    }
    return topics;
}
