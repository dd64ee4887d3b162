/* SPDX-License-Identifier: Apache-2.0 */
#include "config/sizes.h"

#include "config/nearest.h"
#include "config/settings.h"

#include <string.h>

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789_-"

static Size *read_size(const YamlNode *name, const YamlNode *value, Problems *problems)
{
    g_autoptr(Size) size = g_new0(Size, 1);
    size->name = g_strdup(name->text);
    setting_fill_defaults(settings_of_size, size);
    g_autofree char *path = g_strdup_printf("sizes.%s", name->text);
    setting_read(settings_of_size, size, value, path, problems);
    if (*name->text == '\0' || strspn(name->text, NAME_CHARACTERS) != strlen(name->text))
        problems_add(problems, name->at,
                     "'%s' is not a size's name: lower-case letters, digits, '_' and '-'",
                     name->text);
    /* One that is there but wrong has been reported already. */
    if (yaml_node_find(value, "width") == NULL && yaml_node_find(value, "height") == NULL)
        problems_add_at(problems, name->at, path,
                        "needs a width or a height, as in %s: {width: 200}", name->text);
    return g_steal_pointer(&size);
}

GPtrArray *sizes_read(const YamlNode *map, Location section, Problems *problems)
{
    GPtrArray *sizes = g_ptr_array_new_with_free_func((GDestroyNotify)size_free);
    if (map != NULL && map->kind != YAML_NULL && map->kind != YAML_MAP) {
        problems_add_at(problems, map->at, "sizes", "must be a mapping of names to sizes, not %s",
                        yaml_kind_name(map->kind));
        return sizes;
    }
    for (guint i = 0; map != NULL && map->kind == YAML_MAP && i < map->nodes->len; i += 2)
        g_ptr_array_add(sizes, read_size(map->nodes->pdata[i], map->nodes->pdata[i + 1], problems));
    if (sizes->len == 0)
        problems_add_at(problems, section, "sizes",
                        "at least one is needed, as in sizes: {thumb: {width: 200}}");
    return sizes;
}

static const Size *find(const GPtrArray *sizes, const char *name)
{
    for (guint i = 0; i < sizes->len; i++)
        if (g_str_equal(((const Size *)sizes->pdata[i])->name, name))
            return sizes->pdata[i];
    return NULL;
}

static char *suggestion_for(const GPtrArray *sizes, const char *name)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (guint i = 0; i < sizes->len; i++)
        g_ptr_array_add(names, ((const Size *)sizes->pdata[i])->name);
    g_ptr_array_add(names, NULL);
    return nearest_suggestion(name, (const char *const *)names->pdata);
}

static void pick(GPtrArray *picked, const GPtrArray *sizes, const YamlNode *item, const char *path,
                 Problems *problems)
{
    if (item->kind != YAML_TEXT) {
        problems_add_at(problems, item->at, path, "holds %s where a size's name is needed",
                        yaml_kind_name(item->kind));
        return;
    }
    const Size *size = find(sizes, item->text);
    g_autofree char *suggestion = suggestion_for(sizes, item->text);
    if (size == NULL)
        problems_add_at(problems, item->at, path, "there is no size '%s'%s", item->text,
                        suggestion);
    else if (g_ptr_array_find(picked, size, NULL))
        problems_add_at(problems, item->at, path, "'%s' stands here twice", item->text);
    else
        g_ptr_array_add(picked, (gpointer)size);
}

GPtrArray *sizes_pick(const GPtrArray *sizes, const YamlNode *list, const char *path,
                      Problems *problems)
{
    GPtrArray *picked = g_ptr_array_new();
    if (list == NULL) {
        for (guint i = 0; i < sizes->len; i++)
            g_ptr_array_add(picked, sizes->pdata[i]);
        return picked;
    }
    if (list->kind != YAML_LIST || list->nodes->len == 0) {
        problems_add_at(problems, list->at, path,
                        "must be a list of at least one size's name, [like, this]");
        return picked;
    }
    for (guint i = 0; i < list->nodes->len; i++)
        pick(picked, sizes, list->nodes->pdata[i], path, problems);
    return picked;
}
