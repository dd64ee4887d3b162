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

static VipsImage *resize(Picture *picture, guint width, guint height)
{
    if (picture_reduce(picture, width, height) != 0)
        return NULL;
    VipsImage *image = picture->image;
    if ((guint)image->Xsize == width && (guint)image->Ysize == height)
        return picture->premultiplied ? alpha_unpremultiply(image) : g_object_ref(image);
    g_autoptr(VipsImage) scaled = scale(image, width, height);
    if (scaled == NULL)
        return NULL;
    return picture->premultiplied ? alpha_unpremultiply(scaled) : g_steal_pointer(&scaled);
}

VipsImage *resize_to(Picture *picture, guint width, guint height, GError **error)
{
    VipsImage *resized = resize(picture, width, height);
    if (resized == NULL)
        vips_image_take_error(error);
    return resized;
}
