/* SPDX-License-Identifier: Apache-2.0 */
#include "config/subscription.h"

typedef struct {
    const char *topics; /* with blanks between */
    const char *dead_letter_topic;
    gboolean taken;
} Case;

static GPtrArray *topics_from(const char *names)
{
    GPtrArray *topics = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) words = g_strsplit(names, " ", 0);
    for (char **word = words; *word != NULL; word++) {
        TopicConfig *topic = g_new0(TopicConfig, 1);
        topic->name = (char *)g_intern_string(*word);
        g_ptr_array_add(topics, topic);
    }
    return topics;
}

static void assert_case(const Case *row)
{
    g_autoptr(GPtrArray) topics = topics_from(row->topics);
    for (guint completion = 0; completion < 2; completion++) {
        KafkaConfig kafka = {.topics = topics};
        *(completion ? &kafka.completion_topic : &kafka.dead_letter_topic) =
            (char *)row->dead_letter_topic;
        g_autoptr(Problems) problems = problems_new();
        subscription_check(&kafka, (Location){"t", 1, 1}, problems);
        if (problems_is_empty(problems) == row->taken) {
            g_autofree char *said = problems_text(problems);
            g_error("%s with %s: %s", row->topics, row->dead_letter_topic, said);
        }
    }
}

static void test_what_we_write_is_never_read(void)
{
    static const Case cases[] = {
        {"uploads", "{topic}.dead-letter", FALSE},
        {"uploads other", "{topic}.dead-letter", FALSE},
        {"uploads uploads.dead-letter", "{topic}.dead-letter", TRUE},
        {"uploads", "{topic}", TRUE},
        {"uploads", "uploads", TRUE},
        {"uploads", "dead", FALSE},
        {"^uploads", "{topic}.dead-letter", TRUE},
        {"^uploads.*", "{topic}.dead-letter", TRUE},
        {"^uploads.*$", "{topic}.dead-letter", TRUE},
        {"^uploads-[^.]*$", "{topic}.dead-letter", FALSE},
        {"^uploads-[^.]*", "{topic}.dead-letter", TRUE},
        {"^uploads-[a-z0-9]+$", "{topic}.dead-letter", FALSE},
        {"^uploads-[a-z0-9]+\\$", "{topic}.dead-letter", TRUE},
        {"^uploads-[[:alpha:]]+$", "{topic}.dead-letter", FALSE},
        {"^uploads-[[:print:]]+$", "{topic}.dead-letter", TRUE},
        {"^uploads-[^a]*$", "{topic}.dead-letter", TRUE},
        {"^(a|b)$", "{topic}.dead-letter", FALSE},
        {"^a$|b", "{topic}.dead-letter", TRUE},
        {"^[]x]$", "{topic}.dead-letter", FALSE},
        {"^[].]$", "{topic}.dead-letter", FALSE},
        {"^x[].]*$", "{topic}.", TRUE},
        {"^a\\.b$", "{topic}.dead-letter", FALSE},
        {"^a\\.b$", "{topic}.b", TRUE},
        {"^a\\.b$", "{topic}_dead", FALSE},
        {"^up.*", "dead.{topic}", FALSE},
        {"^d.*", "dead.{topic}", TRUE},
        {"^up?", "ux.{topic}", TRUE},
        {"^up.*", "dead", FALSE},
        {"^de.*", "dead", TRUE},
        {"^.*", "dead", TRUE},
        {"plain ^archive.*", "{topic}.dead-letter", TRUE},
        {"^uploads-[^.]*$ plain.dead-letter", "{topic}.dead-letter", FALSE},
        {"^uploads-[^.]*$ uploads-x.dead-letter", "{topic}.dead-letter", TRUE},
        {"uploads ^archive-[^.]*$", "{topic}.dead-letter", FALSE},
        {"^uploads-[^.]*$ ^archive-[^.]*$", "{topic}.dead-letter", FALSE},
        {"^(unclosed", "dead", TRUE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_case(&cases[i]);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/subscription/what_we_write_is_never_read", test_what_we_write_is_never_read);
    return g_test_run();
}
