/* SPDX-License-Identifier: Apache-2.0 */
#include "config/size.h"

#include <string.h>

typedef struct {
    const char *name;
    const char *content_type;
    const char *extensions[4]; /* the first is the one we give */
} FormatRow;

static const FormatRow formats[IMAGE_FORMAT_COUNT] = {
    [IMAGE_FORMAT_SAME] = {"same", "application/octet-stream", {NULL}},
    [IMAGE_FORMAT_JPEG] = {"jpeg", "image/jpeg", {"jpg", "jpeg", "jpe"}},
    [IMAGE_FORMAT_PNG] = {"png", "image/png", {"png"}},
    [IMAGE_FORMAT_WEBP] = {"webp", "image/webp", {"webp"}},
    [IMAGE_FORMAT_GIF] = {"gif", "image/gif", {"gif"}},
};

static const struct {
    ImageFormat format;
    gsize offset;
    const char *bytes;
    gsize size;
} signatures[] = {
    {IMAGE_FORMAT_JPEG, 0, "\xff\xd8\xff", 3}, {IMAGE_FORMAT_PNG, 0, "\x89PNG\r\n\x1a\n", 8},
    {IMAGE_FORMAT_WEBP, 8, "WEBP", 4},         {IMAGE_FORMAT_GIF, 0, "GIF87a", 6},
    {IMAGE_FORMAT_GIF, 0, "GIF89a", 6},
};

void size_free(Size *size)
{
    if (size == NULL)
        return;
    g_free(size->name);
    g_free(size);
}

const char *image_format_name(ImageFormat format)
{
    return formats[format].name;
}

const char *image_format_content_type(ImageFormat format)
{
    return formats[format].content_type;
}

const char *image_format_extension(ImageFormat format)
{
    return formats[format].extensions[0];
}

ImageFormat image_format_of_name(const char *name)
{
    const char *dot = strrchr(name, '.');
    if (dot == NULL)
        return IMAGE_FORMAT_SAME;
    for (guint format = 0; format < IMAGE_FORMAT_COUNT; format++)
        for (gsize i = 0; i < G_N_ELEMENTS(formats[format].extensions); i++) {
            const char *extension = formats[format].extensions[i];
            if (extension != NULL && g_ascii_strcasecmp(dot + 1, extension) == 0)
                return format;
        }
    return IMAGE_FORMAT_SAME;
}

ImageFormat image_format_of_bytes(gconstpointer bytes, gsize size)
{
    const char *start = bytes;
    for (gsize i = 0; i < G_N_ELEMENTS(signatures); i++)
        if (size >= signatures[i].offset + signatures[i].size &&
            memcmp(start + signatures[i].offset, signatures[i].bytes, signatures[i].size) == 0) {
            /* "WEBP" counts only inside a RIFF container. */
            if (signatures[i].offset == 0 || memcmp(start, "RIFF", 4) == 0)
                return signatures[i].format;
        }
    return IMAGE_FORMAT_SAME;
}

const char *size_fit_name(SizeFit fit)
{
    static const char *const names[SIZE_FIT_COUNT] = {[SIZE_FIT_INSIDE] = "inside"};
    return names[fit];
}
