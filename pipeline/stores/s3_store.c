/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/stores/object_store.h"
#include "pipeline/stores/s3_client.h"
#include "pipeline/stores/s3_download.h"

#include <string.h>

typedef struct {
    ObjectStore parent;
    S3Client *client;
    S3OddBuckets *odd_buckets;
} S3Store;

static ObjectInfo *head(ObjectStore *store, const char *bucket, const char *key,
                        GCancellable *cancellable, GError **error)
{
    S3Request request = {.method = "HEAD", .bucket = bucket, .key = key};
    g_autoptr(HttpResponse) response =
        s3_client_send(((S3Store *)store)->client, &request, cancellable, error);
    return response != NULL ? s3_download_read_info(response) : NULL;
}

static ObjectInfo *get(ObjectStore *store, const char *bucket, const char *key,
                       const ObjectGet *options, int fd, GCancellable *cancellable, GError **error)
{
    S3Store *self = (S3Store *)store;
    return s3_download_run(self->client, self->odd_buckets, bucket, key, options, fd, cancellable,
                           error);
}

static gboolean has_control_character(const char *text)
{
    for (const char *c = text; *c != '\0'; c++)
        if (g_ascii_iscntrl(*c))
            return TRUE;
    return FALSE;
}

static gboolean is_metadata_name(const char *name)
{
    return *name != '\0' && strspn(name, "-_." G_CSET_a_2_z G_CSET_DIGITS) == strlen(name);
}

/* FALSE for what would not arrive as it is, or as a header of its own. */
static gboolean add_info_headers(GPtrArray *headers, const ObjectInfo *info, GError **error)
{
    const char *content_type =
        info->content_type != NULL ? info->content_type : "application/octet-stream";
    const char *culprit = has_control_character(content_type) ? "content type" : NULL;
    http_headers_add(headers, "Content-Type", content_type);
    GHashTableIter iter;
    gpointer name, value;
    g_hash_table_iter_init(&iter, info->metadata);
    while (g_hash_table_iter_next(&iter, &name, &value)) {
        g_autofree char *header = g_strconcat("x-amz-meta-", name, NULL);
        if (!is_metadata_name(name) || has_control_character(value))
            culprit = name;
        http_headers_add(headers, header, value);
    }
    if (culprit != NULL)
        g_set_error(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_DENIED,
                    "the metadata \"%s\" cannot be sent as a header", culprit);
    return culprit == NULL;
}

static char *make_content_md5(GBytes *bytes)
{
    g_autoptr(GChecksum) md5 = g_checksum_new(G_CHECKSUM_MD5);
    gsize size;
    const guint8 *data = g_bytes_get_data(bytes, &size);
    guint8 digest[16];
    gsize digest_size = sizeof digest;
    g_checksum_update(md5, data, size);
    g_checksum_get_digest(md5, digest, &digest_size);
    return g_base64_encode(digest, digest_size);
}

static char *put(ObjectStore *store, const char *bucket, const char *key, GBytes *bytes,
                 const ObjectInfo *info, GCancellable *cancellable, GError **error)
{
    g_autoptr(GPtrArray) headers = http_headers_new();
    g_autofree char *content_md5 = make_content_md5(bytes);
    http_headers_add(headers, "Content-MD5", content_md5);
    if (!add_info_headers(headers, info, error)) {
        g_prefix_error(error, "PUT %s/%s: ", bucket, key);
        return NULL;
    }
    S3Request request = {
        .method = "PUT", .bucket = bucket, .key = key, .headers = headers, .body = bytes};
    g_autoptr(GError) problem = NULL;
    g_autoptr(HttpResponse) response =
        s3_client_send(((S3Store *)store)->client, &request, cancellable, &problem);
    if (response == NULL) {
        /* A PUT needs no object to be there: what a 404 misses is the bucket. */
        if (problem->code == OBJECT_STORE_ERROR_GONE)
            problem->code = OBJECT_STORE_ERROR_MISCONFIGURED;
        g_propagate_error(error, g_steal_pointer(&problem));
        return NULL;
    }
    g_autoptr(ObjectInfo) stored = s3_download_read_info(response);
    if (stored->etag == NULL) /* whatever answered 200, it was no S3 server that keeps objects */
        g_set_error(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_CORRUPT,
                    "PUT %s/%s: 200 without an ETag", bucket, key);
    return g_steal_pointer(&stored->etag);
}

static gboolean remove_object(ObjectStore *store, const char *bucket, const char *key,
                              GCancellable *cancellable, GError **error)
{
    S3Request request = {.method = "DELETE", .bucket = bucket, .key = key};
    g_autoptr(GError) problem = NULL;
    g_autoptr(HttpResponse) response =
        s3_client_send(((S3Store *)store)->client, &request, cancellable, &problem);
    if (response != NULL || g_error_matches(problem, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_GONE))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&problem));
    return FALSE;
}

static void s3_store_free(ObjectStore *store)
{
    S3Store *self = (S3Store *)store;
    s3_client_free(self->client);
    s3_odd_buckets_free(self->odd_buckets);
    g_free(self);
}

ObjectStore *s3_store_new(const StorageConfig *config, GError **error)
{
    static const ObjectStoreClass class = {
        .name = "s3",
        .head_is_cheap = FALSE,
        .head = head,
        .get = get,
        .put = put,
        .remove = remove_object,
        .free = s3_store_free,
    };
    g_autoptr(S3Client) client = s3_client_new(config, error);
    if (client == NULL)
        return NULL;
    S3Store *self = g_new0(S3Store, 1);
    self->parent.class = &class;
    self->client = g_steal_pointer(&client);
    self->odd_buckets = s3_odd_buckets_new();
    return &self->parent;
}
