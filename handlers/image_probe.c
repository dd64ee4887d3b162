/* SPDX-License-Identifier: Apache-2.0 */
#include "handlers/image_probe.h"

#include "handlers/decode.h"
#include "handlers/file_end.h"

/* The one whose loader may be called. */
static gboolean find_format(gconstpointer source, gsize size, const Plan *plan, ImageFormat *format,
                            GError **error)
{
    *format = image_format_of_bytes(source, size);
    if (*format == IMAGE_FORMAT_SAME) {
        g_set_error_literal(error, IMAGE_ERROR, IMAGE_ERROR_NOT_AN_IMAGE,
                            "the first bytes are of no image format known here");
        return FALSE;
    }
    if ((plan->formats & (1u << *format)) == 0) {
        g_set_error(error, IMAGE_ERROR, IMAGE_ERROR_UNSUPPORTED_FORMAT,
                    "%s is not among the formats taken", image_format_name(*format));
        return FALSE;
    }
    return TRUE;
}

gboolean image_probe(gconstpointer source, gsize size, const Plan *plan, ImageInfo *info,
                     GError **error)
{
    *info = (ImageInfo){.orientation = 1};
    if (!find_format(source, size, plan, &info->format, error))
        return FALSE;
    if (file_end_is_missing(info->format, source, size)) {
        g_set_error(error, IMAGE_ERROR, IMAGE_ERROR_TRUNCATED,
                    "the file ends after %" G_GSIZE_FORMAT " bytes, before a %s may end", size,
                    image_format_name(info->format));
        return FALSE;
    }
    g_autoptr(VipsImage) image = decode_open(info->format, source, size, error);
    if (image == NULL)
        return FALSE;

    info->width = (guint)image->Xsize;
    info->height = (guint)image->Ysize;
    info->orientation = CLAMP((guint)vips_image_get_orientation(image), 1, 8);
    if ((guint64)info->width * info->height > plan->max_pixels) {
        g_set_error(error, IMAGE_ERROR, IMAGE_ERROR_TOO_MANY_PIXELS,
                    "%u × %u pixels are more than the limit of %" G_GUINT64_FORMAT, info->width,
                    info->height, plan->max_pixels);
        return FALSE;
    }
    return TRUE;
}
