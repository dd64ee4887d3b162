/* SPDX-License-Identifier: Apache-2.0
 *
 * Colours times their alpha, and back. The colour of a clear pixel is arbitrary and must not be
 * averaged into its neighbours': dark fringes otherwise (libvips issue 291). */
#pragma once

#include "handlers/vips_image.h"

/* Both keep the number of bits, and give a picture without alpha back as it is. NULL with libvips's
 * error set. */
VipsImage *alpha_premultiply(VipsImage *image) G_GNUC_WARN_UNUSED_RESULT;
VipsImage *alpha_unpremultiply(VipsImage *image) G_GNUC_WARN_UNUSED_RESULT;
