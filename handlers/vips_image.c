/* SPDX-License-Identifier: Apache-2.0 */
#include "handlers/vips_image.h"

#include <string.h>

/* libvips gives texts and no codes. These are of libvips 8.14 to 8.16 and of the libraries under
 * it. */
static const struct {
    const char *text;
    ImageError code;
} meanings[] = {
    {"out of memory", IMAGE_ERROR_NEEDS_MEMORY},       /* vips_tracked, libwebp */
    {"insufficient memory", IMAGE_ERROR_NEEDS_MEMORY}, /* libjpeg */
    {"cannot allocate", IMAGE_ERROR_NEEDS_MEMORY},     /* strerror(ENOMEM) */
    {"premature end", IMAGE_ERROR_TRUNCATED},          /* libjpeg */
    {"unexpected end", IMAGE_ERROR_TRUNCATED},         /* libnsgif */
    {"file truncated", IMAGE_ERROR_TRUNCATED},
};

static ImageError code_of(const char *text)
{
    g_autofree char *folded = g_ascii_strdown(text, -1);
    for (gsize i = 0; i < G_N_ELEMENTS(meanings); i++)
        if (strstr(folded, meanings[i].text) != NULL)
            return meanings[i].code;
    return IMAGE_ERROR_CORRUPT;
}

void vips_image_take_error(GError **error)
{
    g_autofree char *text = vips_error_buffer_copy(); /* empties it */
    ImageError code = code_of(text);
    /* The first line is the cause; what follows are the steps that could not go on. */
    char *end = strchr(text, '\n');
    if (end != NULL)
        *end = '\0';
    g_set_error_literal(error, IMAGE_ERROR, code,
                        *text != '\0' ? text : "the header makes no sense");
}
