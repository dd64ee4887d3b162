/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/rules/rules.h"

#include <string.h>

#define KAFKA "kafka: {brokers: b, topics: [t]}\n"
#define ONE   KAFKA "sizes: {s: {width: 200}}\n"
#define TWO   KAFKA "sizes: {s: {width: 200}, m: {width: 640}}\n"
#define WEBP  KAFKA "sizes: {s: {width: 200, format: webp}}\n"
#define JPEG  KAFKA "sizes: {s: {width: 200, format: jpeg}}\n"

static Config *config_from(const char *text)
{
    g_autoptr(GError) error = NULL;
    Config *config = config_parse("t.yaml", text, strlen(text), NULL, &error);
    g_assert_no_error(error);
    return config;
}

static void assert_outputs(const char *text, const char *bucket, const char *key,
                           const char *expected)
{
    g_autoptr(Config) config = config_from(text);
    g_autoptr(GError) error = NULL;
    g_autoptr(Rules) rules = rules_new(config, &error);
    g_assert_no_error(error);
    g_autoptr(Assignment) assignment = rules_assign(rules, bucket, key);
    GString *said = g_string_new(NULL);
    if (assignment->skip_reason != NULL)
        g_string_append_printf(said, "skip %s", assignment->skip_reason);
    if (assignment->fail_reason != NULL)
        g_string_append_printf(said, "fail %s", assignment->fail_reason);
    for (guint i = 0; said->len == 0 && i < assignment->outputs->len; i++)
        g_assert_cmpuint(((RuleOutput *)assignment->outputs->pdata[i])->plan_index, <,
                         assignment->plan.size_count);
    for (guint i = 0; assignment->fail_reason == NULL && i < assignment->outputs->len; i++) {
        const RuleOutput *output = assignment->outputs->pdata[i];
        g_string_append_printf(said, "%s%s:%s#%u", i == 0 ? "" : " ", output->bucket, output->key,
                               output->plan_index);
    }
    if (!g_str_equal(said->str, expected))
        g_error("%s of %s/%s:\n%s\nnot\n%s", text, bucket, key, said->str, expected);
    g_string_free(said, TRUE);
}

