/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/events/object_key.h"

#include "tests/event_text.h"

#include <string.h>

static void test_decoding(void)
{
    static const struct {
        const char *raw;
        KeyEncoding encoding;
        const char *key; /* NULL: refused */
    } rows[] = {
        {"a+b%20c%2Bd", KEY_ENCODING_FORM, "a b c+d"},
        {"a+b%20c%2Bd", KEY_ENCODING_RAW, "a+b%20c%2Bd"},
        {"gr%C3%BC%c3%9f", KEY_ENCODING_FORM, "grü\xc3\x9f"},
        {"grün", KEY_ENCODING_FORM, "grün"},
        {"100%", KEY_ENCODING_RAW, "100%"},
        {"100%", KEY_ENCODING_FORM, NULL},
        {"100%2", KEY_ENCODING_FORM, NULL},
        {"100%x0", KEY_ENCODING_FORM, NULL},
        {"a%00", KEY_ENCODING_FORM, NULL},
        {"a%00", KEY_ENCODING_RAW, "a%00"},
        {"", KEY_ENCODING_FORM, NULL},
        {"", KEY_ENCODING_RAW, NULL},
        {NULL, KEY_ENCODING_FORM, NULL},
        {NULL, KEY_ENCODING_RAW, NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *key = object_key_decode(rows[i].raw, rows[i].encoding, &error);
        g_assert_cmpstr(key, ==, rows[i].key);
        g_assert_true((key == NULL) == (error != NULL));
    }
}

static void test_the_decoded_key_has_up_to_1024_bytes(void)
{
    GString *raw = g_string_new(NULL);
    for (guint i = 0; i < 1024; i++)
        g_string_append(raw, "%C3");
    g_autofree char *key = object_key_decode(raw->str, KEY_ENCODING_FORM, NULL);
    g_assert_cmpuint(strlen(key), ==, 1024);

    g_autoptr(GError) error = NULL;
    g_string_append_c(raw, 'x');
    g_assert_null(object_key_decode(raw->str, KEY_ENCODING_FORM, &error));
    g_assert_cmpstr(error->message, ==, "the key has 1025 bytes, S3 allows 1024");
    g_string_free(raw, TRUE);
}

static void test_every_byte_comes_back(void)
{
    char key[256] = {0};
    for (guint i = 0; i < 255; i++)
        key[i] = (char)(i + 1);
    g_autofree char *encoded = object_key_encode(key);
    g_assert_true(g_str_is_ascii(encoded));
    g_autofree char *decoded = object_key_decode(encoded, KEY_ENCODING_FORM, NULL);
    g_assert_cmpstr(decoded, ==, key);
}

static void test_it_is_encoded_like_aws(void)
{
    g_autofree char *encoded = object_key_encode("dir/ré d+1_~*.jpg");
    g_assert_cmpstr(encoded, ==, "dir/r%C3%A9+d%2B1_%7E*.jpg");
}

/* What the topic's configuration says wins over what the dialect is known to do. */
static void test_the_topic_decides(void)
{
    static const struct {
        const char *source;
        KeyEncoding encoding;
        const char *key;
    } rows[] = {
        {"aws:s3", KEY_ENCODING_AUTO, "  key a b\n"},
        {"aws:s3", KEY_ENCODING_RAW, "  key a+b\n"},
        {"ceph:s3", KEY_ENCODING_AUTO, "  key a+b\n"},
        {"ceph:s3", KEY_ENCODING_FORM, "  key a b\n"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *json =
            g_strdup_printf("{\"eventSource\":\"%s\",\"eventName\":\"ObjectCreated:Put\","
                            "\"s3\":{\"bucket\":{\"name\":\"b\"},\"object\":{\"key\":\"a+b\"}}}",
                            rows[i].source);
        g_autofree char *text =
            event_text_of_message(json, strlen(json), NULL, 0, rows[i].encoding);
        g_assert_nonnull(strstr(text, rows[i].key));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/object_key/is_decoded_or_refused", test_decoding);
    g_test_add_func("/object_key/the_decoded_key_has_up_to_1024_bytes",
                    test_the_decoded_key_has_up_to_1024_bytes);
    g_test_add_func("/object_key/every_byte_comes_back", test_every_byte_comes_back);
    g_test_add_func("/object_key/is_encoded_like_aws", test_it_is_encoded_like_aws);
    g_test_add_func("/object_key/the_topic_decides", test_the_topic_decides);
    return g_test_run();
}
