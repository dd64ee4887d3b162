/* SPDX-License-Identifier: Apache-2.0
 *
 * The working picture: what the source was decoded to, growing smaller as the outputs do. Outputs
 * are made from the largest to the smallest, each from what the one before left in memory. Being in
 * memory is the point: libvips computes line by line, and the last, smooth reduction asks for each
 * line of its input a dozen times. A lazy reduction under it would be computed as often: 640 and
 * 200 pixels, made besides 1280 from 2600, took 245 ms so and take 59 ms this way.
 */
#pragma once

#include "handlers/vips_image.h"

typedef struct {
    VipsImage *image;       /* 8 or 16 bits, in the source's colours, as stored (not yet turned) */
    gboolean premultiplied; /* colours are multiplied by alpha; FALSE without alpha */
} Picture;

void picture_clear(Picture *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Picture, picture_clear)

/* Replaces the image, which may be a decoder's and lazy, by the smallest in memory from which
 * @width × @height and everything smaller is still scaled without loss: at least twice as large, or
 * the same image when it has just these dimensions. -1 with libvips's error set. */
int picture_reduce(Picture *self, guint width, guint height) G_GNUC_WARN_UNUSED_RESULT;