static void test_every_rule_that_matches_applies(void)
{
    static const struct {
        const char *text;
        const char *bucket;
        const char *key;
        const char *expected;
    } cases[] = {
        {ONE, "b", "a.jpg", "b:resized/a.jpg#0"},
        {ONE, "b", "in/\xff.jpg", "b:resized/in/\xff.jpg#0"},
        {TWO, "b", "a.jpg", "b:resized/s/a.jpg#0 b:resized/m/a.jpg#1"},
        {WEBP, "b", "a.jpg", "b:resized/a.jpg.webp#0"},
        {WEBP, "b", "a.png", "b:resized/a.png.webp#0"},
        {ONE, "b", "resized/a.jpg", "skip own_output"},
        {ONE, "b", "resizedx/a.jpg", "b:resized/resizedx/a.jpg#0"},
        {TWO, "b", "resized/old/a.jpg", "skip own_output"},
        {ONE "rules: [{bucket: photos}]\n", "b", "a.jpg", "skip no_rule"},
        {ONE "rules: [{bucket: 'p*s'}]\n", "photos", "a.jpg", "photos:resized/a.jpg#0"},
        {ONE "rules: [{prefix: in/}]\n", "b", "a.jpg", "skip no_rule"},
        {ONE "rules: [{suffix: [.jpg, .png]}]\n", "b", "a.JPG", "b:resized/a.JPG#0"},
        {ONE "rules: [{suffix: [.jpg, .png]}]\n", "b", "a.gif", "skip no_rule"},
        {ONE "rules: [{exclude: ['x/*']}]\n", "b", "x/y/a.jpg", "skip excluded"},
        {ONE "rules: [{exclude: ['x/*']}, {bucket: c}]\n", "b", "x/a.jpg", "skip excluded"},
        {ONE "rules: [{exclude: ['x/*']}, {bucket: b}]\n", "b", "x/a.jpg", "b:resized/x/a.jpg#0"},
        /* the identical output is made once, an equal size decoded once */
        {ONE "rules: [{prefix: in/}, {suffix: [.jpg]}]\n", "b", "in/a.jpg", "b:resized/in/a.jpg#0"},
        {ONE "rules: [{}, {output: {key: 'other/{key}'}}]\n", "b", "a.jpg",
         "b:resized/a.jpg#0 b:other/a.jpg#0"},
        /* a rule's folder is kept from the inputs of all rules, in its bucket alone */
        {ONE "rules: [{}, {output: {key: 'other/{key}'}}]\n", "b", "other/a.jpg",
         "skip own_output"},
        {ONE
         "rules: [{bucket: in, output: {bucket: out}}, {bucket: out, output: {key: 'z/{key}'}}]\n",
         "in", "resized/a.jpg", "out:resized/resized/a.jpg#0"},
        {ONE
         "rules: [{bucket: in, output: {bucket: out}}, {bucket: out, output: {key: 'z/{key}'}}]\n",
         "out", "resized/a.jpg", "skip own_output"},
        {ONE
         "rules: [{bucket: in, output: {bucket: '{bucket}-{size}'}}, {output: {key: 'z/{key}'}}]\n",
         "in-s", "resized/a.jpg", "skip own_output"},
        {ONE "rules: [{bucket: in, output: {bucket: '{bucket}-{size}', key: '{key}'}}]\n", "in",
         "a.jpg", "in-s:a.jpg#0"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_outputs(cases[i].text, cases[i].bucket, cases[i].key, cases[i].expected);
}

static void test_an_output_key_of_more_than_1024_bytes_fails(void)
{
    g_autofree char *fits = g_strnfill(1024 - strlen("resized/"), 'a');
    g_autofree char *expected = g_strdup_printf("b:resized/%s#0", fits);
    g_autofree char *longer = g_strconcat(fits, "a", NULL);
    assert_outputs(ONE, "b", fits, expected);
    assert_outputs(ONE, "b", longer, "fail key_too_long");
}

static void test_two_outputs_that_meet_for_an_odd_name_fail(void)
{
    static const char text[] = TWO "rules: [{sizes: [s], output: {key: 'x/{name}'}},\n"
                                   "        {sizes: [m], output: {key: 'x/{name}-{bucket}'}},\n"
                                   "        {sizes: [m], output: {key: 'x/a-{dir}{name}'}}]\n";
    assert_outputs(text, "b", "q", "b:x/q#0 b:x/q-b#1 b:x/a-q#1");
    assert_outputs(text, "b", "d/a", "b:x/a#0 b:x/a-b#1 b:x/a-d/a#1");
    static const char meeting[] = TWO "rules: [{sizes: [s], output: {key: 'x/{name}/{key}'}},\n"
                                      "        {sizes: [m], output: {key: 'x/a/{key}'}}]\n";
    assert_outputs(meeting, "b", "q", "b:x/q/q#0 b:x/a/q#1");
    assert_outputs(meeting, "b", "a", "fail same_key");
}

static void test_the_plan_carries_the_limits(void)
{
    g_autoptr(Config) config =
        config_from(ONE "limits: {pixels: 5M, output_bytes: 1MiB, formats: [png]}\n");
    g_autoptr(Rules) rules = rules_new(config, NULL);
    g_autoptr(Assignment) assignment = rules_assign(rules, "b", "a.jpg");
    g_assert_cmpuint(assignment->plan.max_pixels, ==, 5000000);
    g_assert_cmpuint(assignment->plan.max_output_bytes, ==, 1 << 20);
    g_assert_cmpuint(assignment->plan.formats, ==, 1 << IMAGE_FORMAT_PNG);
    g_assert_cmpuint(assignment->plan.size_count, ==, 1);
    g_assert_cmpuint(assignment->plan.sizes[0].width, ==, 200);
}

typedef struct {
    const char *text;
    const char *says; /* NULL: is taken */
} Case;

static void assert_cases(const Case *cases, gsize count)
{
    for (gsize i = 0; i < count; i++) {
        g_autoptr(Config) config = config_from(cases[i].text);
        g_autoptr(GError) error = NULL;
        g_autoptr(Rules) rules = rules_new(config, &error);
        if (cases[i].says == NULL) {
            g_assert_no_error(error);
            continue;
        }
        if (rules != NULL)
            g_error("is taken: %s", cases[i].text);
        g_assert_error(error, CONFIG_ERROR, CONFIG_ERROR_INVALID);
        if (strstr(error->message, cases[i].says) == NULL)
            g_error("%s: expected \"%s\" in: %s", cases[i].text, cases[i].says, error->message);
    }
}

static void test_outputs_that_could_be_inputs_are_refused(void)
{
    static const Case cases[] = {
        {ONE "rules: [{output: {key: '{key}'}}]\n",
         "t.yaml:3:10: rule 'rule-1': thumbnails at '{key}' could be taken for sources by rule "
         "'rule-1'; begin output.key with a folder"},
        {ONE "rules: [{output: {key: '{size}/{key}'}}]\n",
         "add exclude: [\"s/*\"] to rule 'rule-1'"},
        {ONE "rules: [{output: {key: '{size}/{key}'}, exclude: ['s/*']}]\n", NULL},
        {ONE "rules: [{output: {key: '{dir}{name}-thumb.{ext}'}}]\n",
         "add exclude: [\"*-thumb.*\"] to rule 'rule-1'"},
        {ONE "rules: [{output: {key: '{dir}{name}-thumb.{ext}'}, exclude: ['*-thumb.*']}]\n", NULL},
        {ONE "rules: [{output: {key: '{dir}{name}-thumb.{ext}'}, exclude: ['*-thumb.jpg']}]\n",
         "could be taken for sources"},
        {ONE "rules: [{output: {key: '{dir}thumbs/{name}.{ext}'}, exclude: ['*/thumbs/*']}]\n",
         "add exclude: [\"*thumbs/*.*\"]"},
        {ONE "rules: [{output: {key: '{dir}thumbs/{name}.{ext}'}, exclude: ['*thumbs/*']}]\n",
         NULL},
        {ONE "rules: [{bucket: in, output: {bucket: out, key: '{key}'}}]\n", NULL},
        {ONE "rules: [{output: {bucket: out, key: '{key}'}}]\n", "could be taken for sources"},
        {ONE "rules: [{bucket: 'in-*', output: {bucket: '{bucket}-t', key: '{key}'}}]\n",
         "could be taken for sources"},
        {ONE "rules: [{bucket: 'in', output: {bucket: '{bucket}-t', key: '{key}'}}]\n", NULL},
        {ONE "rules: [{prefix: in/, output: {key: 'thumb-{name}'}}]\n", NULL},
        {ONE "rules: [{prefix: in/, output: {key: '{key}-t'}}]\n", "could be taken for sources"},
        {ONE "rules: [{prefix: in/, suffix: [.jpg], output: {key: '{key}-t'}}]\n", NULL},
        {WEBP "rules: [{suffix: [.jpg], output: {key: '{dir}{name}.{ext}'}}]\n", NULL},
        {WEBP "rules: [{suffix: [.jpg], output: {key: '{key}'}}]\n", NULL},
        {WEBP "rules: [{suffix: [.WebP], output: {key: '{key}'}}]\n", "could be taken for sources"},
        {JPEG "rules: [{suffix: [.jpeg], output: {key: '{key}'}}]\n", "could be taken for sources"},
        /* three extensions claim jpeg, and no one glob says which: safe rather than clever */
        {JPEG "rules: [{suffix: [.png], output: {key: '{key}'}}]\n", "could be taken for sources"},
        /* outputs are never sources, so this rule would never apply */
        {ONE "rules: [{prefix: resized/, output: {key: 'resized/{size}/{key}'}}]\n",
         "it takes only objects under 'resized/'"},
        {ONE "rules: [{}, {prefix: resized/old/, output: {key: 'z/{key}'}}]\n",
         "it takes only objects under 'resized/old/'"},
        {ONE "rules: [{bucket: a}, {bucket: b, prefix: resized/, output: {key: 'z/{key}'}}]\n",
         NULL},
        /* one rule's outputs, another's inputs */
        {ONE "rules: [{bucket: a, output: {bucket: b, key: '{key}'}}, {bucket: b}]\n",
         "sources by rule 'rule-2'"},
        {ONE "rules: [{bucket: a, output: {bucket: b, key: '{key}'}},\n"
             "        {bucket: b, output: {bucket: a, key: '{key}'}}]\n",
         "sources by rule 'rule-2'"},
        {ONE "rules: [{bucket: a, prefix: x/, output: {bucket: b, key: '{key}'}},\n"
             "        {bucket: b, prefix: y/}]\n",
         NULL},
        {ONE "rules: [{bucket: a, output: {bucket: b, key: 'z-{name}'}},\n"
             "        {bucket: b, exclude: ['z-*']}]\n",
         NULL},
    };
    assert_cases(cases, G_N_ELEMENTS(cases));
}

static const char *any_of(const char *const *choices)
{
    return choices[g_test_rand_int_range(0, g_strv_length((char **)choices))];
}

static char *random_rules(void)
{
    static const char *const buckets[] = {"*", "a", "b", "a*", "*b", "ab", NULL};
    static const char *const prefixes[] = {"", "x", "x/", "x.j", "X", NULL};
    static const char *const suffixes[] = {"", ".jpg", ".WEBP", "g", ".jpg, .png", NULL};
    static const char *const excludes[] = {"",         "'*-s*'", "'x*'", "'?/*'",
                                           "'*.webp'", "'*s/*'", NULL};
    static const char *const targets[] = {"{bucket}", "a", "{bucket}b", "c-{size}", NULL};
    static const char *const keys[] = {"{key}",     "{key}-s", "s-{name}.{ext}",    "{dir}s/{name}",
                                       "r/{key}",   "x/{key}", "{dir}{name}.{ext}", "{name}.{ext}",
                                       "x{name}-s", NULL};
    static const char *const formats[] = {"same", "webp", "jpeg", NULL};
    GString *text = g_string_new(KAFKA);
    g_string_append_printf(
        text, "sizes: {s: {width: 1, format: %s}, m: {width: 2, format: %s}}\nrules:\n",
        any_of(formats), any_of(formats));
    for (gint count = g_test_rand_int_range(1, 3), i = 0; i < count; i++)
        g_string_append_printf(
            text,
            "  - {bucket: '%s', prefix: '%s', suffix: [%s], exclude: [%s], sizes: [%s],\n"
            "     output: {bucket: '%s', key: '%s'}}\n",
            any_of(buckets), any_of(prefixes), any_of(suffixes), any_of(excludes),
            g_test_rand_bit() ? "s" : "m", any_of(targets), any_of(keys));
    return g_string_free(text, FALSE);
}

static guint feed_back(const Rules *rules, const char *text, const char *bucket, const char *key)
{
    g_autoptr(Assignment) assignment = rules_assign(rules, bucket, key);
    for (guint i = 0; i < assignment->outputs->len; i++) {
        const RuleOutput *output = assignment->outputs->pdata[i];
        g_autoptr(Assignment) again = rules_assign(rules, output->bucket, output->key);
        if (again->skip_reason == NULL)
            g_error("%s/%s makes %s/%s, which makes more:\n%s", bucket, key, output->bucket,
                    output->key, text);
    }
    return assignment->outputs->len;
}

static void test_no_output_of_rules_that_are_taken_makes_more(void)
{
    static const char *const buckets[] = {"a", "b", "ab", "abb", "c-s", "xb", NULL};
    static const char *const keys[] = {
        "x.jpg", "x/a.jpg", "x/a.WebP", "x.JPG",     "a",       ".jpg",     "s/a.jpg", "a-s.png",
        "X/s/g", "x.webp",  "r/x.jpg",  "x.jpg.jpg", "xs/.png", "s-a.jpeg", "x",       NULL};
    guint taken = 0, outputs = 0;
    for (guint round = 0; round < 3000; round++) {
        g_autofree char *text = random_rules();
        g_autoptr(Config) config = config_from(text);
        g_autoptr(Rules) rules = rules_new(config, NULL);
        if (rules == NULL)
            continue;
        taken++;
        for (const char *const *bucket = buckets; *bucket != NULL; bucket++)
            for (const char *const *key = keys; *key != NULL; key++)
                outputs += feed_back(rules, text, *bucket, *key);
    }
    g_test_message("%u rule sets taken, %u outputs fed back", taken, outputs);
    g_assert_cmpuint(taken, >, 100);
    g_assert_cmpuint(outputs, >, 1000);
}

static void test_outputs_with_one_key_are_refused(void)
{
    static const Case cases[] = {
        {TWO "rules: [{output: {key: 'resized/{key}'}}]\n",
         "size 's' of rule 'rule-1' and size 'm' would both be written to"},
        {TWO "rules: [{output: {key: 'resized/{key}', bucket: '{bucket}-{size}'}, bucket: b}]\n",
         NULL},
        {TWO "rules: [{output: {key: 'resized/{width}/{key}'}}]\n", NULL},
        {TWO "rules: [{output: {key: 'resized/{height}/{key}'}}]\n", "would both be written"},
        {TWO "rules: [{sizes: [s]}, {sizes: [m]}]\n", "t.yaml:3:24: rule 'rule-2': of '"},
        {TWO "rules: [{sizes: [s]}, {sizes: [s]}]\n", NULL},
        {TWO "rules: [{sizes: [s], bucket: a}, {sizes: [m], bucket: b}]\n", NULL},
        {TWO "rules: [{sizes: [s], bucket: 'a*'}, {sizes: [m], bucket: '*b'}]\n",
         "would both be written"},
        {TWO "rules: [{sizes: [s], prefix: a/}, {sizes: [m], prefix: b/}]\n", NULL},
        {TWO "rules: [{sizes: [s], prefix: a/}, {sizes: [m], prefix: a/b/}]\n",
         "would both be written"},
        {TWO "rules: [{sizes: [s], prefix: a/, exclude: ['a/b/*']}, {sizes: [m], prefix: a/b/}]\n",
         NULL},
        {TWO "rules: [{sizes: [s], suffix: [.jpg]}, {sizes: [m], suffix: [.png]}]\n", NULL},
        {TWO "rules: [{sizes: [s], suffix: [.jpg]}, {sizes: [m], suffix: [a.JPG]}]\n",
         "would both be written"},
        {TWO "rules: [{sizes: [s], output: {key: 'r/{key}'}},\n"
             "        {sizes: [m], output: {key: 'r/{dir}{name}.{ext}'}}]\n",
         "would both be written"},
        {TWO "rules: [{sizes: [s]}, {sizes: [m], output: {bucket: out}}]\n",
         "would both be written"},
        {TWO "rules: [{sizes: [s], bucket: a}, {sizes: [m], output: {bucket: out}}]\n", NULL},
        {KAFKA "sizes: {a: {width: 1, format: webp}, b: {width: 1, format: png}}\n"
               "rules: [{output: {key: 'r/{key}'}}]\n",
         NULL},
        {KAFKA "sizes: {a: {width: 1, format: webp}, b: {width: 1}}\n"
               "rules: [{output: {key: 'r/{key}'}}]\n",
         "would both be written to 'r/q.webp'"},
        {KAFKA "sizes: {a: {width: 1, format: webp}, b: {width: 1}}\n"
               "rules: [{suffix: [.jpg], output: {key: 'r/{key}'}}]\n",
         NULL},
    };
    assert_cases(cases, G_N_ELEMENTS(cases));
}

static void test_a_template_is_refused_with_its_rule(void)
{
    static const Case cases[] = {
        {ONE "rules: [{name: x, output: {key: 'r/{kye}'}}]\n",
         "t.yaml:3:10: rule 'x': output.key 'r/{kye}': unknown word '{kye}'; did you mean 'key'?"},
        {ONE "rules: [{output: {bucket: '{key}', key: 'r/{key}'}}]\n",
         "output.bucket '{key}': unknown word '{key}'"},
    };
    assert_cases(cases, G_N_ELEMENTS(cases));
}

static char *many(guint sizes, const char *rules)
{
    GString *text = g_string_new(KAFKA "sizes:\n");
    for (guint i = 0; i < sizes; i++)
        g_string_append_printf(text, "  s%u: {width: %u}\n", i, i + 1);
    return g_string_free(g_string_append(text, rules), FALSE);
}

static void test_one_object_needs_at_most_64_sizes(void)
{
    g_autofree char *fits = many(64, "");
    g_autofree char *over = many(65, "");
    g_autofree char *sum = many(65, "rules: [{sizes: [s0]}, {output: {key: 'o/{size}/{key}'}}]\n");
    const Case cases[] = {{fits, NULL},
                          {over, "one object could need more than 64 sizes"},
                          {sum, "one object could need more than 64 sizes"}};
    assert_cases(cases, G_N_ELEMENTS(cases));
}

static void test_the_shipped_files_have_fit_rules(void)
{
    static const char *const paths[] = {"config/thumbpipe.yaml", "config/local.yaml"};
    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_autoptr(Config) config = config_load(paths[i], NULL, NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(Rules) rules = rules_new(config, &error);
        g_assert_no_error(error);
        g_assert_nonnull(rules);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(test) g_test_add_func("/rules/" #test, test_##test)
    ADD(every_rule_that_matches_applies);
    ADD(an_output_key_of_more_than_1024_bytes_fails);
    ADD(two_outputs_that_meet_for_an_odd_name_fail);
    ADD(the_plan_carries_the_limits);
    ADD(outputs_that_could_be_inputs_are_refused);
    ADD(no_output_of_rules_that_are_taken_makes_more);
    ADD(outputs_with_one_key_are_refused);
    ADD(a_template_is_refused_with_its_rule);
    ADD(one_object_needs_at_most_64_sizes);
    ADD(the_shipped_files_have_fit_rules);
    return g_test_run();
}
