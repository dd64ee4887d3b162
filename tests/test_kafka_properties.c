/* SPDX-License-Identifier: Apache-2.0 */
#include "config/kafka_properties.h"

static void test_what_would_break_a_promise_is_refused(void)
{
    static const struct {
        const char *name;
        const char *value;
        gboolean refused;
    } cases[] = {
        {"enable.auto.commit", "true", TRUE},
        {"enable.auto.commit", "false", FALSE},
        {"enable.auto.offset.store", "true", TRUE},
        {"auto.commit.interval.ms", "5000", TRUE},
        {"group.id", "x", TRUE},
        {"bootstrap.servers", "x:1", TRUE},
        {"metadata.broker.list", "x:1", TRUE},
        {"enable.partition.eof", "true", TRUE},
        {"auto.offset.reset", "latest", TRUE},
        {"auto.offset.reset", "end", TRUE},
        {"auto.offset.reset", "error", TRUE},
        {"auto.offset.reset", "earliest", FALSE},
        {"allow.auto.create.topics", "true", TRUE},
        {"plugin.library.paths", "x.so", TRUE},
        {"group.protocol", "consumer", TRUE},
        {"group.protocol", "classic", FALSE},
        {"enable.idempotence", "false", TRUE},
        {"enable.idempotence", "True", FALSE},
        {"acks", "1", TRUE},
        {"acks", "all", FALSE},
        {"security.protocol", "sasl_ssl", FALSE},
        {"max.poll.interval.ms", "600000", FALSE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *reason = kafka_properties_refusal(cases[i].name, cases[i].value);
        if ((reason != NULL) != cases[i].refused)
            g_error("%s=%s: %s", cases[i].name, cases[i].value, reason);
    }
}

static void test_a_refused_property_is_left_out_and_named(void)
{
    static const char text[] = "acks: 1\nlinger.ms: 5\nLinger ms: 5\nclient.id: [a]\n";
    g_autoptr(Problems) problems = problems_new();
    g_autoptr(YamlNode) map = yaml_parse("p", text, sizeof text - 1, problems);
    g_autoptr(GPtrArray) properties = g_ptr_array_new_with_free_func(g_free);
    kafka_properties_read(properties, map, problems);
    g_assert_cmpuint(properties->len, ==, 2);
    g_assert_cmpstr(properties->pdata[0], ==, "linger.ms");
    g_autofree char *said = problems_text(problems);
    g_assert_cmpstr(said, ==,
                    "p:1:7: kafka.properties: acks must not be set so: a dead letter counts as "
                    "stored only when all replicas have it\n"
                    "p:3:12: kafka.properties: 'Linger ms' is not a property's name\n"
                    "p:4:13: kafka.properties: client.id needs a single value, not a list");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(test) g_test_add_func("/kafka_properties/" #test, test_##test)
    ADD(what_would_break_a_promise_is_refused);
    ADD(a_refused_property_is_left_out_and_named);
    return g_test_run();
}
