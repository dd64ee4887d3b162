/* SPDX-License-Identifier: Apache-2.0
 *
 * Files below a root folder by relative path, without a way out: every folder on the way is opened
 * from the one above and no symbolic link is followed. (Folder by folder rather than openat2(2),
 * which container runtimes of not long ago refuse.) Errors are OBJECT_STORE_ERROR. */
#pragma once

#include <gio/gio.h>
#include <glib.h>
#include <sys/stat.h>

/* "bucket/key" (transfer full), or NULL with OBJECT_STORE_ERROR_DENIED where that is no path below
 * the root: segments that are empty, or begin with a dot (they are ours: temporary files,
 * metadata). */
char *directory_tree_path(const char *bucket, const char *key,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A regular file for reading, its @status as opened; -1 with GONE where there is none. */
int directory_tree_open(int root_fd, const char *path, struct stat *status,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A file on its way: written under a temporary name, then there as a whole or not at all. */
typedef struct {
    int folder_fd;
    char *name;
    char *temporary_name; /* NULL once committed */
    gboolean durable;
    struct stat status; /* as it will be when committed */
} DirectoryTreeFile;
/* Makes the folders that are missing and writes; @durable: it outlives a loss of power. */
DirectoryTreeFile *directory_tree_write(int root_fd, const char *path, gconstpointer bytes,
                                        gsize size, gboolean durable,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean directory_tree_commit(DirectoryTreeFile *file, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Takes the temporary file away where it was not committed. */
void directory_tree_file_free(DirectoryTreeFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DirectoryTreeFile, directory_tree_file_free)

/* Nothing there is success. */
gboolean directory_tree_remove(int root_fd, const char *path,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
