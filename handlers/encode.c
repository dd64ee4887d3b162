/* SPDX-License-Identifier: Apache-2.0 */
#include "handlers/encode.h"

#include "handlers/webp_metadata.h"

/* "strip" became "keep" in 8.15. */
#if VIPS_MAJOR_VERSION == 8 && VIPS_MINOR_VERSION < 15
#define NO_METADATA "strip", TRUE
#else
#define NO_METADATA "keep", VIPS_FOREIGN_KEEP_NONE
#endif

#define SCREEN_DOTS_PER_MM (72 / 25.4)

typedef int (*Save)(VipsImage *image, int quality, void **bytes, gsize *size);

static int save_jpeg(VipsImage *image, int quality, void **bytes, gsize *size)
{
    /* Tables made for the picture: 3 to 6 % fewer bytes for one more pass over the coefficients. */
    return vips_jpegsave_buffer(image, bytes, size, "Q", quality, "optimize_coding", TRUE,
                                NO_METADATA, NULL);
}

static int save_png(VipsImage *image, int quality, void **bytes, gsize *size)
{
    (void)quality;
    return vips_pngsave_buffer(image, bytes, size, NO_METADATA, NULL);
}

static int save_webp(VipsImage *image, int quality, void **bytes, gsize *size)
{
    if (vips_webpsave_buffer(image, bytes, size, "Q", quality, NO_METADATA, NULL) != 0)
        return -1;
    *size = webp_metadata_remove(*bytes, *size);
    return 0;
}

static gboolean gif_has_alpha(void *bytes, gsize size)
{
    g_autoptr(VipsImage) image = NULL;
    return vips_gifload_buffer(bytes, size, &image, NULL) == 0 && vips_image_hasalpha(image);
}

/* When a picture needs less than 256 colours, libvips 8.14 gives the palette a clear one besides,
 * and dithering may use it: holes in a picture without alpha. With so few colours there is nothing
 * to dither, and without dithering the clear one stays unused. */
static int save_gif(VipsImage *image, int quality, void **bytes, gsize *size)
{
    (void)quality;
    if (vips_gifsave_buffer(image, bytes, size, NO_METADATA, NULL) != 0)
        return -1;
    if (vips_image_hasalpha(image) || !gif_has_alpha(*bytes, *size))
        return 0;
    g_clear_pointer(bytes, g_free);
    return vips_gifsave_buffer(image, bytes, size, "dither", 0.0, NO_METADATA, NULL);
}

static const struct {
    Save save;
    gboolean has_alpha;
    int max_side; /* of the format */
} formats[IMAGE_FORMAT_COUNT] = {
    [IMAGE_FORMAT_JPEG] = {save_jpeg, FALSE, 65535},
    [IMAGE_FORMAT_PNG] = {save_png, TRUE, G_MAXINT},
    [IMAGE_FORMAT_WEBP] = {save_webp, TRUE, 16383},
    [IMAGE_FORMAT_GIF] = {save_gif, TRUE, 65535},
};

static VipsImage *on_white(VipsImage *image)
{
    double white[] = {255};
    VipsArrayDouble *background = vips_array_double_new(white, G_N_ELEMENTS(white));
    VipsImage *flat = NULL;
    int failed = vips_flatten(image, &flat, "background", background, NULL);
    vips_area_unref(VIPS_AREA(background));
    return failed == 0 ? flat : NULL;
}

static int save(VipsImage *image, ImageFormat format, guint quality, void **bytes, gsize *size)
{
    g_autoptr(VipsImage) flat = vips_image_hasalpha(image) && !formats[format].has_alpha
                                    ? on_white(image)
                                    : g_object_ref(image);
    g_autoptr(VipsImage) plain = NULL;
    /* Savers write the resolution even when they are told to write no metadata. */
    if (flat == NULL ||
        vips_copy(flat, &plain, "xres", SCREEN_DOTS_PER_MM, "yres", SCREEN_DOTS_PER_MM, NULL) != 0)
        return -1;
    return formats[format].save(plain, (int)quality, bytes, size);
}

GBytes *encode_image(VipsImage *image, ImageFormat format, guint quality, GError **error)
{
    g_assert(format > IMAGE_FORMAT_SAME && format < IMAGE_FORMAT_COUNT);
    if (MAX(image->Xsize, image->Ysize) > formats[format].max_side) {
        g_set_error(error, IMAGE_ERROR, IMAGE_ERROR_TOO_LARGE, "%d × %d is more than %s can hold",
                    image->Xsize, image->Ysize, image_format_name(format));
        return NULL;
    }
    void *bytes = NULL;
    gsize size = 0;
    if (save(image, format, quality, &bytes, &size) != 0) {
        vips_image_take_error(error);
        g_prefix_error(error, "writing %s: ", image_format_name(format));
        return NULL;
    }
    return g_bytes_new_take(bytes, size);
}
