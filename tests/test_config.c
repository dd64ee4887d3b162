/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"

#include <glib/gstdio.h>
#include <string.h>

#define KAFKA "kafka: {brokers: 'b:9092', topics: [uploads]}\n"
#define SIZES "sizes: {thumb: {width: 200, height: 200}}\n"
#define LEAST KAFKA SIZES

static Config *parse(const char *text, char **environment)
{
    g_autoptr(GError) error = NULL;
    Config *config = config_parse("t.yaml", text, strlen(text), environment, &error);
    g_assert_no_error(error);
    g_assert_nonnull(config);
    return config;
}

static char *refusal(const char *text, char **environment)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Config) config = config_parse("t.yaml", text, strlen(text), environment, &error);
    g_assert_null(config);
    g_assert_error(error, CONFIG_ERROR, CONFIG_ERROR_INVALID);
    return g_strdup(error->message);
}

static void assert_holds(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        g_error("expected \"%s\" in:\n%s", part, text);
}

static void test_what_is_left_out_has_its_default(void)
{
    g_autoptr(Config) config = parse(LEAST, NULL);
    g_assert_cmpstr(config->kafka.brokers, ==, "b:9092");
    g_assert_cmpstr(config->kafka.group, ==, "thumbpipe");
    g_assert_cmpstr(config->kafka.dead_letter_topic, ==, "{topic}.dead-letter");
    g_assert_cmpstr(config->kafka.completion_topic, ==, "");
    g_assert_cmpuint(config->kafka.properties->len, ==, 0);
    g_assert_cmpint(config->storage.kind, ==, STORAGE_KIND_S3);
    g_assert_cmpstr(config->storage.region, ==, "us-east-1");
    g_assert_true(config->storage.tls_verify);
    g_assert_cmpuint(config->storage.stall_timeout_ms, ==, 20000);
    g_assert_cmpuint(config->storage.timeout_ms, ==, 300000);
    g_assert_cmpuint(config->handlers.processes, ==, 0);
    g_assert_cmpuint(config->handlers.memory_bytes, ==, 1 << 30);
    g_assert_cmpuint(config->handlers.deadline_ms, ==, 30000);
    g_assert_cmpuint(config->handlers.recycle_after, ==, 1000);
    g_assert_cmpuint(config->limits.source_bytes, ==, 100 << 20);
    g_assert_cmpuint(config->limits.pixels, ==, 100000000);
    g_assert_cmpuint(config->limits.formats, ==,
                     1 << IMAGE_FORMAT_JPEG | 1 << IMAGE_FORMAT_PNG | 1 << IMAGE_FORMAT_WEBP |
                         1 << IMAGE_FORMAT_GIF);
    g_assert_cmpuint(config->jobs.in_flight, ==, 0);
    g_assert_cmpuint(config->jobs.memory_bytes, ==, 512 << 20);
    g_assert_cmpint(config->log.level, ==, LOG_LEVEL_INFO);
    g_assert_cmpint(config->log.format, ==, LOG_FORMAT_AUTO);
    g_assert_cmpuint(config->drain_ms, ==, 30000);
    const Size *size = config->sizes->pdata[0];
    g_assert_cmpuint(size->quality, ==, 80);
    g_assert_cmpint(size->format, ==, IMAGE_FORMAT_SAME);
}

static void test_without_rules_one_makes_all_sizes_of_anything(void)
{
    g_autoptr(Config) config = parse(KAFKA "sizes: {z: {width: 1}, a: {height: 2}}\n", NULL);
    g_assert_cmpuint(config->rules->len, ==, 1);
    const RuleConfig *rule = config->rules->pdata[0];
    g_assert_cmpstr(rule->name, ==, "default");
    g_assert_cmpstr(rule->bucket, ==, "*");
    g_assert_cmpuint(rule->suffix->len, ==, 0);
    g_assert_cmpuint(rule->sizes->len, ==, 2);
    g_assert_true(rule->sizes->pdata[0] == config->sizes->pdata[0]);
    g_assert_cmpstr(((const Size *)rule->sizes->pdata[0])->name, ==, "z");
    g_assert_cmpstr(rule->output_bucket, ==, "{bucket}");
    g_assert_cmpstr(rule->output_key, ==, "resized/{size}/{key}");
    g_assert_cmpstr(rule->location, ==, "t.yaml:2:9");
}

