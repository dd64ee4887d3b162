/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/stores/http.h"
#include "pipeline/stores/sigv4.h"

#include <string.h>

/* docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
static const Credentials s3_example = {(char *)"AKIAIOSFODNN7EXAMPLE",
                                       (char *)"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", NULL};
#define S3_EXAMPLE_TIME 1369353600 /* 20130524T000000Z */

typedef struct {
    const char *name;
    const char *method;
    const char *path;
    const char *query;
    const char *body;
    const char *headers[9]; /* name, value, … in the order of adding */
    const char *signature;
} Row;

static const Row s3_rows[] = {
    {"get an object",
     "GET",
     "/test.txt",
     "",
     "",
     {"Range", "bytes=0-9"},
     "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
    {"put an object",
     "PUT",
     "/test%24file.text",
     "",
     "Welcome to Amazon S3.",
     {"x-amz-storage-class", "REDUCED_REDUNDANCY", "Date", "Fri, 24 May 2013 00:00:00 GMT"},
     "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
    {"get the lifecycle",
     "GET",
     "/",
     "lifecycle=",
     "",
     {NULL},
     "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
    {"list a bucket",
     "GET",
     "/",
     "max-keys=2&prefix=J",
     "",
     {NULL},
     "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
};

/* awslabs/aws-c-auth, tests/aws-signing-test-suite/v4 */
static const Credentials suite = {(char *)"AKIDEXAMPLE",
                                  (char *)"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", NULL};
static const Credentials suite_with_token = {
    (char *)"AKIDEXAMPLE", (char *)"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    (char *)"AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRX"
            "mxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburE"
            "Dy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL"
            "64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="};
#define SUITE_TIME 1440938160 /* 20150830T123600Z */

static const Row suite_rows[] = {
    {"get-vanilla",
     "GET",
     "/",
     "",
     "",
     {NULL},
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
    {"get-header-value-trim",
     "GET",
     "/",
     "",
     "",
     {"My-Header1", " value1", "My-Header2", " \"a   b   c\""},
     "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
    {"get-header-key-duplicate",
     "GET",
     "/",
     "",
     "",
     {"My-Header1", "value2", "My-Header1", "value2", "My-Header1", "value1"},
     "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
};

static const char *find(const GPtrArray *headers, const char *name)
{
    for (guint i = 0; i < headers->len; i++)
        if (g_ascii_strcasecmp(((HttpHeader *)headers->pdata[i])->name, name) == 0)
            return ((HttpHeader *)headers->pdata[i])->value;
    return NULL;
}

/* The Authorization that @row gets (transfer full). */
static char *sign(const Row *row, const Credentials *credentials, const char *host, gboolean s3,
                  gint64 time_s)
{
    g_autoptr(GPtrArray) headers = http_headers_new();
    g_autofree char *hash = sigv4_hash(row->body, strlen(row->body));
    for (gsize i = 0; row->headers[i] != NULL; i += 2)
        http_headers_add(headers, row->headers[i], row->headers[i + 1]);
    http_headers_add(headers, "Host", host);
    if (s3)
        http_headers_add(headers, "x-amz-content-sha256", hash);
    Sigv4Request request = {
        row->method,           row->path, row->query, headers, hash, "us-east-1",
        s3 ? "s3" : "service", time_s};
    sigv4_sign(&request, credentials);
    g_assert_cmpstr(find(headers, "x-amz-security-token"), ==, credentials->session_token);
    return g_strdup(find(headers, "Authorization"));
}

static void test_s3_examples(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(s3_rows); i++) {
        g_test_message("%s", s3_rows[i].name);
        g_autofree char *authorization =
            sign(&s3_rows[i], &s3_example, "examplebucket.s3.amazonaws.com", TRUE, S3_EXAMPLE_TIME);
        g_assert_cmpstr(strstr(authorization, "Signature=") + 10, ==, s3_rows[i].signature);
    }
}

static void test_suite(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(suite_rows); i++) {
        g_test_message("%s", suite_rows[i].name);
        g_autofree char *authorization =
            sign(&suite_rows[i], &suite, "example.amazonaws.com", FALSE, SUITE_TIME);
        g_assert_cmpstr(strstr(authorization, "Signature=") + 10, ==, suite_rows[i].signature);
    }
}

static void test_session_token(void)
{
    Row row = {"post-sts-header-before", "POST", "/", "", "", {NULL}, NULL};
    g_autofree char *authorization =
        sign(&row, &suite_with_token, "example.amazonaws.com", FALSE, SUITE_TIME);
    g_assert_cmpstr(
        authorization, ==,
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        "SignedHeaders=host;x-amz-date;x-amz-security-token, "
        "Signature=85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead");
}

static void test_header_order(void)
{
    Row row = {"",  "GET", "/", "", "", {"x-amz-meta-source-etag", "1", "X-Amz-Meta-Source", "2"},
               NULL};
    g_autofree char *authorization = sign(&row, &suite, "h", FALSE, SUITE_TIME);
    g_assert_nonnull(strstr(
        authorization, "SignedHeaders=host;x-amz-date;x-amz-meta-source;x-amz-meta-source-etag,"));
}

static void test_encoding(void)
{
    static const char *const rows[][2] = {
        {"AZaz09-._~/", "AZaz09-._~/"}, {"a b+c", "a%20b%2Bc"},
        {"100%.jpg", "100%25.jpg"},     {"caf\xc3\xa9!*'()", "caf%C3%A9%21%2A%27%28%29"},
        {"x/../y//z", "x/../y//z"},     {"\x01\xff?#&=", "%01%FF%3F%23%26%3D"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *encoded = sigv4_encode(rows[i][0], "/");
        g_assert_cmpstr(encoded, ==, rows[i][1]);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sigv4/signs_the_examples_of_the_s3_manual", test_s3_examples);
    g_test_add_func("/sigv4/signs_the_cases_of_the_aws_suite", test_suite);
    g_test_add_func("/sigv4/signs_a_session_token", test_session_token);
    g_test_add_func("/sigv4/sorts_by_name_and_not_by_line", test_header_order);
    g_test_add_func("/sigv4/encodes_all_but_the_unreserved", test_encoding);
    return g_test_run();
}
