/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/commands/command.h"

#include "pipeline/kafka/kafka.h"
#include "pipeline/rules/rules.h"

#include <stdio.h>
#include <string.h>

/* An object that the rule takes, as its settings let one guess. */
static char *example_key(const RuleConfig *rule)
{
    const char *suffix = rule->suffix->len > 0 ? g_ptr_array_index(rule->suffix, 0) : ".jpg";
    return g_strconcat(rule->prefix, "2026/photo", suffix, NULL);
}

static char *example_bucket(const RuleConfig *rule)
{
    return strpbrk(rule->bucket, "*?") == NULL ? g_strdup(rule->bucket) : g_strdup("photos");
}

static void print_rule(const Rules *rules, const RuleConfig *rule)
{
    g_autofree char *key = example_key(rule);
    g_autofree char *bucket = example_bucket(rule);
    g_autoptr(Assignment) assignment = rules_assign(rules, bucket, key);
    printf("rule %s: %s/%s\n", rule->name, bucket, key);
    if (assignment->skip_reason != NULL)
        printf("  (this example is skipped: %s)\n", assignment->skip_reason);
    for (guint i = 0; i < assignment->outputs->len; i++) {
        const RuleOutput *output = g_ptr_array_index(assignment->outputs, i);
        if (output->rule == rule)
            printf("  %-12s -> %s/%s\n", output->size->name, output->bucket, output->key);
    }
}

static CommandStatus run(const CommandOptions *options)
{
    g_autoptr(Config) config = command_load_config(options);
    if (config == NULL)
        return COMMAND_CONFIGURATION;
    g_autoptr(GError) error = NULL;
    g_autoptr(Rules) rules = rules_new(config, &error);
    if (rules == NULL || !kafka_check(&config->kafka, &error))
        return command_fail(error);
    printf("%s: good\n", config->path);
    for (guint i = 0; i < config->rules->len; i++)
        print_rule(rules, g_ptr_array_index(config->rules, i));
    return COMMAND_OK;
}

const Command check_command = {
    .name = "check",
    .summary = "check the configuration and show where outputs would go",
    .description =
        "Ends with 0 when the configuration is good, with 78 when it is not. Connects to nothing.",
    .run = run,
};
