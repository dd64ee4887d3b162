/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/rules/rule_check.h"

#include "handlers/plan.h"
#include "pipeline/rules/glob.h"

#include <string.h>

static void report(GPtrArray *problems, const Rule *rule, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

static void report(GPtrArray *problems, const Rule *rule, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    char *line =
        g_strdup_printf("%s: rule '%s': %s", rule->config->location, rule->config->name, message);
    if (g_ptr_array_find_with_equal_func(problems, line, g_str_equal, NULL))
        g_free(line); /* another size of the same rule has the same trouble */
    else
        g_ptr_array_add(problems, line);
}

/* Whether what @writer makes of @size in its output bucket may be an object @reader applies to. */
static gboolean may_feed(const Rule *writer, const Size *size, const Rule *reader)
{
    g_autofree char *bucket = output_key_glob(writer->bucket, writer->config, size, FALSE);
    if (!glob_overlaps(bucket, reader->config->bucket))
        return FALSE;
    g_autofree char *exact = output_key_glob(writer->key, writer->config, size, FALSE);
    for (guint i = 0; i < reader->config->exclude->len; i++)
        if (glob_covers(reader->config->exclude->pdata[i], exact))
            return FALSE;
    g_autofree char *folded = output_key_glob(writer->key, writer->config, size, TRUE);
    g_autoptr(GPtrArray) inputs = rule_input_globs(reader);
    for (guint i = 0; i < inputs->len; i++)
        if (glob_overlaps(folded, inputs->pdata[i]))
            return TRUE;
    return FALSE;
}

/* The exclude that proves it, to be written as it is: the glob of the outputs, runs of * made one.
 * NULL when @reader's sources look no different. */
static char *exclude_for(const Rule *writer, const Size *size, const Rule *reader)
{
    g_autofree char *glob = output_key_glob(writer->key, writer->config, size, FALSE);
    GString *exclude = g_string_new(NULL);
    for (const char *c = glob; *c != '\0'; c++)
        if (*c != '*' || c == glob || c[-1] != '*')
            g_string_append_c(exclude, *c);
    g_autofree char *text = g_string_free(exclude, FALSE);
    const GPtrArray *suffix = reader->config->suffix;
    g_autofree char *source = g_strconcat(reader->config->prefix, "p/q",
                                          suffix->len > 0 ? suffix->pdata[0] : ".jpg", NULL);
    return glob_matches(text, source) ? NULL : g_steal_pointer(&text);
}

static void check_loops(const Rule *writer, const GPtrArray *rules, GPtrArray *problems)
{
    if (writer->folder != NULL)
        return; /* never an input of any rule: rules_assign() */
    for (guint i = 0; i < writer->config->sizes->len; i++)
        for (guint j = 0; j < rules->len; j++) {
            const Size *size = writer->config->sizes->pdata[i];
            const Rule *reader = rules->pdata[j];
            if (!may_feed(writer, size, reader))
                continue;
            g_autofree char *exclude = exclude_for(writer, size, reader);
            g_autofree char *or_exclude =
                exclude == NULL ? g_strdup("")
                                : g_strdup_printf(", or add exclude: [\"%s\"] to rule '%s'",
                                                  exclude, reader->config->name);
            report(
                problems, writer,
                "thumbnails at '%s' could be taken for sources by rule '%s'; begin output.key with "
                "a folder as in 'resized/{key}', set output.bucket to one that no rule reads%s",
                writer->config->output_key, reader->config->name, or_exclude);
        }
}

/* A rule that takes only what lies in a folder of outputs would never apply to anything. */
static void check_reach(const Rule *reader, const GPtrArray *rules, GPtrArray *problems)
{
    for (guint i = 0; i < rules->len; i++) {
        const Rule *writer = rules->pdata[i];
        if (writer->folder == NULL || !g_str_has_prefix(reader->config->prefix, writer->folder))
            continue;
        for (guint j = 0; j < writer->folder_buckets->len; j++)
            if (glob_covers(writer->folder_buckets->pdata[j], reader->config->bucket)) {
                report(
                    problems, reader,
                    "it takes only objects under '%s', but '%s' is where the outputs of rule '%s' "
                    "go, and outputs are never sources; choose another prefix or output.key",
                    reader->config->prefix, writer->folder, writer->config->name);
                return;
            }
    }
}

/* Keys to try the templates with: they differ only in how they treat folder, name and extension. */
static GPtrArray *probes(const Rule *a, const Rule *b)
{
    static const char *const names[] = {"q", "p/q", ""};
    static const char *const extensions[] = {"", ".jpg", ".jpeg", ".png", ".webp", ".gif", ".bin"};
    GPtrArray *keys = g_ptr_array_new_with_free_func(g_free);
    gboolean a_is_longer = strlen(a->config->prefix) > strlen(b->config->prefix);
    const char *prefix = a_is_longer ? a->config->prefix : b->config->prefix;
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        for (gsize j = 0; j < G_N_ELEMENTS(extensions); j++)
            g_ptr_array_add(keys, g_strconcat(prefix, names[i], extensions[j], NULL));
        for (guint j = 0; j < a->config->suffix->len; j++)
            g_ptr_array_add(keys, g_strconcat(prefix, names[i], a->config->suffix->pdata[j], NULL));
        for (guint j = 0; j < b->config->suffix->len; j++)
            g_ptr_array_add(keys, g_strconcat(prefix, names[i], b->config->suffix->pdata[j], NULL));
    }
    return keys;
}

