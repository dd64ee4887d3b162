/* SPDX-License-Identifier: Apache-2.0 */
#include "handlers/decode.h"

#include "handlers/alpha.h"
#include "handlers/file_end.h"

/* A decoder's own reduction is a plain block average, so the final, better one must be left
 * something to do. Half as much again suffices: compared with 2, no difference shows, and the
 * picture to decode is up to four times smaller. */
#define HEADROOM_NUMERATOR   3
#define HEADROOM_DENOMINATOR 2

void decode_clear(Decoded *decoded)
{
    g_clear_object(&decoded->image);
}

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

static void set_decoder_error(ImageFormat format, gconstpointer bytes, gsize size, GError **error)
{
    GError *cause = NULL;
    vips_image_take_error(&cause);
    if (cause->code == IMAGE_ERROR_CORRUPT && file_end_is_missing(format, bytes, size))
        cause->code = IMAGE_ERROR_TRUNCATED;
    g_propagate_error(error, cause);
}

VipsImage *decode_open(ImageFormat format, gconstpointer bytes, gsize size, GError **error)
{
    VipsImage *image = NULL;
    vips_error_clear(); /* what earlier work left behind must not be read as this image's */
    /* libvips takes the bytes as void * and only reads them. */
    if (load(format, (void *)bytes, size, 1, &image) != 0) {
        set_decoder_error(format, bytes, size, error);
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

/* Reduces @opened while it streams by, so that what is held in memory depends on the outputs, not
 * on the source; the whole factor is what vips_resize() would begin with anyway. */
static int read_pixels(VipsImage *opened, guint width, guint height, Decoded *decoded)
{
    guint factor = MIN(opened->Xsize / (2 * width), opened->Ysize / (2 * height));
    g_autoptr(VipsImage) reduced = NULL;
    if (factor < 2) {
        reduced = g_object_ref(opened);
    } else {
        g_autoptr(VipsImage) even = alpha_premultiply(opened);
        if (even == NULL || vips_shrink(even, &reduced, factor, factor, NULL) != 0)
            return -1;
        decoded->premultiplied = vips_image_hasalpha(opened);
    }
    decoded->image = vips_image_copy_memory(reduced);
    return decoded->image != NULL ? 0 : -1;
}

gboolean decode_source(gconstpointer bytes, gsize size, const ImageInfo *info, guint width,
                       guint height, Decoded *decoded, GError **error)
{
    g_autoptr(VipsImage) opened = decode_open(info->format, bytes, size, error);
    if (opened == NULL)
        return FALSE;

    guint shrink = shrink_on_load(info, vips_image_hasalpha(opened), width, height);
    if (shrink > 1) {
        g_clear_object(&opened);
        if (load(info->format, (void *)bytes, size, shrink, &opened) != 0) {
            set_decoder_error(info->format, bytes, size, error);
            return FALSE;
        }
    }
    if (read_pixels(opened, width, height, decoded) != 0) {
        set_decoder_error(info->format, bytes, size, error);
        return FALSE;
    }
    forget_metadata(decoded->image);
    return TRUE;
}
