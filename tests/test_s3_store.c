/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/stores/object_store.h"
#include "tests/http_fixture.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define OK       "HTTP/1.1 200 OK\r\n"
#define BODY     "0123456789abcdefghijklmnopqrstuvwxyz0123" /* 40 bytes */
#define BODY_MD5 "f9a93199b6bf86c1c15a2e86e6db0690"
#define FLIPPED  "0123456789abcdefghijklmnopqrstuvwxyz0124"

typedef struct {
    HttpFixture *server;
    ObjectStore *store;
    int fd;
    guint accept_calls;
    gsize accept_size;
    gboolean refuse;
} Fixture;

static ObjectStore *open_store(guint port, Addressing addressing)
{
    g_autofree char *endpoint = g_strdup_printf("http://localhost:%u", port);
    StorageConfig config = {
        .kind = STORAGE_KIND_S3,
        .endpoint = endpoint,
        .region = (char *)"eu-test-1",
        .addressing = addressing,
        .tls_verify = TRUE,
        .ca_file = (char *)"",
        .proxy = (char *)"",
        .connect_timeout_ms = 2000,
        .stall_timeout_ms = 1000,
        .timeout_ms = 20000,
    };
    g_autoptr(GError) error = NULL;
    ObjectStore *store = object_store_new(&config, &error);
    g_assert_no_error(error);
    return store;
}

static void set_up(Fixture *self, gconstpointer data)
{
    (void)data;
    self->server = http_fixture_new();
    self->store = open_store(http_fixture_port(self->server), ADDRESSING_AUTO);
    self->fd = memfd_create("test", MFD_CLOEXEC);
}

static void tear_down(Fixture *self, gconstpointer data)
{
    (void)data;
    object_store_free(self->store);
    http_fixture_free(self->server);
    close(self->fd);
}

static gboolean accept_head(const guint8 *head, gsize size, const ObjectInfo *info, gpointer data)
{
    Fixture *self = data;
    g_assert_nonnull(info);
    g_assert_true(size == 0 || memcmp(head, BODY, MIN(size, 39)) == 0);
    self->accept_calls++;
    self->accept_size = size;
    return !self->refuse;
}

static ObjectInfo *get(Fixture *self, const char *key, gsize max_bytes, GError **error)
{
    ObjectGet options = {max_bytes, accept_head, self};
    return object_store_get(self->store, "b", key, &options, self->fd, NULL, error);
}

static void assert_kept(Fixture *self, const char *expected)
{
    char bytes[256];
    gssize size = pread(self->fd, bytes, sizeof bytes, 0);
    g_assert_cmpmem(bytes, size, expected, strlen(expected));
    g_assert_cmpint(lseek(self->fd, 0, SEEK_CUR), ==, size);
}

static void assert_asked(Fixture *self, guint index, const char *text)
{
    g_autofree char *request = http_fixture_request(self->server, index);
    if (strstr(request, text) == NULL)
        g_error("\"%s\" is not in:\n%s", text, request);
}

static void assert_not_asked(Fixture *self, guint index, const char *text)
{
    g_autofree char *request = http_fixture_request(self->server, index);
    g_autofree char *lower = g_ascii_strdown(request, -1);
    g_assert_null(strstr(lower, text));
}

static void test_get(Fixture *self, gconstpointer data)
{
    (void)data;
    http_fixture_answer(self->server,
                        OK "content-length: 40\r\netag: \"" BODY_MD5 "\"\r\n"
                           "content-type: image/png\r\nX-Amz-Meta-Plan: abc\r\n\r\n" BODY,
                        HTTP_FIXTURE_KEEP);
    g_autoptr(GError) error = NULL;
    g_autoptr(ObjectInfo) info = get(self, "a.png", 40, &error);
    g_assert_no_error(error);
    g_assert_cmpint(info->size, ==, 40);
    g_assert_cmpstr(info->etag, ==, BODY_MD5);
    g_assert_cmpstr(info->content_type, ==, "image/png");
    g_assert_cmpstr(g_hash_table_lookup(info->metadata, "plan"), ==, "abc");
    g_assert_cmpuint(self->accept_calls, ==, 1);
    g_assert_cmpuint(self->accept_size, >=, 32);
    assert_kept(self, BODY);
    assert_asked(self, 0, "GET /b/a.png HTTP/1.1\r\n");
    assert_asked(self, 0, "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/");
    assert_asked(self, 0,
                 "/eu-test-1/s3/aws4_request, "
                 "SignedHeaders=host;x-amz-content-sha256;x-amz-date, ");
    g_autofree char *host =
        g_strdup_printf("Host: localhost:%u\r\n", http_fixture_port(self->server));
    assert_asked(self, 0, host);
    assert_not_asked(self, 0, "accept");
}

