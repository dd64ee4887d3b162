/* SPDX-License-Identifier: Apache-2.0 */
#include "config/environment.h"

#include "config/nearest.h"
#include "config/settings.h"
#include "config/topics.h"

#include <string.h>

#define PREFIX "THUMBPIPE_"
#define TOPICS PREFIX "KAFKA_TOPICS"

/* Not settings: the first names the file, the others are what Kubernetes puts into every pod beside
 * a Service called "thumbpipe". */
static const char *const other_names[] = {PREFIX "CONFIG", PREFIX "SERVICE_HOST", PREFIX "PORT",
                                          NULL};
static const char *const other_beginnings[] = {PREFIX "SERVICE_PORT", PREFIX "PORT_", NULL};

const char *environment_find(char **environment, const char *name)
{
    gsize length = strlen(name);
    for (char **entry = environment; entry != NULL && *entry != NULL; entry++)
        if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=')
            return *entry + length + 1;
    return NULL;
}

static gboolean is_other(const char *name)
{
    for (const char *const *beginning = other_beginnings; *beginning != NULL; beginning++)
        if (g_str_has_prefix(name, *beginning))
            return TRUE;
    return g_strv_contains(other_names, name);
}

/* Appends each name we know to @names, and sets what @environment holds. */
static void apply_known(char **environment, Config *config, GPtrArray *names, Problems *problems)
{
    for (const SettingSection *section = settings_sections; section->name != NULL; section++)
        for (const Setting *setting = section->settings; setting->name != NULL; setting++) {
            if (!setting_is_scalar(setting))
                continue;
            char *name = settings_variable(section, setting);
            g_ptr_array_add(names, name);
            const char *value = environment_find(environment, name);
            if (value != NULL)
                setting_set(setting, G_STRUCT_MEMBER_P(config, section->offset), value,
                            location_of_variable(name), setting->name, problems);
        }
}

void environment_apply(char **environment, Config *config, Problems *problems)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    apply_known(environment, config, names, problems);
    const char *topics = environment_find(environment, TOPICS);
    if (topics != NULL) {
        g_ptr_array_unref(config->kafka.topics);
        config->kafka.topics = topics_parse(topics, location_of_variable(TOPICS), problems);
    }
    g_ptr_array_add(names, g_strdup(TOPICS));
    g_ptr_array_add(names, NULL);

    for (char **entry = environment; entry != NULL && *entry != NULL; entry++) {
        g_autofree char *name = g_strndup(*entry, strcspn(*entry, "="));
        if (!g_str_has_prefix(name, PREFIX) || is_other(name) ||
            g_strv_contains((const char *const *)names->pdata, name))
            continue;
        g_autofree char *suggestion = nearest_suggestion(name, (const char *const *)names->pdata);
        problems_add(problems, location_of_variable(name), "is not a setting%s", suggestion);
    }
}
