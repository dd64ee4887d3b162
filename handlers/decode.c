/* SPDX-License-Identifier: Apache-2.0 */
#include "handlers/decode.h"

/* A decoder's own reduction is a plain block average, so the final, better one must be left
 * something to do: half as much again. Measured on a photograph of 2725 × 2225 made 720 wide:
 * 39 dB against one made from all its pixels, in about a third of the time that twice as much takes
 * (52 dB). */
#define HEADROOM_NUMERATOR   3
#define HEADROOM_DENOMINATOR 2

/* Truncated: an incomplete upload must not become a picture with a grey half. Damage that decoders
 * repair with a warning only is let through: phones write such files (libvips issues 1946, 2309).
 */
#define LOAD_OPTIONS "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", VIPS_FAIL_ON_TRUNCATED

/* @shrink: 1, 2, 4 or 8; loaders that cannot reduce are not asked to. */
static int load(ImageFormat format, void *bytes, gsize size, guint shrink, VipsImage **image)
{
    switch (format) {
    case IMAGE_FORMAT_JPEG:
        return vips_jpegload_buffer(bytes, size, image, "shrink", (int)shrink, LOAD_OPTIONS, NULL);
    case IMAGE_FORMAT_PNG:
        return vips_pngload_buffer(bytes, size, image, LOAD_OPTIONS, NULL);
    case IMAGE_FORMAT_WEBP:
        return vips_webpload_buffer(bytes, size, image, "scale", 1.0 / shrink, LOAD_OPTIONS, NULL);
    case IMAGE_FORMAT_GIF:
        return vips_gifload_buffer(bytes, size, image, LOAD_OPTIONS, NULL);
    default:
        vips_error("decode", "no loader for %s", image_format_name(format));
        return -1;
    }
}

VipsImage *decode_open(ImageFormat format, gconstpointer bytes, gsize size, GError **error)
{
    VipsImage *image = NULL;
    vips_error_clear(); /* what earlier work left behind must not be read as this image's */
    /* libvips takes the bytes as void * and only reads them. */
    if (load(format, (void *)bytes, size, 1, &image) != 0) {
        vips_image_take_error(error);
        return NULL;
    }
    return image;
}

/* How much the loader itself may reduce. */
static guint shrink_on_load(const ImageInfo *info, gboolean has_alpha, guint width, guint height)
{
    /* libwebp reduces colours without regard to alpha: fringes. */
    if (info->format != IMAGE_FORMAT_JPEG && (info->format != IMAGE_FORMAT_WEBP || has_alpha))
        return 1;
    guint shrink = 1;
    /* Powers of two up to 8, for which libjpeg-turbo has fast code. */
    while (shrink < 8 &&
           (guint64)info->width * HEADROOM_DENOMINATOR >=
               (guint64)width * shrink * 2 * HEADROOM_NUMERATOR &&
           (guint64)info->height * HEADROOM_DENOMINATOR >=
               (guint64)height * shrink * 2 * HEADROOM_NUMERATOR)
        shrink *= 2;
    return shrink;
}

/* Only the profile is of use from here on. The rest (EXIF, XMP, comments, frame delays) would cost
 * memory, and some of it changes what savers do. */
static void forget_metadata(VipsImage *image)
{
    g_auto(GStrv) fields = vips_image_get_fields(image);
    for (guint i = 0; fields[i] != NULL; i++)
        if (!g_str_equal(fields[i], VIPS_META_ICC_NAME))
            vips_image_remove(image, fields[i]); /* refuses what belongs to the image itself */
}

gboolean decode_source(gconstpointer bytes, gsize size, const ImageInfo *info, guint width,
                       guint height, Picture *picture, GError **error)
{
    g_autoptr(VipsImage) opened = decode_open(info->format, bytes, size, error);
    if (opened == NULL)
        return FALSE;

    guint shrink = shrink_on_load(info, vips_image_hasalpha(opened), width, height);
    if (shrink > 1) {
        g_clear_object(&opened);
        if (load(info->format, (void *)bytes, size, shrink, &opened) != 0) {
            vips_image_take_error(error);
            return FALSE;
        }
    }
    /* Here the decoder runs; it is reduced as it streams by, so that what memory holds depends on
     * the outputs and not on the source. */
    picture->image = g_steal_pointer(&opened);
    if (picture_reduce(picture, width, height) != 0) {
        vips_image_take_error(error);
        return FALSE;
    }
    forget_metadata(picture->image);
    return TRUE;
}
