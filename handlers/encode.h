/* SPDX-License-Identifier: Apache-2.0
 *
 * Pixels to the bytes of a file, without metadata; the same pixels always give the same bytes. */
#pragma once

#include "handlers/vips_image.h"

/* @image: 8-bit sRGB or grey, perhaps with alpha, which JPEG has put on white. Lossless formats
 * have no use for @quality. NULL with IMAGE_ERROR_TOO_LARGE when the format cannot be that wide or
 * high. */
GBytes *encode_image(VipsImage *image, ImageFormat format, guint quality,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
