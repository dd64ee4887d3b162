/* SPDX-License-Identifier: Apache-2.0
 *
 * Takes EXIF, XMP and profile out of a WebP file. libvips 8.14 makes up an EXIF part for every WebP
 * it writes, also when told to strip (186 bytes that say "72 dpi"). */
#pragma once

#include <glib.h>

/* Rewrites @bytes in place and returns the new, never larger, size. What is no WebP file as its
 * container has it is left alone. */
gsize webp_metadata_remove(guint8 *bytes, gsize size);