static void test_a_rule_keeps_what_it_says(void)
{
    g_autoptr(Config) config =
        parse(KAFKA "sizes: {a: {width: 1}, b: {width: 2}}\n"
                    "rules:\n"
                    "  - {name: one, bucket: p*, prefix: in/, suffix: [.jpg], exclude: ['x*'],\n"
                    "     sizes: [b], output: {bucket: out, key: '{key}'}}\n"
                    "  - sizes: [b]\n",
              NULL);
    const RuleConfig *one = config->rules->pdata[0], *two = config->rules->pdata[1];
    g_assert_cmpstr(one->name, ==, "one");
    g_assert_cmpstr(one->bucket, ==, "p*");
    g_assert_cmpstr(one->prefix, ==, "in/");
    g_assert_cmpstr(one->suffix->pdata[0], ==, ".jpg");
    g_assert_cmpstr(one->exclude->pdata[0], ==, "x*");
    g_assert_cmpstr(one->output_bucket, ==, "out");
    g_assert_cmpstr(one->output_key, ==, "{key}");
    g_assert_cmpstr(two->name, ==, "rule-2");
    g_assert_cmpstr(two->output_key, ==, "resized/{key}");
    g_assert_cmpstr(two->location, ==, "t.yaml:6:5");
}

static void test_what_is_wrong_is_said_with_its_place(void)
{
    static const struct {
        const char *text;
        const char *says;
    } cases[] = {
        {KAFKA "sizes: {thumb: {widht: 200}}\n",
         "t.yaml:2:17: unknown key 'widht'; did you mean 'width'?"},
        {KAFKA "sizes: {thumb: {widht: 200}}\n",
         "t.yaml:2:9: sizes.thumb: needs a width or a height"},
        {LEAST "hanlders: {}\n", "t.yaml:3:1: unknown key 'hanlders'; did you mean 'handlers'?"},
        {LEAST "handlers: {deadline: 30}\n",
         "t.yaml:3:22: handlers.deadline: 30 needs a unit: 30s, 500ms, 5m"},
        {LEAST "handlers: {memory: 100}\n", "100 needs a unit: 100MiB, 64KiB, 1GiB"},
        {LEAST "handlers: {processes: 0}\n", "0 is not within 1 to 256"},
        {LEAST "handlers: {processes: many}\n", "'many' is not a whole number or auto"},
        {LEAST "limits: {pixels: 100Mpx}\n", "'100Mpx' is not"},
        {LEAST "limits: {pixels: 99999999999999999999}\n", "is too large"},
        {LEAST "limits: {source_bytes: 99999999999GiB}\n", "is too large"},
        {LEAST "limits: {formats: [jpg]}\n", "did you mean 'jpeg'?"},
        {LEAST "limits: {formats: []}\n", "at least one"},
        {LEAST "limits: {formats: jpeg}\n", "must be a list"},
        {LEAST "jobs: {memory: 99MiB}\n",
         "t.yaml:3:16: jobs.memory: must be at least limits.source"},
        {KAFKA "sizes: {t: {width: 200px}}\n",
         "t.yaml:2:20: sizes.t.width: '200px' is not a whole"},
        {KAFKA "sizes: {t: {width: 0}}\n", "0 is not within 1 to 16384"},
        {KAFKA "sizes: {t: {width: 16385}}\n", "16385 is not within 1 to 16384"},
        {KAFKA "sizes: {t: {width: 1, quality: 101}}\n", "101 is not within 1 to 100"},
        {KAFKA "sizes: {t: {width: 1, fit: cover}}\n", "'cover' is not one of inside"},
        {KAFKA "sizes: {T: {width: 1}}\n", "'T' is not a size's name"},
        {KAFKA "sizes: {t: {width: -1}}\n", "'-1' is not a whole number"},
        {KAFKA, "t.yaml:1:1: sizes: at least one is needed"},
        {SIZES, "t.yaml:1:1: kafka.brokers: is needed"},
        {SIZES, "kafka.topics: at least one is needed"},
        {"", "t.yaml:1:1: kafka.brokers: is needed"},
        {LEAST "storage: {kind: libs3}\n",
         "storage.kind: this build has no libs3 store; use s3 or directory"},
        {LEAST "storage: {kind: directory}\n", "storage.root: kind: directory needs it"},
        {LEAST "storage: {signature: v2}\n", "'v2' is not one of v4"},
        {LEAST "storage: {endpoint: 'localhost:7070'}\n", "write it as http://host:port"},
        {LEAST "storage: {endpoint: 'http://h/bucket'}\n", "more than scheme, host and port"},
        {LEAST "storage: {tls_verify: yes}\n", "'yes' is neither true nor false"},
        {LEAST "storage: {region: }\n", "storage.region: has no value"},
        {LEAST "storage: {region: [a]}\n", "must be a single value, not a list"},
        {LEAST "storage: s3\n", "storage: must be a mapping of names to values, not text"},
        {LEAST "log: {level: inof}\n", "t.yaml:3:14: log.level: 'inof' is not one of debug, info, "
                                       "warn, error; did you mean 'info'?"},
        {LEAST "log: {level: info, level: warn}\n", "t.yaml:3:20: key 'level' stands here twice"},
        {LEAST SIZES, "t.yaml:3:1: key 'sizes' stands here twice"},
        {LEAST "rules: [{sizes: [thmub]}]\n",
         "t.yaml:3:18: rules[1].sizes: there is no size 'thmub'; did you mean 'thumb'?"},
        {LEAST "rules: []\n", "rules: must be a list of rules"},
        {LEAST "rules: [{name: a}, {name: a}]\n", "is called 'a' too"},
        {LEAST "rules: [{output: {kye: x}}]\n", "unknown key 'kye'; did you mean 'key'?"},
        {LEAST "log: {level: [}\n", "t.yaml:3:"},
        {LEAST "log: {level: \"info\n", "t.yaml:3:"},
        {LEAST "---\n" LEAST, "more than one document"},
        {LEAST "log: {level: &x info, format: *x}\n", "aliases are not taken"},
        {"- a\n", "t.yaml:1:3: must be a mapping of sections, not a list"},
        {LEAST "log: {level: \xff}\n", "t.yaml:3:14: is not UTF-8 text"},
        {SIZES "kafka: {brokers: b, topics: [a, a]}\n", "'a': stands here twice"},
        {SIZES "kafka: {brokers: b, topics: ['a b']}\n", "a topic's name is letters"},
        {SIZES "kafka: {brokers: b, topics: [{key_encoding: raw}]}\n", "a topic needs a name"},
        {SIZES "kafka: {brokers: b, topics: [a], completion_topic: c}\n",
         "kafka.completion_topic: this version makes no completion events"},
        {SIZES "kafka: {brokers: b, topics: [a], dead_letter_topic: '{topc}.x'}\n",
         "with {topic} at most once"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *message = refusal(cases[i].text, NULL);
        assert_holds(message, cases[i].says);
    }
}

static void test_all_that_is_wrong_is_said_at_once_in_the_order_of_the_file(void)
{
    char *environment[] = {"THUMBPIPE_LOG_LEVEL=loud", NULL};
    g_autofree char *message = refusal("log: {format: x}\n" KAFKA "sizes: {t: {}}\n", environment);
    g_auto(GStrv) lines = g_strsplit(message, "\n", 0);
    g_assert_cmpuint(g_strv_length(lines), ==, 3);
    g_assert_true(g_str_has_prefix(lines[0], "t.yaml:1:15: "));
    g_assert_true(g_str_has_prefix(lines[1], "t.yaml:3:9: "));
    g_assert_true(g_str_has_prefix(lines[2], "THUMBPIPE_LOG_LEVEL: 'loud' is not one of"));
}

static void test_the_environment_goes_before_the_file(void)
{
    char *environment[] = {"PATH=/bin",
                           "THUMBPIPE_KAFKA_BROKERS=other:1",
                           "THUMBPIPE_KAFKA_TOPICS=a, b",
                           "THUMBPIPE_HANDLERS_DEADLINE=5s",
                           "THUMBPIPE_SHUTDOWN_DRAIN=0s",
                           "THUMBPIPE_LIMITS_FORMATS=png,gif",
                           "THUMBPIPE_STORAGE_TLS_VERIFY=false",
                           "THUMBPIPE_CONFIG=/somewhere",
                           "THUMBPIPE_PORT=tcp://10.0.0.1:9180",
                           "THUMBPIPE_SERVICE_PORT_ADMIN=9180",
                           NULL};
    g_autoptr(Config) config = parse(LEAST "handlers: {deadline: 10s}\n", environment);
    g_assert_cmpstr(config->kafka.brokers, ==, "other:1");
    g_assert_cmpuint(config->kafka.topics->len, ==, 2);
    g_assert_cmpstr(((const TopicConfig *)config->kafka.topics->pdata[1])->name, ==, "b");
    g_assert_cmpuint(config->handlers.deadline_ms, ==, 5000);
    g_assert_cmpuint(config->drain_ms, ==, 0);
    g_assert_cmpuint(config->limits.formats, ==, 1 << IMAGE_FORMAT_PNG | 1 << IMAGE_FORMAT_GIF);
    g_assert_false(config->storage.tls_verify);
}

static void test_what_the_environment_alone_says_is_enough(void)
{
    char *environment[] = {"THUMBPIPE_KAFKA_BROKERS=b:1", "THUMBPIPE_KAFKA_TOPICS=a", NULL};
    g_autoptr(Config) config = parse(SIZES, environment);
    g_assert_cmpstr(config->kafka.brokers, ==, "b:1");
}

static void test_a_wrong_variable_is_named(void)
{
    static const struct {
        char *variable;
        const char *says;
    } cases[] = {
        {"THUMBPIPE_HANDLERS_DEADLINE=30",
         "THUMBPIPE_HANDLERS_DEADLINE: 30 needs a unit: 30s, 500ms, 5m"},
        {"THUMBPIPE_HANDLER_DEADLINE=30s", "THUMBPIPE_HANDLER_DEADLINE: is not a setting; did you "
                                           "mean 'THUMBPIPE_HANDLERS_DEADLINE'?"},
        {"THUMBPIPE_KAFKA_TOPICS=", "THUMBPIPE_KAFKA_TOPICS: '': a topic needs a name"},
        {"THUMBPIPE_KAFKA_TOPICS=a,^a.*", "THUMBPIPE_KAFKA_TOPICS: '^a.*' also takes"},
        {"THUMBPIPE_STORAGE_KIND=libs3", "THUMBPIPE_STORAGE_KIND: this build has no libs3 store"},
        {"THUMBPIPE_XYZZY=1", "THUMBPIPE_XYZZY: is not a setting"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        char *environment[] = {cases[i].variable, NULL};
        g_autofree char *message = refusal(LEAST, environment);
        assert_holds(message, cases[i].says);
    }
}

static void test_a_topic_may_say_how_its_keys_are_encoded(void)
{
    g_autoptr(Config) config =
        parse(SIZES "kafka: {brokers: b, topics: [{name: a, key_encoding: raw}, b]}\n", NULL);
    const TopicConfig *a = config->kafka.topics->pdata[0], *b = config->kafka.topics->pdata[1];
    g_assert_cmpint(a->key_encoding, ==, KEY_ENCODING_RAW);
    g_assert_cmpint(b->key_encoding, ==, KEY_ENCODING_AUTO);
}

static void test_a_file_that_is_not_there_is_named(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Config) config = config_load("/nowhere/t.yaml", NULL, &error);
    g_assert_null(config);
    g_assert_error(error, CONFIG_ERROR, CONFIG_ERROR_INVALID);
    assert_holds(error->message, "/nowhere/t.yaml");
}

static void test_the_properties_file_lies_beside_the_config_and_comes_last(void)
{
    g_autofree char *folder = g_dir_make_tmp("config-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "t.yaml", NULL);
    g_autofree char *properties = g_build_filename(folder, "kafka.properties", NULL);
    static const char text[] =
        SIZES "kafka: {brokers: b, topics: [a], properties: {client.id: x},\n"
              "        properties_file: kafka.properties}\n";
    g_file_set_contents(path, text, -1, NULL);
    g_file_set_contents(properties, "# secret\n\nsasl.password = a=b \n", -1, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(Config) config = config_load(path, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(config->kafka.properties->len, ==, 4);
    g_assert_cmpstr(config->kafka.properties->pdata[0], ==, "client.id");
    g_assert_cmpstr(config->kafka.properties->pdata[2], ==, "sasl.password");
    g_assert_cmpstr(config->kafka.properties->pdata[3], ==, "a=b");

    g_file_set_contents(properties, "hunter2\ngroup.id=hunter2\n", -1, NULL);
    g_autoptr(Config) refused = config_load(path, NULL, &error);
    g_assert_null(refused);
    assert_holds(error->message, "kafka.properties:1:1: write name=value");
    assert_holds(error->message, "kafka.properties:2:1: kafka.properties: group.id");
    g_assert_null(strstr(error->message, "hunter2"));
    g_unlink(path);
    g_unlink(properties);
    g_rmdir(folder);
}

static void test_the_shipped_files_load(void)
{
    static const char *const paths[] = {"config/thumbpipe.yaml", "config/local.yaml"};
    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Config) config = config_load(paths[i], NULL, &error);
        g_assert_no_error(error);
        g_assert_nonnull(config);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(test) g_test_add_func("/config/" #test, test_##test)
    ADD(what_is_left_out_has_its_default);
    ADD(without_rules_one_makes_all_sizes_of_anything);
    ADD(a_rule_keeps_what_it_says);
    ADD(what_is_wrong_is_said_with_its_place);
    ADD(all_that_is_wrong_is_said_at_once_in_the_order_of_the_file);
    ADD(the_environment_goes_before_the_file);
    ADD(what_the_environment_alone_says_is_enough);
    ADD(a_wrong_variable_is_named);
    ADD(a_topic_may_say_how_its_keys_are_encoded);
    ADD(a_file_that_is_not_there_is_named);
    ADD(the_properties_file_lies_beside_the_config_and_comes_last);
    ADD(the_shipped_files_load);
    return g_test_run();
}
