/* SPDX-License-Identifier: Apache-2.0 */
#include "config/setting.h"

#include "config/nearest.h"
#include "config/quantity.h"

#include <string.h>

static const QuantityKind quantities[] = {
    [SETTING_INTEGER] = QUANTITY_INTEGER,   [SETTING_AUTO] = QUANTITY_INTEGER,
    [SETTING_COUNT] = QUANTITY_COUNT,       [SETTING_BYTES] = QUANTITY_BYTES,
    [SETTING_DURATION] = QUANTITY_DURATION,
};

gboolean setting_is_scalar(const Setting *setting)
{
    return setting->type != SETTING_OWN;
}

static gboolean set_text(const Setting *setting, gpointer field, const char *text, char **problem)
{
    gsize length = strlen(text);
    if (length < setting->min)
        *problem = g_strdup("must not be empty");
    else if (setting->max != 0 && length > setting->max)
        *problem = g_strdup_printf("is longer than %" G_GUINT64_FORMAT " bytes", setting->max);
    if (*problem != NULL)
        return FALSE;
    g_free(*(char **)field);
    *(char **)field = g_strdup(text);
    return TRUE;
}

static gboolean set_bool(const Setting *setting, gpointer field, const char *text, char **problem)
{
    (void)setting;
    if (!g_str_equal(text, "true") && !g_str_equal(text, "false")) {
        *problem = g_strdup_printf("'%s' is neither true nor false", text);
        return FALSE;
    }
    *(gboolean *)field = g_str_equal(text, "true");
    return TRUE;
}

static gboolean set_number(const Setting *setting, gpointer field, const char *text, char **problem)
{
    QuantityKind kind = quantities[setting->type];
    guint64 value = 0;
    gboolean is_auto = setting->type == SETTING_AUTO && g_str_equal(text, "auto");
    if (!is_auto && !quantity_parse(text, kind, &value, problem)) {
        if (setting->type == SETTING_AUTO) {
            g_autofree char *without = *problem;
            *problem = g_strconcat(without, " or auto", NULL);
        }
        return FALSE;
    }
    if (!is_auto && (value < setting->min || value > setting->max)) {
        g_autofree char *min = quantity_text(setting->min, kind);
        g_autofree char *max = quantity_text(setting->max, kind);
        *problem = g_strdup_printf("%s is not within %s to %s", text, min, max);
        return FALSE;
    }
    if (setting->type == SETTING_INTEGER || setting->type == SETTING_AUTO)
        *(guint *)field = value;
    else
        *(guint64 *)field = value;
    return TRUE;
}

static gboolean find_choice(const Setting *setting, const char *text, int *place, char **problem)
{
    for (*place = 0; setting->names[*place] != NULL; (*place)++)
        if (*text != '\0' && g_str_equal(text, setting->names[*place]))
            return TRUE;
    GString *known = g_string_new(NULL);
    for (const char *const *name = setting->names; *name != NULL; name++)
        if (**name != '\0')
            g_string_append_printf(known, "%s%s", known->len == 0 ? "" : ", ", *name);
    g_autofree char *names = g_string_free(known, FALSE);
    g_autofree char *suggestion = nearest_suggestion(text, setting->names);
    *problem = g_strdup_printf("'%s' is not one of %s%s", text, names, suggestion);
    return FALSE;
}

static gboolean set_choice(const Setting *setting, gpointer field, const char *text, char **problem)
{
    int place = 0;
    if (!find_choice(setting, text, &place, problem))
        return FALSE;
    *(int *)field = place;
    return TRUE;
}

/* "[a, b]" as in the file or "a,b" as in a variable. */
static GPtrArray *split(const char *text)
{
    GPtrArray *items = g_ptr_array_new_with_free_func(g_free);
    gsize length = strlen(text);
    gboolean brackets = length >= 2 && text[0] == '[' && text[length - 1] == ']';
    g_autofree char *inner = brackets ? g_strndup(text + 1, length - 2) : g_strdup(text);
    if (*g_strstrip(inner) == '\0')
        return items;
    g_auto(GStrv) words = g_strsplit(inner, ",", 0);
    for (char **word = words; *word != NULL; word++)
        g_ptr_array_add(items, g_strdup(g_strstrip(*word)));
    return items;
}

static gboolean set_choices(const Setting *setting, gpointer field, const char *text,
                            char **problem)
{
    g_autoptr(GPtrArray) words = split(text);
    guint32 bits = 0;
    for (guint i = 0; i < words->len; i++) {
        int place = 0;
        if (!find_choice(setting, words->pdata[i], &place, problem))
            return FALSE;
        bits |= 1u << place;
    }
    if (bits == 0) {
        *problem = g_strdup("must name at least one");
        return FALSE;
    }
    *(guint32 *)field = bits;
    return TRUE;
}

static void take_texts(gpointer field, GPtrArray *texts)
{
    g_clear_pointer((GPtrArray **)field, g_ptr_array_unref);
    *(GPtrArray **)field = texts;
}

static gboolean set_texts(const Setting *setting, gpointer field, const char *text, char **problem)
{
    (void)setting;
    (void)problem;
    take_texts(field, split(text));
    return TRUE;
}

