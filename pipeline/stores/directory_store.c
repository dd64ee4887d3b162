/* SPDX-License-Identifier: Apache-2.0
 *
 * Buckets are the sub-folders of a root, keys the paths within them. */
#include "pipeline/stores/directory_metadata.h"
#include "pipeline/stores/directory_tree.h"
#include "pipeline/stores/object_store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define PIECE_BYTES (256 * 1024)

typedef struct {
    ObjectStore parent;
    int root_fd;
    struct {
        /* Held from the metadata's change to that of its file: the two belong together. */
        GMutex lock;
    } synced;
} DirectoryStore;

static gboolean is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static gboolean check_cancelled(GCancellable *cancellable, GError **error)
{
    if (!g_cancellable_is_cancelled(cancellable))
        return TRUE;
    g_set_error_literal(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_CANCELLED, "cancelled");
    return FALSE;
}

static gssize read_piece(int fd, guint8 *buffer, GError **error)
{
    gssize size;
    do
        size = read(fd, buffer, PIECE_BYTES);
    while (size < 0 && errno == EINTR);
    if (size < 0)
        g_set_error_literal(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_UNAVAILABLE,
                            g_strerror(errno));
    return size;
}

static gboolean write_piece(int fd, const guint8 *bytes, gsize size, GError **error)
{
    while (size > 0) {
        gssize written = write(fd, bytes, size);
        if (written < 0 && errno != EINTR) {
            g_set_error(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_UNAVAILABLE,
                        "keeping the bytes: %s", g_strerror(errno));
            return FALSE;
        }
        if (written > 0) {
            bytes += written;
            size -= written;
        }
    }
    return TRUE;
}

/* What is known of a file without reading it; the ETag only where it is kept. */
static ObjectInfo *make_info(int root_fd, const char *path, const struct stat *status)
{
    ObjectInfo *info = directory_metadata_load(root_fd, path, status);
    if (info != NULL)
        return info;
    info = object_info_new();
    info->size = status->st_size;
    info->content_type = g_strdup(image_format_content_type(image_format_of_name(path)));
    return info;
}

/* Reads all of @fd, into @options where there are any, and completes @info by the ETag. */
static gboolean read_file(int fd, const struct stat *status, ObjectInfo *info,
                          const ObjectGet *options, int to_fd, GCancellable *cancellable,
                          GError **error)
{
    g_autofree guint8 *buffer = g_malloc(PIECE_BYTES);
    g_autoptr(GChecksum) md5 = g_checksum_new(G_CHECKSUM_MD5);
    gint64 total = 0;
    gssize size;
    do {
        size = check_cancelled(cancellable, error) ? read_piece(fd, buffer, error) : -1;
        if (size < 0)
            return FALSE;
        if (total == 0 && options != NULL && options->accept != NULL &&
            !options->accept(buffer, size, info, options->user_data)) {
            g_set_error_literal(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_UNWANTED,
                                "not wanted by its first bytes");
            return FALSE;
        }
        total += size;
        g_checksum_update(md5, buffer, size);
        if (options != NULL && !write_piece(to_fd, buffer, size, error))
            return FALSE;
    } while (size > 0 && total <= status->st_size);

    struct stat after;
    if (total != status->st_size || fstat(fd, &after) != 0 || !is_same_file(status, &after)) {
        g_set_error_literal(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_CORRUPT,
                            "the file changed while it was read");
        return FALSE;
    }
    g_free(info->etag);
    info->etag = g_strdup(g_checksum_get_string(md5));
    return TRUE;
}

static ObjectInfo *head(ObjectStore *store, const char *bucket, const char *key,
                        GCancellable *cancellable, GError **error)
{
    DirectoryStore *self = (DirectoryStore *)store;
    g_autofree char *path = directory_tree_path(bucket, key, error);
    if (path == NULL)
        return NULL;
    struct stat status;
    int fd = directory_tree_open(self->root_fd, path, &status, error);
    if (fd < 0)
        return NULL;
    g_autoptr(ObjectInfo) info = make_info(self->root_fd, path, &status);
    gboolean complete =
        info->etag != NULL || read_file(fd, &status, info, NULL, -1, cancellable, error);
    close(fd);
    if (!complete) {
        g_prefix_error(error, "reading %s: ", path);
        return NULL;
    }
    return g_steal_pointer(&info);
}