static void test_small_bodies(Fixture *self, gconstpointer data)
{
    (void)data;
    static const char *const bodies[] = {"", "0", "0123456789abcdefghijklmnopqrstu"};
    for (gsize i = 0; i < G_N_ELEMENTS(bodies); i++) {
        g_autofree char *answer =
            g_strdup_printf(OK "Content-Length: %zu\r\n\r\n%s", strlen(bodies[i]), bodies[i]);
        http_fixture_answer(self->server, answer, HTTP_FIXTURE_KEEP);
        g_assert_cmpint(ftruncate(self->fd, 0) | lseek(self->fd, 0, SEEK_SET), ==, 0);
        g_autoptr(GError) error = NULL;
        g_autoptr(ObjectInfo) info = get(self, "a", 100, &error);
        g_assert_no_error(error);
        g_assert_null(info->etag);
        g_assert_cmpuint(self->accept_calls, ==, i + 1);
        g_assert_cmpuint(self->accept_size, ==, strlen(bodies[i]));
        assert_kept(self, bodies[i]);
    }
}

typedef struct {
    const char *name;
    const char *answer;
    HttpFixtureEnd end;
    ObjectStoreError code;
    const char *message; /* what it holds */
} BadGet;

static const BadGet bad_gets[] = {
    {"a body cut short", OK "Content-Length: 100\r\n\r\n" BODY, HTTP_FIXTURE_CLOSE,
     OBJECT_STORE_ERROR_CORRUPT, "GET b/k: "},
    {"a body without a length", OK "\r\n" BODY, HTTP_FIXTURE_CLOSE, OBJECT_STORE_ERROR_CORRUPT,
     "how long"},
    {"a chunked body", OK "Transfer-Encoding: chunked\r\n\r\n1\r\n0\r\n0\r\n\r\n",
     HTTP_FIXTURE_CLOSE, OBJECT_STORE_ERROR_CORRUPT, "how long"},
    {"a chunked body without bytes", OK "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     HTTP_FIXTURE_CLOSE, OBJECT_STORE_ERROR_CORRUPT, "how long"},
    {"more than was wanted", OK "Content-Length: 101\r\n\r\n" BODY, HTTP_FIXTURE_CLOSE,
     OBJECT_STORE_ERROR_TOO_LARGE, "GET b/k: 101 bytes"},
    {"a part", "HTTP/1.1 206 Partial Content\r\nContent-Length: 40\r\n\r\n" BODY,
     HTTP_FIXTURE_CLOSE, OBJECT_STORE_ERROR_CORRUPT, "GET b/k: 206"},
    {"a reset", OK "Content-Length: 100\r\n\r\n" BODY, HTTP_FIXTURE_RESET,
     OBJECT_STORE_ERROR_UNAVAILABLE, "GET b/k: "},
    {"no answer", "", HTTP_FIXTURE_CLOSE, OBJECT_STORE_ERROR_UNAVAILABLE, "GET b/k: "},
    {"slow down",
     "HTTP/1.1 503 Slow Down\r\nConnection: close\r\n\r\n<Error><Code>SlowDown</Code>"
     "<Message>Please reduce your request rate.</Message></Error>",
     HTTP_FIXTURE_CLOSE, OBJECT_STORE_ERROR_UNAVAILABLE,
     "GET b/k: 503 SlowDown: Please reduce your request rate."},
    {"a proxy's page", "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 12\r\n\r\n<html></html",
     HTTP_FIXTURE_CLOSE, OBJECT_STORE_ERROR_UNAVAILABLE, "GET b/k: 502"},
    {"forbidden", "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", HTTP_FIXTURE_KEEP,
     OBJECT_STORE_ERROR_DENIED, "GET b/k: 403"},
    {"not found", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", HTTP_FIXTURE_KEEP,
     OBJECT_STORE_ERROR_GONE, "GET b/k: 404"},
    {"no such bucket",
     "HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n"
     "<Error><Code>NoSuchBucket</Code></Error>",
     HTTP_FIXTURE_CLOSE, OBJECT_STORE_ERROR_MISCONFIGURED, "bucket exists"},
    {"a redirect",
     "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://example.com/\r\n"
     "Content-Length: 0\r\n\r\n",
     HTTP_FIXTURE_KEEP, OBJECT_STORE_ERROR_MISCONFIGURED, "storage.region"},
    {"no HTTP", "220 smtp.example.com ESMTP\r\n", HTTP_FIXTURE_CLOSE,
     OBJECT_STORE_ERROR_MISCONFIGURED, "storage.endpoint"},
    {"a stalled body", OK "Content-Length: 100\r\n\r\n" BODY, HTTP_FIXTURE_STALL,
     OBJECT_STORE_ERROR_UNAVAILABLE, "GET b/k: "},
};

static void test_bad_gets(Fixture *self, gconstpointer data)
{
    (void)data;
    for (gsize i = 0; i < G_N_ELEMENTS(bad_gets); i++) {
        g_test_message("%s", bad_gets[i].name);
        http_fixture_answer(self->server, bad_gets[i].answer, bad_gets[i].end);
        g_autoptr(GError) error = NULL;
        g_autoptr(ObjectInfo) info = get(self, "k", 100, &error);
        g_assert_null(info);
        g_assert_error(error, OBJECT_STORE_ERROR, (int)bad_gets[i].code);
        g_test_message("  %s", error->message);
        g_assert_nonnull(strstr(error->message, bad_gets[i].message));
        g_assert_null(strstr(error->message, "sEcReT"));
    }
    g_assert_cmpuint(http_fixture_requests(self->server), ==, G_N_ELEMENTS(bad_gets));
}

static void test_unwanted(Fixture *self, gconstpointer data)
{
    (void)data;
    self->refuse = TRUE;
    http_fixture_answer(self->server, OK "Content-Length: 1000000\r\n\r\n" BODY,
                        HTTP_FIXTURE_STALL);
    g_autoptr(GError) error = NULL;
    g_autoptr(ObjectInfo) info = get(self, "k", 2000000, &error);
    g_assert_null(info);
    g_assert_error(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_UNWANTED);
    assert_kept(self, "");
}

static void answer_with_etag(Fixture *self, const char *body, const char *more)
{
    g_autofree char *answer =
        g_strdup_printf(OK "Content-Length: 40\r\nETag: \"" BODY_MD5 "\"\r\n%s\r\n%s", more, body);
    http_fixture_answer(self->server, answer, HTTP_FIXTURE_KEEP);
}

static void test_odd_etags(Fixture *self, gconstpointer data)
{
    (void)data;
    for (int i = 0; i < 3; i++)
        answer_with_etag(self, FLIPPED, "");
    for (int i = 0; i < 2; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(ObjectInfo) info = get(self, "k", 40, &error);
        g_assert_no_error(error);
        g_assert_nonnull(info);
        if (i == 0)
            assert_kept(self, FLIPPED);
    }
    /* Twice for the first object; the second is believed. */
    g_assert_cmpuint(http_fixture_requests(self->server), ==, 3);
    g_assert_cmpuint(self->accept_calls, ==, 2);
}

static void test_a_flipped_bit(Fixture *self, gconstpointer data)
{
    (void)data;
    answer_with_etag(self, FLIPPED, "");
    answer_with_etag(self, BODY, "");
    g_autoptr(GError) error = NULL;
    g_autoptr(ObjectInfo) info = get(self, "k", 40, &error);
    g_assert_no_error(error);
    g_assert_nonnull(info);
    assert_kept(self, BODY);
    /* The bucket's ETags still count. */
    answer_with_etag(self, FLIPPED, "");
    answer_with_etag(self, "0123456789abcdefghijklmnopqrstuvwxyz0125", "");
    g_autoptr(ObjectInfo) other = get(self, "k", 40, &error);
    g_assert_null(other);
    g_assert_error(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_CORRUPT);
}

static void test_etags_that_are_no_md5(Fixture *self, gconstpointer data)
{
    (void)data;
    static const char *const more[] = {
        "x-amz-server-side-encryption: aws:kms\r\n",
        "x-amz-server-side-encryption: aws:kms:dsse\r\n",
        "x-amz-server-side-encryption-customer-algorithm: AES256\r\n",
        "ETag: \"" BODY_MD5 "-2\"\r\n",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(more); i++) {
        answer_with_etag(self, FLIPPED, more[i]);
        g_autoptr(GError) error = NULL;
        g_autoptr(ObjectInfo) info = get(self, "k", 40, &error);
        g_assert_no_error(error);
        g_assert_nonnull(info);
    }
    g_assert_cmpuint(http_fixture_requests(self->server), ==, G_N_ELEMENTS(more));
    g_assert_cmpuint(http_fixture_connections(self->server), ==, 1);
}

static void test_keys_on_the_wire(Fixture *self, gconstpointer data)
{
    (void)data;
    static const char *const rows[][2] = {
        {"a b+c.jpg", "GET /b/a%20b%2Bc.jpg HTTP"},
        {"100%.jpg", "GET /b/100%25.jpg HTTP"},
        {"%41", "GET /b/%2541 HTTP"},
        {"caf\xc3\xa9", "GET /b/caf%C3%A9 HTTP"},
        {"a//b", "GET /b/a//b HTTP"},
        {"/a", "GET /b//a HTTP"},
        {"./a", "GET /b/./a HTTP"},
        {"x/../y", "GET /b/x/../y HTTP"},
        {"..", "GET /b/.. HTTP"},
        {"a?b#c&d=e;f", "GET /b/a%3Fb%23c%26d%3De%3Bf HTTP"},
        {"a\r\nX: y", "GET /b/a%0D%0AX%3A%20y HTTP"},
        {"a/", "GET /b/a/ HTTP"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        http_fixture_answer(self->server, OK "Content-Length: 0\r\n\r\n", HTTP_FIXTURE_KEEP);
        g_autoptr(GError) error = NULL;
        g_autoptr(ObjectInfo) info = get(self, rows[i][0], 40, &error);
        g_assert_no_error(error);
        g_assert_nonnull(info);
        assert_asked(self, i, rows[i][1]);
    }
}

static void test_impossible_names(Fixture *self, gconstpointer data)
{
    (void)data;
    g_autofree char *long_key = g_strnfill(1025, 'k');
    const struct {
        const char *bucket;
        const char *key;
        ObjectStoreError code;
    } rows[] = {
        {"b", "", OBJECT_STORE_ERROR_DENIED},
        {"b", long_key, OBJECT_STORE_ERROR_DENIED},
        {"", "k", OBJECT_STORE_ERROR_MISCONFIGURED},
        {"..", "k", OBJECT_STORE_ERROR_MISCONFIGURED},
        {"a/b", "k", OBJECT_STORE_ERROR_MISCONFIGURED},
        {"a b", "k", OBJECT_STORE_ERROR_MISCONFIGURED},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(ObjectInfo) info =
            object_store_head(self->store, rows[i].bucket, rows[i].key, NULL, &error);
        g_assert_null(info);
        g_assert_error(error, OBJECT_STORE_ERROR, (int)rows[i].code);
    }
    g_assert_cmpuint(http_fixture_requests(self->server), ==, 0);
}

static char *put(Fixture *self, const char *plan, GError **error)
{
    g_autoptr(GBytes) bytes = g_bytes_new_static(BODY, strlen(BODY));
    g_autoptr(ObjectInfo) info = object_info_new();
    info->content_type = g_strdup("image/jpeg");
    g_hash_table_insert(info->metadata, g_strdup("source-etag"), g_strdup("e"));
    g_hash_table_insert(info->metadata, g_strdup("source"), g_strdup(plan));
    return object_store_put(self->store, "b", "k", bytes, info, NULL, error);
}

static void test_put(Fixture *self, gconstpointer data)
{
    (void)data;
    http_fixture_answer(self->server, OK "ETag: \"abc\"\r\nContent-Length: 0\r\n\r\n",
                        HTTP_FIXTURE_KEEP);
    g_autoptr(GError) error = NULL;
    g_autofree char *etag = put(self, "s", &error);
    g_assert_no_error(error);
    g_assert_cmpstr(etag, ==, "abc");
    static const char *const parts[] = {
        "PUT /b/k HTTP/1.1\r\n",
        "\r\nContent-Length: 40\r\n",
        "\r\nContent-Type: image/jpeg\r\n",
        "\r\nContent-MD5: +akxmba/hsHBWi6G5tsGkA==\r\n",
        "\r\nx-amz-meta-source: s\r\n",
        "\r\nx-amz-meta-source-etag: e\r\n",
        "SignedHeaders=content-md5;content-type;host;x-amz-content-sha256;x-amz-date;"
        "x-amz-meta-source;x-amz-meta-source-etag, ",
        "\r\n\r\n" BODY,
    };
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++)
        assert_asked(self, 0, parts[i]);
    assert_not_asked(self, 0, "expect");
}

static void test_bad_puts(Fixture *self, gconstpointer data)
{
    (void)data;
    static const struct {
        const char *answer;
        ObjectStoreError code;
    } rows[] = {
        {OK "Content-Length: 0\r\n\r\n", OBJECT_STORE_ERROR_CORRUPT},
        {"HTTP/1.1 204 No Content\r\nETag: \"a\"\r\n\r\n", OBJECT_STORE_ERROR_CORRUPT},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n",
         OBJECT_STORE_ERROR_UNAVAILABLE},
        {"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", OBJECT_STORE_ERROR_MISCONFIGURED},
        {"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", OBJECT_STORE_ERROR_MISCONFIGURED},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        http_fixture_answer(self->server, rows[i].answer, HTTP_FIXTURE_KEEP);
        g_autoptr(GError) error = NULL;
        g_autofree char *etag = put(self, "s", &error);
        g_assert_null(etag);
        g_assert_error(error, OBJECT_STORE_ERROR, (int)rows[i].code);
    }
    g_autoptr(GError) error = NULL;
    g_assert_null(put(self, "s\r\nx-amz-acl: public-read", &error));
    g_assert_error(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_DENIED);
    g_assert_cmpuint(http_fixture_requests(self->server), ==, G_N_ELEMENTS(rows));
}

