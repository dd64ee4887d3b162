/* SPDX-License-Identifier: Apache-2.0 */
#include "handlers/resize.h"

#include "handlers/alpha.h"

static VipsImage *scale(VipsImage *image, guint width, guint height)
{
    VipsImage *scaled = NULL;
    /* vips_resize() rounds input × scale to the nearest pixel: the quotient comes back exactly. */
    if (vips_resize(image, &scaled, (double)width / image->Xsize, "vscale",
                    (double)height / image->Ysize, "kernel", VIPS_KERNEL_LANCZOS3, NULL) != 0)
        return NULL;
    g_assert((guint)scaled->Xsize == width && (guint)scaled->Ysize == height);
    return scaled;
}

static VipsImage *resize(const Decoded *decoded, guint width, guint height)
{
    VipsImage *image = decoded->image;
    if ((guint)image->Xsize == width && (guint)image->Ysize == height && !decoded->premultiplied)
        return g_object_ref(image);
    g_autoptr(VipsImage) even =
        decoded->premultiplied ? g_object_ref(image) : alpha_premultiply(image);
    if (even == NULL)
        return NULL;
    g_autoptr(VipsImage) scaled = scale(even, width, height);
    if (scaled == NULL)
        return NULL;
    return alpha_unpremultiply(scaled);
}

VipsImage *resize_to(const Decoded *decoded, guint width, guint height, GError **error)
{
    VipsImage *resized = resize(decoded, width, height);
    if (resized == NULL)
        vips_image_take_error(error);
    return resized;
}