typedef gboolean (*Setter)(const Setting *setting, gpointer field, const char *text,
                           char **problem);
static const Setter setters[] = {
    [SETTING_TEXT] = set_text,       [SETTING_BOOL] = set_bool,     [SETTING_INTEGER] = set_number,
    [SETTING_AUTO] = set_number,     [SETTING_COUNT] = set_number,  [SETTING_BYTES] = set_number,
    [SETTING_DURATION] = set_number, [SETTING_CHOICE] = set_choice, [SETTING_CHOICES] = set_choices,
    [SETTING_TEXTS] = set_texts,     [SETTING_OWN] = NULL,
};

void setting_set(const Setting *setting, gpointer target, const char *text, Location at,
                 const char *path, Problems *problems)
{
    int nowhere = 0;
    gpointer field = setting->offset == SETTING_NOWHERE
                         ? (gpointer)&nowhere
                         : G_STRUCT_MEMBER_P(target, setting->offset);
    const char *wrong = setting->check != NULL ? setting->check(text) : NULL;
    g_autofree char *problem = NULL;
    if (wrong != NULL)
        problems_add_at(problems, at, path, "%s", wrong);
    else if (!setters[setting->type](setting, field, text, &problem))
        problems_add_at(problems, at, path, "%s", problem);
}

void setting_fill_defaults(const Setting *settings, gpointer target)
{
    g_autoptr(Problems) problems = problems_new();
    Location at = location_of_variable("default");
    for (const Setting *setting = settings; setting->name != NULL; setting++)
        if (setting->fallback != NULL && setting_is_scalar(setting))
            setting_set(setting, target, setting->fallback, at, setting->name, problems);
    g_assert(problems_is_empty(problems));
}

GPtrArray *setting_read_texts(const YamlNode *list, const char *path, Problems *problems)
{
    GPtrArray *texts = g_ptr_array_new_with_free_func(g_free);
    if (list->kind != YAML_LIST) {
        problems_add_at(problems, list->at, path, "must be a list, [like, this], not %s",
                        yaml_kind_name(list->kind));
        return texts;
    }
    for (guint i = 0; i < list->nodes->len; i++) {
        const YamlNode *item = list->nodes->pdata[i];
        if (item->kind == YAML_TEXT && *item->text != '\0')
            g_ptr_array_add(texts, g_strdup(item->text));
        else
            problems_add_at(problems, item->at, path, "holds %s where a text is needed",
                            item->kind == YAML_TEXT ? "an empty text" : yaml_kind_name(item->kind));
    }
    return texts;
}

static void read_value(const Setting *setting, gpointer target, const YamlNode *value,
                       const char *path, Problems *problems)
{
    if (setting->type == SETTING_TEXTS) {
        GPtrArray *texts = setting_read_texts(value, path, problems);
        take_texts(G_STRUCT_MEMBER_P(target, setting->offset), texts);
    } else if (setting->type == SETTING_CHOICES) {
        g_autoptr(GPtrArray) texts = setting_read_texts(value, path, problems);
        g_ptr_array_add(texts, NULL);
        g_autofree char *joined = g_strjoinv(",", (char **)texts->pdata);
        if (value->kind == YAML_LIST)
            setting_set(setting, target, joined, value->at, path, problems);
    } else if (value->kind == YAML_TEXT) {
        setting_set(setting, target, value->text, value->at, path, problems);
    } else if (value->kind == YAML_NULL) {
        problems_add_at(problems, value->at, path, "has no value; leave the line out or write one");
    } else {
        problems_add_at(problems, value->at, path, "must be a single value, not %s",
                        yaml_kind_name(value->kind));
    }
}

static const Setting *find(const Setting *settings, const YamlNode *key, Problems *problems)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (const Setting *setting = settings; setting->name != NULL; setting++) {
        if (g_str_equal(setting->name, key->text))
            return setting;
        g_ptr_array_add(names, (gpointer)setting->name);
    }
    g_ptr_array_add(names, NULL);
    g_autofree char *suggestion = nearest_suggestion(key->text, (const char *const *)names->pdata);
    problems_add(problems, key->at, "unknown key '%s'%s", key->text, suggestion);
    return NULL;
}

void setting_read(const Setting *settings, gpointer target, const YamlNode *map, const char *path,
                  Problems *problems)
{
    if (map == NULL || map->kind == YAML_NULL)
        return; /* a heading with everything under it commented out */
    if (map->kind != YAML_MAP) {
        problems_add_at(problems, map->at, path, "must be a mapping of names to values, not %s",
                        yaml_kind_name(map->kind));
        return;
    }
    for (guint i = 0; i < map->nodes->len; i += 2) {
        const YamlNode *key = map->nodes->pdata[i];
        const Setting *setting = find(settings, key, problems);
        if (setting == NULL || setting->type == SETTING_OWN)
            continue;
        g_autofree char *inner = g_strdup_printf("%s.%s", path, setting->name);
        read_value(setting, target, map->nodes->pdata[i + 1], inner, problems);
    }
}
