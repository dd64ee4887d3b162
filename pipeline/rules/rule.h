/* SPDX-License-Identifier: Apache-2.0
 *
 * One rule of the configuration, its templates parsed: shared by rules.c, which applies it, and
 * rule_check.c, which proves that it cannot do harm. Immutable; any thread. */
#pragma once

#include "config/config.h"
#include "pipeline/rules/output_key.h"

#include <glib.h>

typedef enum { RULE_NO, RULE_EXCLUDED, RULE_YES } RuleMatch;

typedef struct {
    const RuleConfig *config;
    OutputKey *bucket;
    OutputKey *key;
    char *folder; /* NULL: the template fixes none */
    GPtrArray
        *folder_buckets; /* of char *: globs of the buckets that its outputs go to, one a size */
} Rule;

Rule *rule_new(const RuleConfig *config, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void rule_free(Rule *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Rule, rule_free)

RuleMatch rule_match(const Rule *self, const char *bucket, const char *key);
/* Whether prefix and suffix take @key; bucket and excludes are left out of account. */
gboolean rule_takes_key(const Rule *self, const char *key);
/* Whether @bucket/@key lies in the folder that the rule's outputs go to. */
gboolean rule_owns(const Rule *self, const char *bucket, const char *key);
/* Whether an object may exist that both apply to. TRUE when in doubt. */
gboolean rule_overlaps(const Rule *self, const Rule *other);
/* Lower-case globs of the keys it may apply to, one for each suffix (transfer full). */
GPtrArray *rule_input_globs(const Rule *self);
