/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/stores/s3_error.h"

#include <string.h>

static void test_answers(void)
{
    static const struct {
        guint status;
        const char *code;
        ObjectStoreError meaning;
    } rows[] = {
        {404, "NoSuchKey", OBJECT_STORE_ERROR_GONE},
        {404, NULL, OBJECT_STORE_ERROR_GONE},
        {404, "NoSuchBucket", OBJECT_STORE_ERROR_MISCONFIGURED},
        {400, "InvalidBucketName", OBJECT_STORE_ERROR_MISCONFIGURED},
        {403, "AccessDenied", OBJECT_STORE_ERROR_DENIED},
        {403, NULL, OBJECT_STORE_ERROR_DENIED},
        {403, "InvalidObjectState", OBJECT_STORE_ERROR_DENIED},
        {403, "InvalidAccessKeyId", OBJECT_STORE_ERROR_MISCONFIGURED},
        {403, "SignatureDoesNotMatch", OBJECT_STORE_ERROR_MISCONFIGURED},
        {403, "RequestTimeTooSkewed", OBJECT_STORE_ERROR_MISCONFIGURED},
        {400, "ExpiredToken", OBJECT_STORE_ERROR_MISCONFIGURED},
        {400, "AuthorizationHeaderMalformed", OBJECT_STORE_ERROR_MISCONFIGURED},
        {400, "KMS.DisabledException", OBJECT_STORE_ERROR_MISCONFIGURED},
        {400, NULL, OBJECT_STORE_ERROR_MISCONFIGURED},
        {400, "SomethingNew", OBJECT_STORE_ERROR_DENIED},
        {400, "KeyTooLongError", OBJECT_STORE_ERROR_DENIED},
        {400, "BadDigest", OBJECT_STORE_ERROR_CORRUPT},
        {400, "RequestTimeout", OBJECT_STORE_ERROR_UNAVAILABLE},
        {301, "PermanentRedirect", OBJECT_STORE_ERROR_MISCONFIGURED},
        {307, NULL, OBJECT_STORE_ERROR_MISCONFIGURED},
        {401, NULL, OBJECT_STORE_ERROR_MISCONFIGURED},
        {429, NULL, OBJECT_STORE_ERROR_UNAVAILABLE},
        {500, "InternalError", OBJECT_STORE_ERROR_UNAVAILABLE},
        {500, NULL, OBJECT_STORE_ERROR_UNAVAILABLE},
        {501, "NotImplemented", OBJECT_STORE_ERROR_MISCONFIGURED},
        {502, NULL, OBJECT_STORE_ERROR_UNAVAILABLE},
        {503, "SlowDown", OBJECT_STORE_ERROR_UNAVAILABLE},
        {503, "SlowDownRead", OBJECT_STORE_ERROR_UNAVAILABLE},
        {504, NULL, OBJECT_STORE_ERROR_UNAVAILABLE},
        {507, "XMinioStorageFull", OBJECT_STORE_ERROR_UNAVAILABLE},
        {206, NULL, OBJECT_STORE_ERROR_CORRUPT},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_test_message("%u %s", rows[i].status, rows[i].code != NULL ? rows[i].code : "");
        g_assert_cmpint(s3_error_of_answer(rows[i].status, rows[i].code, NULL), ==,
                        rows[i].meaning);
    }
}

static void test_transport(void)
{
    static const struct {
        HttpError transport;
        ObjectStoreError meaning;
    } rows[] = {
        {HTTP_ERROR_UNREACHABLE, OBJECT_STORE_ERROR_UNAVAILABLE},
        {HTTP_ERROR_CUT, OBJECT_STORE_ERROR_CORRUPT},
        {HTTP_ERROR_UNTRUSTED, OBJECT_STORE_ERROR_MISCONFIGURED},
        {HTTP_ERROR_UNUSABLE, OBJECT_STORE_ERROR_MISCONFIGURED},
        {HTTP_ERROR_CANCELLED, OBJECT_STORE_ERROR_CANCELLED},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        g_assert_cmpint(s3_error_of_transport(rows[i].transport, NULL), ==, rows[i].meaning);
}

static void test_documents(void)
{
    static const struct {
        const char *xml;
        const char *code;
        const char *message;
    } rows[] = {
        {"<?xml version=\"1.0\"?>\n<Error><Code>SlowDown</Code><Message>Slow &amp; "
         "steady</Message></Error>",
         "SlowDown", "Slow & steady"},
        {"<Error xmlns='http://s3.amazonaws.com/doc/2006-03-01/'><Code> A </Code></Error>", "A",
         NULL},
        {"<Error><Message>without a code</Message></Error>", NULL, NULL},
        {"<Error><Code></Code></Error>", NULL, NULL},
        {"<html><body>502 Bad Gateway</body></html>", NULL, NULL},
        {"Bad Gateway", NULL, NULL},
        {"", NULL, NULL},
        {"<Error><Code>SlowDown</Code>", NULL, NULL},
        {"<!DOCTYPE Error [<!ENTITY a \"aaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>"
         "<Error><Code>&b;</Code></Error>",
         NULL, NULL},
        {"<!DOCTYPE Error [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>"
         "<Error><Code>x&a;</Code></Error>",
         NULL, NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_test_message("%s", rows[i].xml);
        g_autoptr(S3Error) error = s3_error_parse(rows[i].xml, strlen(rows[i].xml));
        g_assert_cmpstr(error->code, ==, rows[i].code);
        g_assert_cmpstr(error->message, ==, rows[i].message);
    }
}

static void test_long_message(void)
{
    g_autoptr(GString) xml = g_string_new("<Error><Code>C</Code><Message>");
    for (int i = 0; i < 5000; i++)
        g_string_append(xml, "é");
    g_string_append(xml, "</Message></Error>");
    g_autoptr(S3Error) error = s3_error_parse(xml->str, xml->len);
    g_assert_cmpuint(strlen(error->message), <=, 500);
    g_assert_true(g_utf8_validate(error->message, -1, NULL));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/s3_error/an_answer_means_what_the_table_says", test_answers);
    g_test_add_func("/s3_error/a_transport_error_means_what_the_table_says", test_transport);
    g_test_add_func("/s3_error/reads_code_and_message_and_nothing_else", test_documents);
    g_test_add_func("/s3_error/a_long_message_is_cut_between_characters", test_long_message);
    return g_test_run();
}