/* The server closes a kept connection as the next request comes: curl sends the body again. */
static void test_put_over_a_dead_connection(Fixture *self, gconstpointer data)
{
    (void)data;
    http_fixture_answer(self->server, OK "ETag: \"1\"\r\nContent-Length: 0\r\n\r\n",
                        HTTP_FIXTURE_KEEP);
    http_fixture_answer(self->server, "", HTTP_FIXTURE_CLOSE);
    http_fixture_answer(self->server, OK "ETag: \"2\"\r\nContent-Length: 0\r\n\r\n",
                        HTTP_FIXTURE_KEEP);
    for (int i = 0; i < 2; i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *etag = put(self, "s", &error);
        g_assert_no_error(error);
        g_assert_cmpstr(etag, ==, i == 0 ? "1" : "2");
    }
    assert_asked(self, 2, "\r\n\r\n" BODY);
}

static void test_head(Fixture *self, gconstpointer data)
{
    (void)data;
    static const struct {
        const char *answer;
        int code; /* -1: success */
    } rows[] = {
        {OK "content-length: 7\r\netag: \"e-2\"\r\nx-amz-meta-plan: p\r\n\r\n", -1},
        {"HTTP/1.1 404 No\r\nContent-Length: 300\r\n\r\n", OBJECT_STORE_ERROR_GONE},
        {"HTTP/1.1 403 No\r\n\r\n", OBJECT_STORE_ERROR_DENIED},
        {"HTTP/1.1 400 No\r\n\r\n", OBJECT_STORE_ERROR_MISCONFIGURED},
        {"HTTP/1.1 503 No\r\n\r\n", OBJECT_STORE_ERROR_UNAVAILABLE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        http_fixture_answer(self->server, rows[i].answer, HTTP_FIXTURE_KEEP);
        g_autoptr(GError) error = NULL;
        g_autoptr(ObjectInfo) info = object_store_head(self->store, "b", "k", NULL, &error);
        if (rows[i].code >= 0) {
            g_assert_error(error, OBJECT_STORE_ERROR, rows[i].code);
            continue;
        }
        g_assert_no_error(error);
        g_assert_cmpint(info->size, ==, 7);
        g_assert_cmpstr(info->etag, ==, "e-2");
        g_assert_cmpstr(g_hash_table_lookup(info->metadata, "plan"), ==, "p");
    }
    assert_asked(self, 0, "HEAD /b/k HTTP/1.1\r\n");
}

static void test_remove(Fixture *self, gconstpointer data)
{
    (void)data;
    static const struct {
        const char *answer;
        int code; /* -1: success */
    } rows[] = {
        {"HTTP/1.1 204 No Content\r\n\r\n", -1},
        {OK "Content-Length: 0\r\n\r\n", -1},
        {"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", -1},
        {"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", OBJECT_STORE_ERROR_MISCONFIGURED},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        http_fixture_answer(self->server, rows[i].answer, HTTP_FIXTURE_KEEP);
        g_autoptr(GError) error = NULL;
        gboolean removed = object_store_remove(self->store, "b", "k", NULL, &error);
        g_assert_cmpint(removed, ==, rows[i].code < 0);
        if (rows[i].code >= 0)
            g_assert_error(error, OBJECT_STORE_ERROR, rows[i].code);
    }
    assert_asked(self, 0, "DELETE /b/k HTTP/1.1\r\n");
}

#define SKEWED "HTTP/1.1 403 No\r\nDate: Mon, 01 Jan 2035 00:00:00 GMT\r\nContent-Length: 0\r\n\r\n"

static void test_skew(Fixture *self, gconstpointer data)
{
    (void)data;
    http_fixture_answer(self->server, SKEWED, HTTP_FIXTURE_KEEP);
    http_fixture_answer(self->server, OK "Content-Length: 1\r\n\r\n", HTTP_FIXTURE_KEEP);
    http_fixture_answer(self->server,
                        "HTTP/1.1 403 No\r\nDate: Mon, 01 Jan 2035 00:00:00 GMT\r\n"
                        "Connection: close\r\n\r\n<Error><Code>RequestTimeTooSkewed</Code></Error>",
                        HTTP_FIXTURE_CLOSE);
    http_fixture_answer(self->server,
                        "HTTP/1.1 403 No\r\nDate: Mon, 01 Jan 2035 00:00:00 GMT\r\n"
                        "Connection: close\r\n\r\n<Error><Code>RequestTimeTooSkewed</Code></Error>",
                        HTTP_FIXTURE_CLOSE);
    g_autoptr(GError) error = NULL;
    g_autoptr(ObjectInfo) info = object_store_head(self->store, "b", "k", NULL, &error);
    g_assert_no_error(error);
    g_assert_nonnull(info);
    assert_asked(self, 1, "x-amz-date: 20350101T0000");
    /* Once, and not for ever. */
    g_autoptr(ObjectInfo) none = get(self, "k", 40, &error);
    g_assert_null(none);
    g_assert_error(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_MISCONFIGURED);
    assert_asked(self, 2, "x-amz-date: 20350101T0000");
    g_assert_cmpuint(http_fixture_requests(self->server), ==, 4);
}

static gpointer cancel_soon(gpointer cancellable)
{
    g_usleep(300 * 1000);
    g_cancellable_cancel(cancellable);
    return NULL;
}

static void test_cancel(Fixture *self, gconstpointer data)
{
    (void)data;
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    http_fixture_answer(self->server, "", HTTP_FIXTURE_STALL);
    GThread *thread = g_thread_new("cancel", cancel_soon, cancellable);
    for (int i = 0; i < 2; i++) { /* during, and before */
        g_autoptr(GError) error = NULL;
        g_autoptr(ObjectInfo) info = object_store_head(self->store, "b", "k", cancellable, &error);
        g_assert_null(info);
        g_assert_error(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_CANCELLED);
    }
    g_thread_join(thread);
}

static void test_virtual_host(Fixture *self, gconstpointer data)
{
    (void)data;
    g_autoptr(ObjectStore) store = open_store(http_fixture_port(self->server), ADDRESSING_VIRTUAL);
    http_fixture_answer(self->server, OK "Content-Length: 0\r\n\r\n", HTTP_FIXTURE_KEEP);
    g_autoptr(GError) error = NULL;
    /* libcurl resolves *.localhost to loopback itself (RFC 6761). */
    g_autoptr(ObjectInfo) info = object_store_head(store, "pictures", "k", NULL, &error);
    g_assert_no_error(error);
    g_assert_nonnull(info);
    assert_asked(self, 0, "HEAD /k HTTP/1.1\r\n");
    assert_asked(self, 0, "\r\nHost: pictures.localhost:");
}

static gpointer head_often(gpointer data)
{
    for (int i = 0; i < 20; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(ObjectInfo) info = object_store_head(data, "b", "k", NULL, &error);
        g_assert_no_error(error);
        g_assert_nonnull(info);
    }
    return NULL;
}

static void test_threads(Fixture *self, gconstpointer data)
{
    (void)data;
    GThread *threads[4];
    for (int i = 0; i < 80; i++)
        http_fixture_answer(self->server, OK "Content-Length: 0\r\n\r\n", HTTP_FIXTURE_KEEP);
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("head", head_often, self->store);
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    g_assert_cmpuint(http_fixture_connections(self->server), <=, G_N_ELEMENTS(threads));
}

static void test_nobody_listens(void)
{
    g_autoptr(ObjectStore) store = open_store(1, ADDRESSING_AUTO);
    g_autoptr(GError) error = NULL;
    g_autoptr(ObjectInfo) info = object_store_head(store, "b", "k", NULL, &error);
    g_assert_null(info);
    g_assert_error(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_UNAVAILABLE);
}

static void test_endpoints(void)
{
    static const struct {
        const char *endpoint;
        const char *region;
        const char *message;
    } rows[] = {
        {"localhost:9000", "r", "http:// or https://"},
        {"ftp://localhost", "r", "http:// or https://"},
        {"http://user:word@localhost", "r", "http:// or https://"},
        {"http://localhost/path", "r", "http:// or https://"},
        {"http://", "r", "http:// or https://"},
        {"", "", "storage.region"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        StorageConfig config = {.kind = STORAGE_KIND_S3,
                                .endpoint = (char *)rows[i].endpoint,
                                .region = (char *)rows[i].region};
        g_autoptr(GError) error = NULL;
        g_autoptr(ObjectStore) store = object_store_new(&config, &error);
        g_assert_null(store);
        g_assert_error(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_MISCONFIGURED);
        g_assert_nonnull(strstr(error->message, rows[i].message));
    }
}

static void test_no_credentials(void)
{
    StorageConfig config = {
        .kind = STORAGE_KIND_S3, .endpoint = (char *)"http://localhost:1", .region = (char *)"r"};
    g_unsetenv("AWS_SECRET_ACCESS_KEY");
    g_autoptr(GError) error = NULL;
    g_autoptr(ObjectStore) store = object_store_new(&config, &error);
    g_assert_null(store);
    g_assert_error(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_MISCONFIGURED);
    g_assert_nonnull(strstr(error->message, "AWS_SECRET_ACCESS_KEY"));
    g_setenv("AWS_SECRET_ACCESS_KEY", "sEcReT", TRUE);
}

#define ADD(name, function)                                                                        \
    g_test_add("/s3_store/" name, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
    g_setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", TRUE);
    g_setenv("AWS_SECRET_ACCESS_KEY", "sEcReT", TRUE);
    static const char *const unset[] = {"AWS_SESSION_TOKEN",
                                        "AWS_ACCESS_KEY_ID_FILE",
                                        "AWS_SECRET_ACCESS_KEY_FILE",
                                        "AWS_SESSION_TOKEN_FILE",
                                        "http_proxy",
                                        "all_proxy",
                                        "ALL_PROXY"};
    for (gsize i = 0; i < G_N_ELEMENTS(unset); i++)
        g_unsetenv(unset[i]);
    g_test_init(&argc, &argv, NULL);
    ADD("a_get_keeps_the_whole_object", test_get);
    ADD("objects_smaller_than_a_head_are_accepted_whole", test_small_bodies);
    ADD("a_get_that_does_not_add_up_is_an_error", test_bad_gets);
    ADD("what_is_not_wanted_is_not_fetched", test_unwanted);
    ADD("etags_that_are_wrong_twice_are_not_believed", test_odd_etags);
    ADD("a_flipped_bit_is_fetched_again", test_a_flipped_bit);
    ADD("etags_that_are_no_md5_are_not_compared", test_etags_that_are_no_md5);
    ADD("any_key_arrives_as_it_is", test_keys_on_the_wire);
    ADD("impossible_names_are_not_sent", test_impossible_names);
    ADD("a_put_sends_all_there_is_to_know", test_put);
    ADD("a_put_counts_only_with_200_and_etag", test_bad_puts);
    ADD("a_put_survives_a_dead_connection", test_put_over_a_dead_connection);
    ADD("a_head_answers_without_a_body", test_head);
    ADD("removing_what_is_not_there_is_success", test_remove);
    ADD("a_wrong_clock_is_made_up_for_once", test_skew);
    ADD("a_request_can_be_cancelled", test_cancel);
    ADD("a_virtual_host_names_the_bucket", test_virtual_host);
    ADD("threads_share_connections", test_threads);
    g_test_add_func("/s3_store/an_endpoint_is_scheme_host_and_port", test_endpoints);
    g_test_add_func("/s3_store/nobody_listening_is_unavailable", test_nobody_listens);
    g_test_add_func("/s3_store/missing_credentials_are_named", test_no_credentials);
    return g_test_run();
}
