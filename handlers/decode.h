/* SPDX-License-Identifier: Apache-2.0
 *
 * The one decode of a source: opened with the single loader of its format (libvips's own sniffing
 * is never used), reduced while it is read as far as the largest output allows, and held in memory.
 */
#pragma once

#include "handlers/vips_image.h"

typedef struct {
    VipsImage *image; /* in memory; 8 or 16 bits, in the source's colours and with its profile,
                         as stored (not yet turned), without any other metadata */
    gboolean premultiplied; /* colours already multiplied by alpha; FALSE without alpha */
} Decoded;

void decode_clear(Decoded *decoded);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Decoded, decode_clear)

/* Reads the header; pixels follow when asked for. @bytes must outlive the image. */
VipsImage *decode_open(ImageFormat format, gconstpointer bytes, gsize size,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Decodes for outputs of at most @width × @height, as stored. */
gboolean decode_source(gconstpointer bytes, gsize size, const ImageInfo *info, guint width,
                       guint height, Decoded *decoded, GError **error) G_GNUC_WARN_UNUSED_RESULT;
