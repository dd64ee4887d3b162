/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/rules/rules.h"

#include "pipeline/rules/output_key.h"
#include "pipeline/rules/rule.h"
#include "pipeline/rules/rule_check.h"

#include <string.h>

struct Rules {
    const Config *config;
    GPtrArray *rules; /* of Rule */
};

static void output_free(gpointer data)
{
    RuleOutput *output = data;
    g_free(output->bucket);
    g_free(output->key);
    g_free(output);
}

void assignment_free(Assignment *assignment)
{
    if (assignment == NULL)
        return;
    g_ptr_array_unref(assignment->outputs);
    g_free(assignment);
}

Rules *rules_new(const Config *config, GError **error)
{
    g_autoptr(Rules) self = g_new0(Rules, 1);
    self->config = config;
    self->rules = g_ptr_array_new_with_free_func((GDestroyNotify)rule_free);
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < config->rules->len; i++) {
        const RuleConfig *rule_config = config->rules->pdata[i];
        g_autoptr(GError) wrong = NULL;
        Rule *rule = rule_new(rule_config, &wrong);
        if (rule != NULL)
            g_ptr_array_add(self->rules, rule);
        else
            g_ptr_array_add(problems, g_strdup_printf("%s: rule '%s': %s", rule_config->location,
                                                      rule_config->name, wrong->message));
    }
    rule_check(self->rules, problems);
    if (problems->len == 0)
        return g_steal_pointer(&self);
    g_ptr_array_add(problems, NULL);
    g_autofree char *text = g_strjoinv("\n", (char **)problems->pdata);
    g_set_error_literal(error, CONFIG_ERROR, CONFIG_ERROR_INVALID, text);
    return NULL;
}

void rules_free(Rules *rules)
{
    if (rules == NULL)
        return;
    g_ptr_array_unref(rules->rules);
    g_free(rules);
}

/* Where in the plan @size stands; put there when no equal one does. */
static guint add_to_plan(Plan *plan, const Size *size)
{
    PlanSize wanted = plan_size_from(size);
    guint place = 0;
    while (place < plan->size_count && !plan_size_equal(&plan->sizes[place], &wanted))
        place++;
    g_assert(place < PLAN_MAX_SIZES); /* rule_check() has counted */
    plan->sizes[place] = wanted;
    plan->size_count = MAX(plan->size_count, place + 1);
    return place;
}

static const RuleOutput *find_output(const Assignment *assignment, const RuleOutput *wanted)
{
    for (guint i = 0; i < assignment->outputs->len; i++) {
        const RuleOutput *output = assignment->outputs->pdata[i];
        if (g_str_equal(output->bucket, wanted->bucket) && g_str_equal(output->key, wanted->key))
            return output;
    }
    return NULL;
}

static void add_output(Assignment *assignment, const Rule *rule, const Size *size,
                       const char *bucket, const char *key)
{
    RuleOutput *output = g_new0(RuleOutput, 1);
    output->rule = rule->config;
    output->size = size;
    output->bucket = output_key_expand(rule->bucket, bucket, key, size);
    output->key = output_key_expand(rule->key, bucket, key, size);
    output->plan_index = add_to_plan(&assignment->plan, size);
    const RuleOutput *same = find_output(assignment, output);
    if (same == NULL) {
        if (strlen(output->key) > OUTPUT_KEY_MAX_BYTES)
            assignment->fail_reason = "key_too_long";
        g_ptr_array_add(assignment->outputs, output);
        return;
    }
    /* Templates that differ may still meet for one odd name ("x/{name}" and "x/small" of small): no
     * start-up check foresees all of those, and neither output may win silently. */
    if (same->plan_index != output->plan_index)
        assignment->fail_reason = "same_key";
    output_free(output);
}

Assignment *rules_assign(const Rules *rules, const char *bucket, const char *key)
{
    Assignment *assignment = g_new0(Assignment, 1);
    assignment->outputs = g_ptr_array_new_with_free_func(output_free);
    assignment->plan.max_pixels = rules->config->limits.pixels;
    assignment->plan.max_output_bytes = rules->config->limits.output_bytes;
    assignment->plan.formats = rules->config->limits.formats;
    for (guint i = 0; i < rules->rules->len; i++)
        if (rule_owns(rules->rules->pdata[i], bucket, key)) {
            assignment->skip_reason = "own_output";
            return assignment;
        }

    assignment->skip_reason = "no_rule";
    for (guint i = 0; i < rules->rules->len; i++) {
        const Rule *rule = rules->rules->pdata[i];
        RuleMatch match = rule_match(rule, bucket, key);
        if (match == RULE_EXCLUDED)
            assignment->skip_reason = "excluded";
        if (match != RULE_YES)
            continue;
        for (guint j = 0; j < rule->config->sizes->len; j++)
            add_output(assignment, rule, rule->config->sizes->pdata[j], bucket, key);
    }
    if (assignment->outputs->len > 0)
        assignment->skip_reason = NULL;
    return assignment;
}
