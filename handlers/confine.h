/* SPDX-License-Identifier: Apache-2.0
 *
 * What a handler process gives up before it sees an image: it ends with its parent, gains no
 * privileges, dumps no core and has its memory, files and descriptors bounded. */
#pragma once

#include <glib.h>
#include <sys/types.h>

/* AddressSanitizer reserves terabytes of addresses: there RLIMIT_AS cannot be had, and thumbpipe
 * asks for hard_rss_limit_mb instead. */
#if defined(__SANITIZE_ADDRESS__)
#define CONFINE_HAS_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CONFINE_HAS_ADDRESS_SANITIZER 1
#endif
#endif
#ifndef CONFINE_HAS_ADDRESS_SANITIZER
#define CONFINE_HAS_ADDRESS_SANITIZER 0
#endif

/* To be called by the one thread there is, before anything else is done. FALSE too when @parent is
 * not our parent (any more). */
gboolean confine_self(guint64 memory_bytes, pid_t parent, GError **error) G_GNUC_WARN_UNUSED_RESULT;
