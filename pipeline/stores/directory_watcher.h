/* SPDX-License-Identifier: Apache-2.0
 *
 * Watches the buckets of a directory store (the sub-folders of its root, at any depth) and tells of
 * every file that is complete: closed after writing, or moved in, or there at start. One thread of
 * its own, on which the callback runs. New folders are watched as they appear, and what lies in
 * them already is told; an overflow of the kernel's queue leads to a new scan, so that nothing is
 * missed (a file may be told twice). Files and folders whose name begins with a dot are not
 * objects. */
#pragma once

#include <glib.h>

typedef void (*DirectoryWatcherFunc)(const char *bucket, const char *key, gint64 size,
                                     gint64 time_ms, gpointer user_data);

typedef struct DirectoryWatcher DirectoryWatcher;

/* Starts at once. */
DirectoryWatcher *directory_watcher_new(const char *root, DirectoryWatcherFunc found,
                                        gpointer user_data,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Stops the thread; no callback runs after it returns. */
void directory_watcher_free(DirectoryWatcher *watcher);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DirectoryWatcher, directory_watcher_free)
