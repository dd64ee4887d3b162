/* SPDX-License-Identifier: Apache-2.0
 *
 * Which sizes for which object, where they go, and the promise that no output ever becomes an
 * input. Immutable after rules_new(); any thread. */
#pragma once

#include "config/config.h"
#include "handlers/plan.h"

#include <glib.h>

typedef struct {
    const RuleConfig *rule;
    const Size *size;
    guint plan_index; /* in Assignment.plan.sizes; equal sizes of two rules share one */
    char *bucket;
    char *key;
} RuleOutput;

typedef struct {
    const char *skip_reason; /* "own_output", "no_rule", "excluded"; NULL: there is work */
    const char *fail_reason; /* "key_too_long" or "same_key" (two outputs would meet); else NULL */
    GPtrArray *outputs;      /* of RuleOutput; no two with the same bucket and key */
    Plan plan;               /* its sizes; limits as configured */
} Assignment;
void assignment_free(Assignment *assignment);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Assignment, assignment_free)

typedef struct Rules Rules;

/* @config is borrowed and must outlive the rules. CONFIG_ERROR with "file:line:col" when outputs
 * could match an input, two outputs of one source could share a key, a template names an unknown
 * word, or one object could need more than PLAN_MAX_SIZES sizes. */
Rules *rules_new(const Config *config, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void rules_free(Rules *rules);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Rules, rules_free)

/* What is to be made of @bucket/@key: always an answer. */
Assignment *rules_assign(const Rules *rules, const char *bucket, const char *key);