static void add_bucket(GPtrArray *buckets, char *bucket, const Rule *a, const Rule *b)
{
    if (glob_matches(a->config->bucket, bucket) && glob_matches(b->config->bucket, bucket))
        g_ptr_array_add(buckets, bucket);
    else
        g_free(bucket);
}

/* Buckets to try the templates with: one as the globs have it, and those that outputs go to, as
 * "out" and "{bucket}" are the same place for an object in "out". */
static GPtrArray *probe_buckets(const Rule *a, const Rule *b)
{
    const Rule *const both[] = {a, b};
    GPtrArray *buckets = g_ptr_array_new_with_free_func(g_free);
    for (gsize i = 0; i < G_N_ELEMENTS(both); i++) {
        add_bucket(buckets, g_strdelimit(g_strdup(both[i]->config->bucket), "*?", 'b'), a, b);
        for (guint j = 0; j < both[i]->folder_buckets->len; j++)
            add_bucket(buckets,
                       g_strdelimit(g_strdup(both[i]->folder_buckets->pdata[j]), "*?", 'b'), a, b);
    }
    if (buckets->len == 0) /* two globs that meet somewhere: the keys decide */
        g_ptr_array_add(buckets, g_strdup("b"));
    return buckets;
}

static gboolean is_same_place(const Rule *a, const Size *of_a, const Rule *b, const Size *of_b,
                              const char *bucket, const char *key)
{
    g_autofree char *a_key = output_key_expand(a->key, bucket, key, of_a);
    g_autofree char *b_key = output_key_expand(b->key, bucket, key, of_b);
    g_autofree char *a_bucket = output_key_expand(a->bucket, bucket, key, of_a);
    g_autofree char *b_bucket = output_key_expand(b->bucket, bucket, key, of_b);
    return g_str_equal(a_key, b_key) && g_str_equal(a_bucket, b_bucket);
}

static void check_same_keys(const Rule *a, const Size *of_a, const Rule *b, const Size *of_b,
                            const GPtrArray *keys, const char *bucket, GPtrArray *problems)
{
    PlanSize plan_a = plan_size_from(of_a), plan_b = plan_size_from(of_b);
    if (plan_size_equal(&plan_a, &plan_b))
        return; /* the identical output, made once */
    for (guint i = 0; i < keys->len; i++) {
        const char *key = keys->pdata[i];
        if (!rule_takes_key(a, key) || !rule_takes_key(b, key) ||
            !is_same_place(a, of_a, b, of_b, bucket, key))
            continue;
        g_autofree char *made = output_key_expand(b->key, bucket, key, of_b);
        report(problems, b,
               "of '%s', size '%s' of rule '%s' and size '%s' would both be written to '%s'; tell "
               "them "
               "apart with {size} in output.key",
               key, of_a->name, a->config->name, of_b->name, made);
        return;
    }
}

static void check_pair(const Rule *a, const Rule *b, GPtrArray *problems)
{
    if (!rule_overlaps(a, b))
        return;
    g_autoptr(GPtrArray) keys = probes(a, b);
    g_autoptr(GPtrArray) buckets = probe_buckets(a, b);
    for (guint i = 0; i < a->config->sizes->len; i++)
        for (guint j = a == b ? i + 1 : 0; j < b->config->sizes->len; j++)
            for (guint k = 0; k < buckets->len; k++)
                check_same_keys(a, a->config->sizes->pdata[i], b, b->config->sizes->pdata[j], keys,
                                buckets->pdata[k], problems);
}

static guint add_distinct(PlanSize *distinct, guint count, const Rule *rule)
{
    for (guint i = 0; i < rule->config->sizes->len && count <= PLAN_MAX_SIZES; i++) {
        PlanSize size = plan_size_from(rule->config->sizes->pdata[i]);
        guint place = 0;
        while (place < count && !plan_size_equal(&distinct[place], &size))
            place++;
        distinct[place] = size;
        count = MAX(count, place + 1);
    }
    return count;
}

/* Whatever rules apply to one object overlap in pairs, so those that overlap one rule bound it. */
static void check_size_count(const Rule *rule, const GPtrArray *rules, GPtrArray *problems)
{
    PlanSize distinct[PLAN_MAX_SIZES + 1];
    guint count = 0;
    for (guint i = 0; i < rules->len; i++)
        if (rule_overlaps(rule, rules->pdata[i]))
            count = add_distinct(distinct, count, rules->pdata[i]);
    if (count > PLAN_MAX_SIZES)
        report(problems, rule,
               "one object could need more than %d sizes, with those of the rules that may apply "
               "to it "
               "as well; list fewer under sizes, or keep the rules apart by bucket or prefix",
               PLAN_MAX_SIZES);
}

void rule_check(const GPtrArray *rules, GPtrArray *problems)
{
    for (guint i = 0; i < rules->len; i++) {
        check_loops(rules->pdata[i], rules, problems);
        check_reach(rules->pdata[i], rules, problems);
        check_size_count(rules->pdata[i], rules, problems);
        for (guint j = i; j < rules->len; j++)
            check_pair(rules->pdata[i], rules->pdata[j], problems);
    }
}
