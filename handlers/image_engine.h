/* SPDX-License-Identifier: Apache-2.0
 *
 * The image work behind one contract: source bytes and a plan in, encoded outputs out. An engine is
 * stateless; it runs in a handler process, one image at a time, and may end the process by its
 * failure, never the parent. Every engine passes the same golden tests. */
#pragma once

#include "handlers/plan.h"

#include <glib.h>

/* Codes are named for why an image was refused; image_error_reason() is the word in logs. */
#define IMAGE_ERROR image_error_quark()
GQuark image_error_quark(void);
typedef enum {
    IMAGE_ERROR_NOT_AN_IMAGE,
    IMAGE_ERROR_UNSUPPORTED_FORMAT,
    IMAGE_ERROR_CORRUPT,
    IMAGE_ERROR_TRUNCATED,
    IMAGE_ERROR_TOO_MANY_PIXELS,
    IMAGE_ERROR_TOO_LARGE,    /* an output over the plan's max_output_bytes */
    IMAGE_ERROR_NEEDS_MEMORY, /* an allocation was refused */
    IMAGE_ERROR_COUNT,
} ImageError;
const char *image_error_reason(ImageError code); /* "not_an_image", "corrupt", … */

typedef struct {
    ImageFormat format; /* by its bytes */
    guint width;        /* pixels as stored, before orientation */
    guint height;
    guint orientation; /* EXIF, 1 to 8; 1 where there is none */
} ImageInfo;

typedef struct {
    guint index; /* in the plan's sizes */
    ImageFormat format;
    guint width;
    guint height;
} ImageOutput;

/* Takes one finished output; @bytes is borrowed for the call. FALSE with @error set ends the run.
 */
typedef gboolean (*ImageEmit)(const ImageOutput *output, gconstpointer bytes, gsize size,
                              gpointer user_data, GError **error);

typedef struct {
    const char *name;
    /* Once per process, before any image (and before the cage closes). */
    gboolean (*start)(GError **error);
    /* Reads the header only; FALSE with an IMAGE_ERROR when it is no image the plan takes. */
    gboolean (*probe)(gconstpointer source, gsize size, const Plan *plan, ImageInfo *info,
                      GError **error);
    /* Makes every size of @plan, each emitted once, in any order. */
    gboolean (*run)(gconstpointer source, gsize size, const Plan *plan, const ImageInfo *info,
                    ImageEmit emit, gpointer user_data, GError **error);
} ImageEngine;

extern const ImageEngine vips_engine;
