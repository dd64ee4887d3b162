/* SPDX-License-Identifier: Apache-2.0 */
#include "handlers/alpha.h"

/* libvips answers in floats. */
static VipsImage *cast_like(VipsImage *changed, const VipsImage *original)
{
    VipsImage *rounded = NULL;
    if (vips_cast(changed, &rounded, original->BandFmt, NULL) != 0)
        return NULL;
    return rounded;
}

VipsImage *alpha_premultiply(VipsImage *image)
{
    if (!vips_image_hasalpha(image))
        return g_object_ref(image);
    g_autoptr(VipsImage) changed = NULL;
    if (vips_premultiply(image, &changed, NULL) != 0)
        return NULL;
    return cast_like(changed, image);
}

VipsImage *alpha_unpremultiply(VipsImage *image)
{
    if (!vips_image_hasalpha(image))
        return g_object_ref(image);
    g_autoptr(VipsImage) changed = NULL;
    if (vips_unpremultiply(image, &changed, NULL) != 0)
        return NULL;
    return cast_like(changed, image);
}
