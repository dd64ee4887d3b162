/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/source_type.h"

#include <string.h>

/* Images that we do not take: named as such, so that nobody looks for damage in a sound file. */
static const struct {
    gsize offset;
    const char *bytes;
    gsize size;
} other_images[] = {
    {0, "II*\0", 4},          {0, "MM\0*", 4},          {4, "ftypheic", 8}, {4, "ftypheix", 8},
    {4, "ftypmif1", 8},       {4, "ftypavif", 8},       {0, "BM", 2},       {0, "\xff\x0a", 2},
    {0, "\0\0\0\x0cJXL ", 8}, {0, "\0\0\0\x0cjP  ", 8}, {0, "8BPS", 4},
};

static const char *const image_suffixes[] = {
    ".jpg", ".jpeg", ".jpe",  ".jfif", ".png",  ".webp", ".gif", ".apng",
    ".tif", ".tiff", ".heic", ".heif", ".avif", ".bmp",  ".jxl", ".jp2",
};

static gboolean claims_to_be_an_image(const char *key, const char *content_type)
{
    if (content_type != NULL && g_ascii_strncasecmp(content_type, "image/", strlen("image/")) == 0)
        return TRUE;
    gsize length = strlen(key);
    for (gsize i = 0; i < G_N_ELEMENTS(image_suffixes); i++) {
        gsize suffix = strlen(image_suffixes[i]);
        if (length >= suffix && g_ascii_strcasecmp(key + length - suffix, image_suffixes[i]) == 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean is_other_image(const guint8 *head, gsize size)
{
    for (gsize i = 0; i < G_N_ELEMENTS(other_images); i++)
        if (size >= other_images[i].offset + other_images[i].size &&
            memcmp(head + other_images[i].offset, other_images[i].bytes, other_images[i].size) == 0)
            return TRUE;
    return FALSE;
}

SourceVerdict source_type_judge(const guint8 *head, gsize size, const char *key,
                                const char *content_type, guint32 formats)
{
    ImageFormat format = image_format_of_bytes(head, size);
    if (format != IMAGE_FORMAT_SAME)
        return formats & (1u << format) ? SOURCE_IMAGE : SOURCE_UNSUPPORTED;
    if (!claims_to_be_an_image(key, content_type))
        return SOURCE_NOT_CLAIMED;
    return is_other_image(head, size) ? SOURCE_UNSUPPORTED : SOURCE_NOT_AN_IMAGE;
}

const char *source_type_reason(SourceVerdict verdict)
{
    return verdict == SOURCE_UNSUPPORTED ? "unsupported_format" : "not_an_image";
}
