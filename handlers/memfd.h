/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes in a sealed memfd: how sources and outputs pass between the two programs without a copy
 * through a pipe. The parent trusts only what is sealed against shrinking, growing and writing: a
 * child that truncates an unsealed memfd kills whoever mapped it by SIGBUS. */
#pragma once

#include <gio/gio.h>
#include <glib.h>

/* A new empty memfd that may be sealed, close-on-exec; -1 with a G_FILE_ERROR. */
int memfd_new(const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Writes all of @bytes at the end. */
gboolean memfd_write(int fd, gconstpointer bytes, gsize size,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* No shrinking, growing, writing or further sealing from here on. */
gboolean memfd_seal(int fd, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Maps @fd read-only after checking that it is a memfd sealed as by memfd_seal() and of at most
 * @max_bytes. The bytes own the mapping; @fd stays the caller's. An empty memfd gives empty bytes.
 */
GBytes *memfd_map(int fd, gsize max_bytes, GError **error) G_GNUC_WARN_UNUSED_RESULT;