static ObjectInfo *get(ObjectStore *store, const char *bucket, const char *key,
                       const ObjectGet *options, int to_fd, GCancellable *cancellable,
                       GError **error)
{
    DirectoryStore *self = (DirectoryStore *)store;
    g_autofree char *path = directory_tree_path(bucket, key, error);
    if (path == NULL)
        return NULL;
    struct stat status;
    int fd = directory_tree_open(self->root_fd, path, &status, error);
    if (fd < 0)
        return NULL;
    g_autoptr(ObjectInfo) info = make_info(self->root_fd, path, &status);
    gboolean complete = FALSE;
    if ((guint64)status.st_size > options->max_bytes)
        g_set_error(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_TOO_LARGE,
                    "%" G_GINT64_FORMAT " bytes are more than %" G_GSIZE_FORMAT,
                    (gint64)status.st_size, options->max_bytes);
    else
        complete = read_file(fd, &status, info, options, to_fd, cancellable, error);
    close(fd);
    if (!complete) {
        g_prefix_error(error, "reading %s: ", path);
        return NULL;
    }
    return g_steal_pointer(&info);
}

/* @given's content type and metadata under the ETag of @bytes. */
static ObjectInfo *make_stored_info(const char *path, GBytes *bytes, const ObjectInfo *given)
{
    ObjectInfo *info = object_info_new();
    info->size = g_bytes_get_size(bytes);
    info->etag = g_compute_checksum_for_bytes(G_CHECKSUM_MD5, bytes);
    info->content_type = g_strdup(given->content_type != NULL
                                      ? given->content_type
                                      : image_format_content_type(image_format_of_name(path)));
    GHashTableIter iter;
    gpointer name, value;
    g_hash_table_iter_init(&iter, given->metadata);
    while (g_hash_table_iter_next(&iter, &name, &value))
        g_hash_table_replace(info->metadata, g_strdup(name), g_strdup(value));
    return info;
}

static char *put(ObjectStore *store, const char *bucket, const char *key, GBytes *bytes,
                 const ObjectInfo *given, GCancellable *cancellable, GError **error)
{
    DirectoryStore *self = (DirectoryStore *)store;
    g_autofree char *path = directory_tree_path(bucket, key, error);
    if (path == NULL || !check_cancelled(cancellable, error))
        return NULL;
    gsize size;
    gconstpointer data = g_bytes_get_data(bytes, &size);
    g_autoptr(ObjectInfo) info = make_stored_info(path, bytes, given);
    g_autoptr(DirectoryTreeFile) file =
        directory_tree_write(self->root_fd, path, data, size, TRUE, error);
    if (file == NULL)
        return NULL;
    /* The metadata first: it names the file that is about to come, and holds for no other. */
    g_mutex_lock(&self->synced.lock);
    gboolean stored = directory_metadata_save(self->root_fd, path, &file->status, info, error) &&
                      directory_tree_commit(file, error);
    g_mutex_unlock(&self->synced.lock);
    return stored ? g_steal_pointer(&info->etag) : NULL;
}

static gboolean remove_object(ObjectStore *store, const char *bucket, const char *key,
                              GCancellable *cancellable, GError **error)
{
    DirectoryStore *self = (DirectoryStore *)store;
    g_autofree char *path = directory_tree_path(bucket, key, error);
    if (path == NULL || !check_cancelled(cancellable, error))
        return FALSE;
    g_mutex_lock(&self->synced.lock);
    gboolean removed = directory_tree_remove(self->root_fd, path, error) &&
                       directory_metadata_remove(self->root_fd, path, error);
    g_mutex_unlock(&self->synced.lock);
    return removed;
}

static void directory_store_free(ObjectStore *store)
{
    DirectoryStore *self = (DirectoryStore *)store;
    close(self->root_fd);
    g_mutex_clear(&self->synced.lock);
    g_free(self);
}

ObjectStore *directory_store_new(const StorageConfig *config, GError **error)
{
    static const ObjectStoreClass class = {
        .name = "directory",
        .head_is_cheap = TRUE,
        .head = head,
        .get = get,
        .put = put,
        .remove = remove_object,
        .free = directory_store_free,
    };
    const char *root = config->root != NULL ? config->root : "";
    int root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root_fd < 0) {
        g_set_error(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_MISCONFIGURED,
                    "the storage folder \"%s\": %s", root, g_strerror(errno));
        return NULL;
    }
    DirectoryStore *self = g_new0(DirectoryStore, 1);
    self->parent.class = &class;
    self->root_fd = root_fd;
    g_mutex_init(&self->synced.lock);
    return &self->parent;
}
