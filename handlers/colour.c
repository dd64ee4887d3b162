/* SPDX-License-Identifier: Apache-2.0 */
#include "handlers/colour.h"

static gboolean has_profile(VipsImage *image)
{
    return vips_image_get_typeof(image, VIPS_META_ICC_NAME) != 0;
}

/* libvips 8.14 carries alpha through a profile transform without bringing it from 16 bits to 8:
 * nearly everything becomes opaque. Eight bits from the start then. */
static VipsImage *with_alpha_in_8_bits(VipsImage *image)
{
    if (image->BandFmt != VIPS_FORMAT_USHORT || !vips_image_hasalpha(image))
        return g_object_ref(image);
    g_autoptr(VipsImage) narrow = NULL;
    VipsImage *result = NULL;
    if (vips_cast(image, &narrow, VIPS_FORMAT_UCHAR, "shift", TRUE, NULL) != 0 ||
        vips_copy(narrow, &result, "interpretation",
                  image->Bands < 3 ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB, NULL) != 0)
        return NULL;
    return result;
}

/* Relative intent with black point compensation, the usual choice for photographs: without it black
 * ink becomes dark grey (sharp issue 2365). NULL, with libvips's error set, when no profile fits.
 */
static VipsImage *transform(VipsImage *image)
{
    VipsImage *transformed = NULL;
    g_autoptr(VipsImage) source = with_alpha_in_8_bits(image);
    if (source == NULL)
        return NULL;
    /* libvips carries a profile for CMYK without one; it takes its place also where the embedded
     * one is for another number of inks. */
    const char *fallback = image->Type == VIPS_INTERPRETATION_CMYK ? "cmyk" : "srgb";
    if (vips_icc_transform(source, &transformed, "srgb", "embedded", TRUE, "input_profile",
                           fallback, "intent", VIPS_INTENT_RELATIVE, "black_point_compensation",
                           TRUE, "depth", 8, NULL) != 0)
        return NULL;
    return transformed;
}

static VipsImage *without_profile(VipsImage *image)
{
    VipsImage *copy = NULL;
    if (vips_copy(image, &copy, NULL) != 0)
        return NULL;
    vips_image_remove(copy, VIPS_META_ICC_NAME);
    return copy;
}

static VipsImage *to_srgb(VipsImage *image)
{
    g_autoptr(VipsImage) screen = NULL;
    if (has_profile(image) || image->Type == VIPS_INTERPRETATION_CMYK)
        screen = transform(image);
    if (screen == NULL) {
        if (has_profile(image))
            g_debug("ignoring the embedded profile: %s", vips_error_buffer());
        vips_error_clear();
        screen = without_profile(image);
    }
    if (screen == NULL)
        return NULL;
    /* Grey stays one band: a profile makes three equal ones of it. */
    gboolean grey = image->Bands < 3;
    VipsImage *result = NULL;
    if (vips_colourspace(screen, &result, grey ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB,
                         NULL) != 0)
        return NULL;
    return result;
}

VipsImage *colour_to_srgb(VipsImage *image, GError **error)
{
    VipsImage *result = to_srgb(image);
    if (result == NULL)
        vips_image_take_error(error);
    return result;
}
