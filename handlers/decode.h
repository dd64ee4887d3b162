/* SPDX-License-Identifier: Apache-2.0
 *
 * The one decode of a source: opened with the single loader of its format (libvips's own sniffing
 * is never used), reduced while it is read as far as the largest output allows, and held in memory.
 */
#pragma once

#include "handlers/picture.h"

/* Reads the header; pixels follow when asked for. @bytes must outlive the image. */
VipsImage *decode_open(ImageFormat format, gconstpointer bytes, gsize size,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Decodes into @picture for outputs of at most @width × @height, as stored. Of the metadata only
 * the profile is kept. */
gboolean decode_source(gconstpointer bytes, gsize size, const ImageInfo *info, guint width,
                       guint height, Picture *picture, GError **error) G_GNUC_WARN_UNUSED_RESULT;
