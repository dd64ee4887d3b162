/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/stores/sigv4.h"

#include "pipeline/stores/http.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#define ALGORITHM "AWS4-HMAC-SHA256"
#define HASH_SIZE 32

static char *hex(const guint8 *bytes, gsize size)
{
    GString *text = g_string_sized_new(size * 2);
    for (gsize i = 0; i < size; i++)
        g_string_append_printf(text, "%02x", bytes[i]);
    return g_string_free(text, FALSE);
}

char *sigv4_hash(gconstpointer bytes, gsize size)
{
    guint8 digest[HASH_SIZE];
    int done = EVP_Digest(bytes, size, digest, NULL, EVP_sha256(), NULL);
    g_assert(done == 1);
    return hex(digest, sizeof digest);
}

char *sigv4_encode(const char *text, const char *also)
{
    GString *encoded = g_string_new(NULL);
    for (const char *c = text; *c != '\0'; c++)
        if (g_ascii_isalnum(*c) || strchr("-._~", *c) != NULL || strchr(also, *c) != NULL)
            g_string_append_c(encoded, *c);
        else
            g_string_append_printf(encoded, "%%%02X", (guchar)*c);
    return g_string_free(encoded, FALSE);
}

static int compare_names(gconstpointer a, gconstpointer b)
{
    const HttpHeader *const *left = a, *const *right = b;
    return g_ascii_strcasecmp((*left)->name, (*right)->name);
}

/* Leading and trailing blanks go, runs of them within become one. */
static void append_trimmed(GString *text, const char *value)
{
    gboolean blank = FALSE;
    gsize start = text->len;
    for (const char *c = value; *c != '\0'; c++)
        if (*c == ' ' || *c == '\t') {
            blank = text->len > start;
        } else {
            if (blank)
                g_string_append_c(text, ' ');
            blank = FALSE;
            g_string_append_c(text, *c);
        }
}

/* "name:value\n" for each name in order; values of a repeated name are joined by commas. Sorted by
 * the name alone: in whole lines "x-amz-meta-a-b" would come before "x-amz-meta-a". */
static char *make_canonical_headers(const GPtrArray *headers, char **signed_names)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    for (guint i = 0; i < headers->len; i++)
        g_ptr_array_add(sorted, headers->pdata[i]);
    g_ptr_array_sort(sorted, compare_names); /* a merge sort, so repeated names keep their order */

    GString *lines = g_string_new(NULL);
    GString *names = g_string_new(NULL);
    for (guint i = 0; i < sorted->len; i++) {
        const HttpHeader *header = sorted->pdata[i];
        gboolean repeated = i > 0 && compare_names(&sorted->pdata[i - 1], &sorted->pdata[i]) == 0;
        if (repeated) {
            g_string_truncate(lines, lines->len - 1);
            g_string_append_c(lines, ',');
        } else {
            g_autofree char *name = g_ascii_strdown(header->name, -1);
            g_string_append_printf(lines, "%s:", name);
            g_string_append_printf(names, "%s%s", names->len > 0 ? ";" : "", name);
        }
        append_trimmed(lines, header->value);
        g_string_append_c(lines, '\n');
    }
    *signed_names = g_string_free(names, FALSE);
    return g_string_free(lines, FALSE);
}

static void chain_hmac(guint8 *key, gsize *key_size, const char *text)
{
    guint8 digest[HASH_SIZE];
    guint8 *done =
        HMAC(EVP_sha256(), key, *key_size, (const guint8 *)text, strlen(text), digest, NULL);
    g_assert(done != NULL);
    memcpy(key, digest, HASH_SIZE);
    *key_size = HASH_SIZE;
}

static char *make_signature(const Sigv4Request *request, const char *secret, const char *date,
                            const char *string_to_sign)
{
    g_autofree char *start = g_strconcat("AWS4", secret, NULL);
    gsize key_size = strlen(start);
    g_autofree guint8 *key = g_malloc(MAX(key_size, HASH_SIZE));
    memcpy(key, start, key_size);
    const char *steps[] = {date, request->region, request->service, "aws4_request", string_to_sign};
    for (gsize i = 0; i < G_N_ELEMENTS(steps); i++)
        chain_hmac(key, &key_size, steps[i]);
    return hex(key, HASH_SIZE);
}

void sigv4_sign(const Sigv4Request *request, const Credentials *credentials)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(request->time_s);
    g_autofree char *timestamp = g_date_time_format(time, "%Y%m%dT%H%M%SZ");
    g_autofree char *date = g_strndup(timestamp, 8);
    http_headers_add(request->headers, "x-amz-date", timestamp);
    if (credentials->session_token != NULL)
        http_headers_add(request->headers, "x-amz-security-token", credentials->session_token);

    g_autofree char *names = NULL;
    g_autofree char *lines = make_canonical_headers(request->headers, &names);
    g_autofree char *canonical = g_strjoin("\n", request->method, request->path, request->query,
                                           lines, names, request->payload_hash, NULL);
    g_autofree char *canonical_hash = sigv4_hash(canonical, strlen(canonical));
    g_autofree char *scope =
        g_strjoin("/", date, request->region, request->service, "aws4_request", NULL);
    g_autofree char *string_to_sign =
        g_strjoin("\n", ALGORITHM, timestamp, scope, canonical_hash, NULL);
    g_autofree char *signature =
        make_signature(request, credentials->secret_access_key, date, string_to_sign);
    g_autofree char *authorization =
        g_strdup_printf(ALGORITHM " Credential=%s/%s, SignedHeaders=%s, Signature=%s",
                        credentials->access_key_id, scope, names, signature);
    http_headers_add(request->headers, "Authorization", authorization);
}
