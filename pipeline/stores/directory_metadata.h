/* SPDX-License-Identifier: Apache-2.0
 *
 * What a directory store knows of its files beyond their bytes: ETag, content type and user
 * metadata, as JSON beside the buckets, in .thumbpipe/metadata/BUCKET/KEY.json. It holds for the
 * file of the size and modification time that it names; of any other it says nothing. */
#pragma once

#include "pipeline/stores/object_store.h"

#include <sys/stat.h>

/* What is kept of the file that has @status; NULL when nothing is, or it is of an older file. */
ObjectInfo *directory_metadata_load(int root_fd, const char *path, const struct stat *status);
/* A path for which there can be no such file (a name too long by ".json", or one where "a.json" is
 * both a file's and a folder's) is success: the object is then stored without. */
gboolean directory_metadata_save(int root_fd, const char *path, const struct stat *status,
                                 const ObjectInfo *info, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean directory_metadata_remove(int root_fd, const char *path,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
