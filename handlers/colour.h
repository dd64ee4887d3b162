/* SPDX-License-Identifier: Apache-2.0
 *
 * Any colours to what every screen and program takes for granted: 8-bit sRGB, or grey. */
#pragma once

#include "handlers/vips_image.h"

/* A lazy picture of 1 or 3 bands and perhaps alpha. By the embedded profile where there is one that
 * works; one that does not is ignored, as browsers do, and never refuses the picture. */
VipsImage *colour_to_srgb(VipsImage *image, GError **error) G_GNUC_WARN_UNUSED_RESULT;
