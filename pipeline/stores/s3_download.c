/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/stores/s3_download.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* What `accept` is shown at least, where there is so much. */
#define HEAD_BYTES      32
#define MD5_HEX_LENGTH  32
#define METADATA_PREFIX "x-amz-meta-"

struct S3OddBuckets {
    struct {
        GMutex lock;
        GHashTable *names;
    } synced;
};

typedef struct {
    const ObjectGet *options;
    int fd;
    gboolean accepted; /* `accept` is asked once, also when the object is fetched twice */
    ObjectInfo *info;  /* NULL until the first bytes */
    GByteArray *head;  /* the first bytes until there are HEAD_BYTES of them */
    gint64 size;       /* received so far */
    GChecksum *md5;
} Download;

S3OddBuckets *s3_odd_buckets_new(void)
{
    S3OddBuckets *buckets = g_new0(S3OddBuckets, 1);
    g_mutex_init(&buckets->synced.lock);
    buckets->synced.names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return buckets;
}

void s3_odd_buckets_free(S3OddBuckets *buckets)
{
    if (buckets == NULL)
        return;
    g_hash_table_unref(buckets->synced.names);
    g_mutex_clear(&buckets->synced.lock);
    g_free(buckets);
}

static void add_odd_bucket(S3OddBuckets *buckets, const char *bucket)
{
    g_mutex_lock(&buckets->synced.lock);
    g_hash_table_add(buckets->synced.names, g_strdup(bucket));
    g_mutex_unlock(&buckets->synced.lock);
}

static gboolean is_odd_bucket(S3OddBuckets *buckets, const char *bucket)
{
    g_mutex_lock(&buckets->synced.lock);
    gboolean odd = g_hash_table_contains(buckets->synced.names, bucket);
    g_mutex_unlock(&buckets->synced.lock);
    return odd;
}

static char *unquote_etag(const char *etag)
{
    const char *start = g_str_has_prefix(etag, "W/") ? etag + 2 : etag; /* weakened by a proxy */
    gsize length = strlen(start);
    return length >= 2 && start[0] == '"' && start[length - 1] == '"'
               ? g_strndup(start + 1, length - 2)
               : g_strdup(start);
}

ObjectInfo *s3_download_read_info(const HttpResponse *response)
{
    ObjectInfo *info = object_info_new();
    const char *etag = http_response_header(response, "etag");
    info->size = response->content_length;
    info->etag = etag != NULL && *etag != '\0' ? unquote_etag(etag) : NULL;
    info->content_type = g_strdup(http_response_header(response, "content-type"));
    GHashTableIter iter;
    gpointer name, value;
    g_hash_table_iter_init(&iter, response->headers);
    while (g_hash_table_iter_next(&iter, &name, &value))
        if (g_str_has_prefix(name, METADATA_PREFIX))
            g_hash_table_replace(info->metadata, g_strdup((char *)name + strlen(METADATA_PREFIX)),
                                 g_strdup(value));
    return info;
}

/* Whether @info's ETag should be the body's MD5: not so for multipart uploads ("…-3"), nor under
 * KMS or customer keys (docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html). */
static gboolean has_md5_etag(const HttpResponse *response, const ObjectInfo *info)
{
    const char *encryption = http_response_header(response, "x-amz-server-side-encryption");
    if (info->etag == NULL || strlen(info->etag) != MD5_HEX_LENGTH ||
        (encryption != NULL && g_str_has_prefix(encryption, "aws:kms")) ||
        http_response_header(response, "x-amz-server-side-encryption-customer-algorithm") != NULL)
        return FALSE;
    for (const char *c = info->etag; *c != '\0'; c++)
        if (!g_ascii_isxdigit(*c))
            return FALSE;
    return TRUE;
}

static gboolean append(int fd, const guint8 *bytes, gsize size, GError **error)
{
    while (size > 0) {
        gssize written = write(fd, bytes, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0) {
            g_set_error(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_UNAVAILABLE,
                        "keeping the bytes: %s", g_strerror(errno));
            return FALSE;
        }
        bytes += written;
        size -= written;
    }
    return TRUE;
}

static gboolean ask_accept(Download *self, GError **error)
{
    const ObjectGet *options = self->options;
    if (!self->accepted && options->accept != NULL &&
        !options->accept(self->head->data, self->head->len, self->info, options->user_data)) {
        g_set_error_literal(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_UNWANTED,
                            "not wanted by its first bytes");
        return FALSE;
    }
    self->accepted = TRUE;
    return append(self->fd, self->head->data, self->head->len, error);
}

