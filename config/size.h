/* SPDX-License-Identifier: Apache-2.0
 *
 * What one entry of `sizes:` asks for, and the names its choices go by. Shared by the two programs:
 * the configuration fills a Size, the handler reads it from a plan. Plain data, immutable once
 * loaded. */
#pragma once

#include <glib.h>

typedef enum {
    IMAGE_FORMAT_SAME, /* as an output: the format of the source; as a source: not known */
    IMAGE_FORMAT_JPEG,
    IMAGE_FORMAT_PNG,
    IMAGE_FORMAT_WEBP,
    IMAGE_FORMAT_GIF,
    IMAGE_FORMAT_COUNT,
} ImageFormat;

typedef enum {
    SIZE_FIT_INSIDE, /* largest that fits the box, proportions kept, never enlarged */
    SIZE_FIT_COUNT,
} SizeFit;

typedef struct {
    char *name;   /* [a-z0-9_-]+ */
    guint width;  /* pixels; 0: follows from the height */
    guint height; /* pixels; 0: follows from the width; one of the two is set */
    SizeFit fit;
    ImageFormat format;
    guint quality; /* 1 to 100; of lossy formats */
} Size;

void size_free(Size *size);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Size, size_free)

/* "jpeg", "png", …; "same" for IMAGE_FORMAT_SAME. */
const char *image_format_name(ImageFormat format);
/* "image/jpeg", …; "application/octet-stream" for IMAGE_FORMAT_SAME. */
const char *image_format_content_type(ImageFormat format);
/* The extension we give a file of that format, without the dot: "jpg", "png", "webp", "gif". */
const char *image_format_extension(ImageFormat format);
/* The format that a file name's extension claims, in any case ("a.JPEG"); IMAGE_FORMAT_SAME when
 * it claims none we know. */
ImageFormat image_format_of_name(const char *name);
/* The format that the first bytes show (32 are enough); IMAGE_FORMAT_SAME when it is none of ours.
 */
ImageFormat image_format_of_bytes(gconstpointer bytes, gsize size);
const char *size_fit_name(SizeFit fit);
