/* SPDX-License-Identifier: Apache-2.0
 *
 * The eight ways in which EXIF lets a camera store a picture, and back to upright. */
#pragma once

#include "handlers/vips_image.h"

/* Whether width and height change places. @orientation: 1 to 8. */
gboolean orient_swaps(guint orientation);

/* A lazy, upright picture. @image should be in memory: turning asks for it from all sides. */
VipsImage *orient_upright(VipsImage *image, guint orientation,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