/* What the headers say already. */
static gboolean start(Download *self, const HttpResponse *response, GError **error)
{
    self->info = s3_download_read_info(response);
    if (self->info->size < 0) {
        g_set_error_literal(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_CORRUPT,
                            "the server does not say how long the object is");
        return FALSE;
    }
    if ((guint64)self->info->size > self->options->max_bytes) {
        g_set_error(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_TOO_LARGE,
                    "%" G_GINT64_FORMAT " bytes are more than %" G_GSIZE_FORMAT, self->info->size,
                    self->options->max_bytes);
        return FALSE;
    }
    return TRUE;
}

static gboolean receive(const HttpResponse *response, const guint8 *bytes, gsize size,
                        gpointer user_data, GError **error)
{
    Download *self = user_data;
    if (self->info == NULL && !start(self, response, error))
        return FALSE;
    gboolean head_was_full = self->head->len >= HEAD_BYTES;
    self->size += size;
    if (self->size > self->info->size) {
        g_set_error_literal(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_CORRUPT,
                            "more bytes than the server announced");
        return FALSE;
    }
    g_checksum_update(self->md5, bytes, size);
    if (head_was_full)
        return append(self->fd, bytes, size, error);
    g_byte_array_append(self->head, bytes, size);
    return self->head->len < HEAD_BYTES || ask_accept(self, error);
}

/* Nothing is in @fd and nothing has been seen. */
static gboolean rewind_download(Download *self, GError **error)
{
    g_clear_pointer(&self->info, object_info_free);
    g_byte_array_set_size(self->head, 0);
    g_checksum_reset(self->md5);
    self->size = 0;
    if (ftruncate(self->fd, 0) == 0 && lseek(self->fd, 0, SEEK_SET) == 0)
        return TRUE;
    g_set_error(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_UNAVAILABLE,
                "emptying the file again: %s", g_strerror(errno));
    return FALSE;
}

/* The whole object is in the file; @md5_agrees is TRUE as well where there is none to compare. */
static gboolean fetch(Download *self, S3Client *client, const S3Request *request,
                      gboolean *md5_agrees, GCancellable *cancellable, GError **error)
{
    g_autoptr(HttpResponse) response = s3_client_send(client, request, cancellable, error);
    if (response == NULL)
        return FALSE;
    g_autoptr(GError) problem = NULL;
    if (self->info == NULL)
        start(self, response, &problem); /* there was no body */
    if (problem == NULL && self->size != self->info->size)
        g_set_error(&problem, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_CORRUPT,
                    "%" G_GINT64_FORMAT " bytes came of %" G_GINT64_FORMAT, self->size,
                    self->info->size);
    if (problem == NULL && self->head->len < HEAD_BYTES)
        ask_accept(self, &problem);
    if (problem != NULL) {
        g_propagate_prefixed_error(error, g_steal_pointer(&problem), "GET %s/%s: ", request->bucket,
                                   request->key);
        return FALSE;
    }
    *md5_agrees = !has_md5_etag(response, self->info) ||
                  g_ascii_strcasecmp(g_checksum_get_string(self->md5), self->info->etag) == 0;
    return TRUE;
}

static gboolean fetch_and_check(Download *self, S3Client *client, S3OddBuckets *odd,
                                const S3Request *request, GCancellable *cancellable, GError **error)
{
    gboolean md5_agrees;
    if (!fetch(self, client, request, &md5_agrees, cancellable, error))
        return FALSE;
    if (md5_agrees || is_odd_bucket(odd, request->bucket))
        return TRUE;
    /* A checksum that was read has closed its sum: the copy keeps the digest over the rewind. */
    g_autofree char *first = g_strdup(g_checksum_get_string(self->md5));
    gint64 first_size = self->size;
    if (!rewind_download(self, error) ||
        !fetch(self, client, request, &md5_agrees, cancellable, error))
        return FALSE;
    if (md5_agrees)
        return TRUE;
    if (first_size != self->size || strcmp(first, g_checksum_get_string(self->md5)) != 0) {
        g_set_error(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_CORRUPT,
                    "GET %s/%s: the bytes do not have the MD5 that the ETag %s says, and differ "
                    "from one transfer to the next",
                    request->bucket, request->key, self->info->etag);
        return FALSE;
    }
    add_odd_bucket(odd, request->bucket);
    return TRUE;
}

ObjectInfo *s3_download_run(S3Client *client, S3OddBuckets *odd, const char *bucket,
                            const char *key, const ObjectGet *options, int fd,
                            GCancellable *cancellable, GError **error)
{
    g_autoptr(GByteArray) head = g_byte_array_new();
    g_autoptr(GChecksum) md5 = g_checksum_new(G_CHECKSUM_MD5);
    Download download = {.options = options, .fd = fd, .head = head, .md5 = md5};
    S3Request request = {
        .method = "GET",
        .bucket = bucket,
        .key = key,
        .receive = receive,
        .user_data = &download,
    };
    gboolean complete = fetch_and_check(&download, client, odd, &request, cancellable, error);
    g_autoptr(ObjectInfo) info = download.info;
    return complete ? g_steal_pointer(&info) : NULL;
}
