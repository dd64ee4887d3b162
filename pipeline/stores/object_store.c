/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/stores/object_store.h"

GQuark object_store_error_quark(void)
{
    return g_quark_from_static_string("object_store_error");
}

ObjectInfo *object_info_new(void)
{
    ObjectInfo *info = g_new0(ObjectInfo, 1);
    info->metadata = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return info;
}

void object_info_free(ObjectInfo *info)
{
    if (info == NULL)
        return;
    g_free(info->etag);
    g_free(info->content_type);
    g_hash_table_unref(info->metadata);
    g_free(info);
}

ObjectStore *object_store_new(const StorageConfig *config, GError **error)
{
    static ObjectStore *(*const stores[])(const StorageConfig *, GError **) = {
        [STORAGE_KIND_S3] = s3_store_new,
        [STORAGE_KIND_DIRECTORY] = directory_store_new,
    };
    return stores[config->kind](config, error);
}

void object_store_free(ObjectStore *store)
{
    if (store != NULL)
        store->class->free(store);
}

ObjectInfo *object_store_head(ObjectStore *store, const char *bucket, const char *key,
                              GCancellable *cancellable, GError **error)
{
    return store->class->head(store, bucket, key, cancellable, error);
}

ObjectInfo *object_store_get(ObjectStore *store, const char *bucket, const char *key,
                             const ObjectGet *options, int fd, GCancellable *cancellable,
                             GError **error)
{
    return store->class->get(store, bucket, key, options, fd, cancellable, error);
}

char *object_store_put(ObjectStore *store, const char *bucket, const char *key, GBytes *bytes,
                       const ObjectInfo *info, GCancellable *cancellable, GError **error)
{
    return store->class->put(store, bucket, key, bytes, info, cancellable, error);
}

gboolean object_store_remove(ObjectStore *store, const char *bucket, const char *key,
                             GCancellable *cancellable, GError **error)
{
    return store->class->remove(store, bucket, key, cancellable, error);
}
