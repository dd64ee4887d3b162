/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/rules/rule.h"

#include "pipeline/rules/glob.h"

#include <string.h>

Rule *rule_new(const RuleConfig *config, GError **error)
{
    g_autoptr(Rule) self = g_new0(Rule, 1);
    self->config = config;
    self->folder_buckets = g_ptr_array_new_with_free_func(g_free);
    self->bucket = output_key_parse_bucket(config->output_bucket, error);
    if (self->bucket == NULL) {
        g_prefix_error(error, "output.bucket '%s': ", config->output_bucket);
        return NULL;
    }
    self->key = output_key_parse(config->output_key, error);
    if (self->key == NULL) {
        g_prefix_error(error, "output.key '%s': ", config->output_key);
        return NULL;
    }
    self->folder = output_key_folder(self->key);
    for (guint i = 0; i < config->sizes->len; i++)
        g_ptr_array_add(self->folder_buckets,
                        output_key_glob(self->bucket, config, config->sizes->pdata[i], FALSE));
    return g_steal_pointer(&self);
}

void rule_free(Rule *self)
{
    if (self == NULL)
        return;
    output_key_free(self->bucket);
    output_key_free(self->key);
    g_free(self->folder);
    g_ptr_array_unref(self->folder_buckets);
    g_free(self);
}

static gboolean has_suffix(const RuleConfig *config, const char *key)
{
    gsize length = strlen(key);
    for (guint i = 0; i < config->suffix->len; i++) {
        const char *suffix = config->suffix->pdata[i];
        if (length >= strlen(suffix) &&
            g_ascii_strcasecmp(key + length - strlen(suffix), suffix) == 0)
            return TRUE;
    }
    return config->suffix->len == 0;
}

gboolean rule_takes_key(const Rule *self, const char *key)
{
    return g_str_has_prefix(key, self->config->prefix) && has_suffix(self->config, key);
}

RuleMatch rule_match(const Rule *self, const char *bucket, const char *key)
{
    const RuleConfig *config = self->config;
    if (!glob_matches(config->bucket, bucket) || !rule_takes_key(self, key))
        return RULE_NO;
    for (guint i = 0; i < config->exclude->len; i++)
        if (glob_matches(config->exclude->pdata[i], key))
            return RULE_EXCLUDED;
    return RULE_YES;
}

gboolean rule_owns(const Rule *self, const char *bucket, const char *key)
{
    if (self->folder == NULL || !g_str_has_prefix(key, self->folder))
        return FALSE;
    for (guint i = 0; i < self->folder_buckets->len; i++)
        if (glob_matches(self->folder_buckets->pdata[i], bucket))
            return TRUE;
    return FALSE;
}

/* Short keys may have prefix and suffix share bytes: "a.jpg" begins with "a.j" and ends with
 * ".jpg". Each such key is a glob of its own. */
GPtrArray *rule_input_globs(const Rule *self)
{
    GPtrArray *globs = g_ptr_array_new_with_free_func(g_free);
    const RuleConfig *config = self->config;
    gboolean any = config->suffix->len == 0;
    for (guint i = 0; i < (any ? 1 : config->suffix->len); i++) {
        const char *suffix = any ? "" : config->suffix->pdata[i];
        g_autofree char *glob = g_strconcat(config->prefix, "*", suffix, NULL);
        g_ptr_array_add(globs, g_ascii_strdown(glob, -1));
        if (*config->prefix == '\0' || any)
            continue;
        for (gsize shared = 1; shared <= MIN(strlen(config->prefix), strlen(suffix)); shared++) {
            gsize start = strlen(config->prefix) - shared;
            if (g_ascii_strncasecmp(config->prefix + start, suffix, shared) != 0)
                continue;
            g_autofree char *joined = g_strconcat(config->prefix, suffix + shared, NULL);
            g_ptr_array_add(globs, g_ascii_strdown(joined, -1));
        }
    }
    return globs;
}

static gboolean excludes_all_of(const Rule *self, const Rule *other)
{
    g_autofree char *inputs = g_strconcat(other->config->prefix, "*", NULL);
    for (guint i = 0; i < self->config->exclude->len; i++)
        if (glob_covers(self->config->exclude->pdata[i], inputs))
            return TRUE;
    return FALSE;
}

gboolean rule_overlaps(const Rule *self, const Rule *other)
{
    if (!glob_overlaps(self->config->bucket, other->config->bucket) ||
        excludes_all_of(self, other) || excludes_all_of(other, self))
        return FALSE;
    g_autoptr(GPtrArray) ours = rule_input_globs(self);
    g_autoptr(GPtrArray) theirs = rule_input_globs(other);
    for (guint i = 0; i < ours->len; i++)
        for (guint j = 0; j < theirs->len; j++)
            if (glob_overlaps(ours->pdata[i], theirs->pdata[j]))
                return TRUE;
    return FALSE;
}
