/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/event_text.h"

#include <string.h>

static void test_it_reads_like_aws(void)
{
    g_autofree char *json = event_format("photos", "dir/a b+c.jpg", 123, "abc", 1704164645678);
    g_assert_cmpstr(
        json, ==,
        "{\"Records\":[{\"eventVersion\":\"2.1\",\"eventSource\":\"aws:s3\","
        "\"eventTime\":\"2024-01-02T03:04:05.678Z\",\"eventName\":\"ObjectCreated:Put\","
        "\"s3\":{\"s3SchemaVersion\":\"1.0\","
        "\"bucket\":{\"name\":\"photos\",\"arn\":\"arn:aws:s3:::photos\"},"
        "\"object\":{\"key\":\"dir/a+b%2Bc.jpg\",\"size\":123,\"eTag\":\"abc\"}}}]}");
}

static Event *parse_one(const char *json)
{
    g_autoptr(GPtrArray) events = event_parse(json, strlen(json), NULL, 0, KEY_ENCODING_AUTO);
    g_assert_cmpuint(events->len, ==, 1);
    return g_ptr_array_steal_index(events, 0);
}

static void test_it_comes_back(void)
{
    static const struct {
        const char *key;
        gint64 size;
        const char *etag;
        gint64 time_ms;
    } rows[] = {
        {"a.jpg", 1, "abc", 0},
        {"dir/a b+c%20.jpg", G_MAXINT64, NULL, 1704164645678},
        {"grüße/\xe5\x9b\xbe.png", -1, NULL, -1},
        {"not utf-8 \xff\xc3.png", 5, NULL, 999},
        {"\x01\x7f\"\\\n&=?#;", 5, NULL, 1001},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *json =
            event_format("photos", rows[i].key, rows[i].size, rows[i].etag, rows[i].time_ms);
        g_autoptr(Event) event = parse_one(json);
        g_assert_cmpint(event->kind, ==, EVENT_CREATED);
        g_assert_cmpstr(event->dialect, ==, "aws");
        g_assert_cmpstr(event->bucket, ==, "photos");
        g_assert_cmpstr(event->key, ==, rows[i].key);
        g_assert_cmpint(event->size, ==, rows[i].size);
        g_assert_cmpstr(event->etag, ==, rows[i].etag);
        g_assert_cmpint(event->time_ms, ==, rows[i].time_ms);
    }
}

/* GLib reads the seconds as a floating-point number. */
static void test_every_millisecond_comes_back(void)
{
    for (gint64 ms = 0; ms < 60000; ms += 7) {
        gint64 time_ms = 1704164640000 + ms;
        g_autofree char *json = event_format("b", "k", 1, NULL, time_ms);
        g_autoptr(Event) event = parse_one(json);
        g_assert_cmpint(event->time_ms, ==, time_ms);
    }
}

/* "arn:aws:s3:::/photos" is not how versitygw would write it. */
static void test_a_bucket_with_a_slash_is_not_versitygw(void)
{
    g_autofree char *json = event_format("/photos", "a%b.jpg", 1, NULL, 0);
    g_autoptr(Event) event = parse_one(json);
    g_assert_cmpstr(event->dialect, ==, "aws");
    g_assert_cmpstr(event->key, ==, "a%b.jpg");
}

static void test_a_long_key_comes_back(void)
{
    g_autofree char *key = g_strnfill(1024, '\xfe');
    g_autofree char *json = event_format("b", key, 1, NULL, 0);
    g_autoptr(Event) event = parse_one(json);
    g_assert_cmpstr(event->key, ==, key);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/event_format/reads_like_aws", test_it_reads_like_aws);
    g_test_add_func("/event_format/comes_back", test_it_comes_back);
    g_test_add_func("/event_format/every_millisecond_comes_back",
                    test_every_millisecond_comes_back);
    g_test_add_func("/event_format/a_long_key_comes_back", test_a_long_key_comes_back);
    g_test_add_func("/event_format/a_bucket_with_a_slash_is_not_versitygw",
                    test_a_bucket_with_a_slash_is_not_versitygw);
    return g_test_run();
}
