/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/stores/directory_metadata.h"

#include "pipeline/stores/directory_tree.h"

#include <jansson.h>
#include <stdio.h>
#include <unistd.h>

static char *make_path(const char *path)
{
    return g_strdup_printf(".thumbpipe/metadata/%s.json", path);
}

static gint64 modified_ns(const struct stat *status)
{
    return status->st_mtim.tv_sec * G_GINT64_CONSTANT(1000000000) + status->st_mtim.tv_nsec;
}

static ObjectInfo *read_info(json_t *root, const struct stat *status)
{
    json_int_t size, time_ns;
    const char *etag, *content_type, *name;
    json_t *metadata, *value;
    if (json_unpack(root, "{s:I, s:I, s:s, s:s, s:o}", "size", &size, "mtime_ns", &time_ns, "etag",
                    &etag, "content_type", &content_type, "metadata", &metadata) != 0 ||
        size != status->st_size || time_ns != modified_ns(status))
        return NULL;
    ObjectInfo *info = object_info_new();
    info->size = size;
    info->etag = g_strdup(etag);
    info->content_type = g_strdup(content_type);
    json_object_foreach(metadata, name, value) if (json_is_string(value))
        g_hash_table_replace(info->metadata, g_strdup(name), g_strdup(json_string_value(value)));
    return info;
}

ObjectInfo *directory_metadata_load(int root_fd, const char *path, const struct stat *status)
{
    g_autofree char *json_path = make_path(path);
    struct stat json_status;
    int fd = directory_tree_open(root_fd, json_path, &json_status, NULL);
    if (fd < 0)
        return NULL;
    json_t *root = json_loadfd(fd, 0, NULL);
    close(fd);
    ObjectInfo *info = root != NULL ? read_info(root, status) : NULL;
    json_decref(root);
    return info;
}

/* NULL where a text is not UTF-8. */
static char *write_info(const ObjectInfo *info, const struct stat *status)
{
    json_t *metadata = json_object();
    gboolean complete = TRUE;
    GHashTableIter iter;
    gpointer name, value;
    g_hash_table_iter_init(&iter, info->metadata);
    while (g_hash_table_iter_next(&iter, &name, &value))
        complete &= json_object_set_new(metadata, name, json_string(value)) == 0;
    json_t *root = json_pack("{s:I, s:I, s:s, s:s, s:o}", "size", (json_int_t)status->st_size,
                             "mtime_ns", (json_int_t)modified_ns(status), "etag", info->etag,
                             "content_type", info->content_type, "metadata", metadata);
    char *text =
        root != NULL && complete ? json_dumps(root, JSON_INDENT(1) | JSON_SORT_KEYS) : NULL;
    json_decref(root);
    return text;
}

gboolean directory_metadata_save(int root_fd, const char *path, const struct stat *status,
                                 const ObjectInfo *info, GError **error)
{
    g_autofree char *json_path = make_path(path);
    char *text = write_info(info, status);
    if (text == NULL) {
        g_set_error(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_DENIED,
                    "the metadata of %s is not UTF-8", path);
        return FALSE;
    }
    g_autoptr(GError) problem = NULL;
    /* Not durable: half a file or none says nothing, and its loss costs work done again. */
    g_autoptr(DirectoryTreeFile) file =
        directory_tree_write(root_fd, json_path, text, strlen(text), FALSE, &problem);
    free(text);
    if (file != NULL && directory_tree_commit(file, &problem))
        return TRUE;
    if (g_error_matches(problem, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_DENIED))
        return TRUE; /* costs work done again, never a wrong answer */
    g_propagate_error(error, g_steal_pointer(&problem));
    return FALSE;
}

gboolean directory_metadata_remove(int root_fd, const char *path, GError **error)
{
    g_autofree char *json_path = make_path(path);
    return directory_tree_remove(root_fd, json_path, error);
}
