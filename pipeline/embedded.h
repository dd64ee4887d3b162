/* SPDX-License-Identifier: Apache-2.0
 *
 * `kafka.brokers: embedded`: a broker in the process and a watcher that publishes an event for
 * every file put into a folder bucket, so that the same pipeline runs with no server at all. For
 * trying out. */
#pragma once

#include "config/config.h"

typedef struct Embedded Embedded;

/* Makes the root folder of a directory store, and a bucket folder for each rule that names one; to
 * be called before the store is opened. */
gboolean embedded_make_folders(const Config *config, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* @config is borrowed. */
Embedded *embedded_new(const Config *config, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void embedded_free(Embedded *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Embedded, embedded_free)

/* The brokers to connect to; owned by @self. */
const char *embedded_address(const Embedded *self);
/* Begins to publish; with storage other than a directory there is nothing to watch. */
gboolean embedded_watch(Embedded *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
