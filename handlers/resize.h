/* SPDX-License-Identifier: Apache-2.0
 *
 * From the working picture to an output of exact dimensions (Lanczos 3, alpha premultiplied
 * meanwhile).
 */
#pragma once

#include "handlers/picture.h"

/* A lazy image of exactly @width × @height, neither side larger than that of @picture; leaves
 * @picture as small as this output allows. */
VipsImage *resize_to(Picture *picture, guint width, guint height,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
