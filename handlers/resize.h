/* SPDX-License-Identifier: Apache-2.0
 *
 * From the decoded picture to one of exact dimensions (Lanczos 3, alpha premultiplied meanwhile).
 */
#pragma once

#include "handlers/decode.h"

/* A lazy picture of exactly @width × @height, neither larger than the decoded one. */
VipsImage *resize_to(const Decoded *decoded, guint width, guint height,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
