/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/rules/glob.h"

#include <string.h>

typedef struct {
    const char *a;
    const char *b;
    gboolean expected;
} Case;

static void run(gboolean (*function)(const char *, const char *), const Case *cases, gsize count)
{
    for (gsize i = 0; i < count; i++)
        if (function(cases[i].a, cases[i].b) != cases[i].expected)
            g_error("'%s' and '%s': not %d", cases[i].a, cases[i].b, cases[i].expected);
}

static void test_a_star_takes_any_bytes_and_a_question_mark_one(void)
{
    static const Case cases[] = {
        {"*", "", TRUE},          {"*", "a/b", TRUE},       {"?", "", FALSE},
        {"?", "/", TRUE},         {"a*c", "abbc", TRUE},    {"a*c", "abbcd", FALSE},
        {"a/*", "a/b/c", TRUE},   {"a/*", "a", FALSE},      {"*.jpg", "x.jpg.jpg", TRUE},
        {"*a*b", "aXbXb", TRUE},  {"", "", TRUE},           {"", "a", FALSE},
        {"**", "a", TRUE},        {"a?c", "a*c", TRUE},     {"a\xff*", "a\xff\xfe", TRUE},
        {"?", "\xc3\xa9", FALSE}, {"*-t.*", "a-t.j", TRUE}, {"[a]", "a", FALSE},
    };
    run(glob_matches, cases, G_N_ELEMENTS(cases));
}

static void test_a_glob_covers_another_only_when_that_is_plain(void)
{
    static const Case cases[] = {
        {"*", "a*b", TRUE},
        {"*-t.*", "**-t.*", TRUE},
        {"*-t.jpg", "*-t.*", FALSE},
        {"a?", "a*", FALSE},
        {"a?", "a?", TRUE},
        {"*/t/*", "*t/*", FALSE},
        {"*t/*", "*t/*", TRUE},
        {"t/*", "t/*", TRUE},
        {"t/x*", "t/*", FALSE},
        {"ab", "a?", FALSE},
        {"private/*", "private/2024/*", TRUE},
    };
    run(glob_covers, cases, G_N_ELEMENTS(cases));
}

static void test_globs_overlap_when_some_text_is_both(void)
{
    static const Case cases[] = {
        {"*", "*", TRUE},           {"a*", "*b", TRUE},       {"a*", "b*", FALSE},
        {"a", "a", TRUE},           {"a", "b", FALSE},        {"a?", "?b", TRUE},
        {"*.webp", "*.jpg", FALSE}, {"*.jp*", "*.jpg", TRUE}, {"", "*", TRUE},
        {"in/*", "out/*", FALSE},   {"in/*", "in/a/*", TRUE}, {"a*a", "a", FALSE},
    };
    run(glob_overlaps, cases, G_N_ELEMENTS(cases));
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_true(glob_overlaps(cases[i].b, cases[i].a) == cases[i].expected);
}

static void test_many_stars_take_no_longer(void)
{
    g_autofree char *text = g_strnfill(1024, 'a');
    static const char pattern[] = "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b";
    gint64 start = g_get_monotonic_time();
    g_assert_false(glob_matches(pattern, text));
    g_assert_false(glob_overlaps(pattern, text));
    g_assert_cmpint(g_get_monotonic_time() - start, <, G_USEC_PER_SEC);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(test) g_test_add_func("/glob/" #test, test_##test)
    ADD(a_star_takes_any_bytes_and_a_question_mark_one);
    ADD(a_glob_covers_another_only_when_that_is_plain);
    ADD(globs_overlap_when_some_text_is_both);
    ADD(many_stars_take_no_longer);
    return g_test_run();
}
