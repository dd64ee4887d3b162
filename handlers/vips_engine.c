/* SPDX-License-Identifier: Apache-2.0
 *
 * The engine on libvips: decode once, then for each size resize, convert the colours, turn upright
 * and encode. Outputs of the same dimensions share all but the last step. */
#include "handlers/colour.h"
#include "handlers/decode.h"
#include "handlers/encode.h"
#include "handlers/image_probe.h"
#include "handlers/orient.h"
#include "handlers/resize.h"

#include <stdlib.h>
#include <time.h>

/* libvips would otherwise decode 20 and more formats, some by libraries never meant for strangers'
 * files. Its sniffers are not called at all: those of blocked loaders still run in 8.14, and one of
 * them never ends (fixed in 8.17.3). */
static const char *const taken_loaders[] = {
    "VipsForeignLoadJpeg",
    "VipsForeignLoadPng",
    "VipsForeignLoadWebp",
    "VipsForeignLoadNsgif",
};

static gboolean start(GError **error)
{
    /* Before VIPS_INIT: 8.14's run-time compiler needs writable, executable memory, and lcms asks
     * for the time zone's file in the middle of an image. The cage refuses both. */
    g_setenv("VIPS_NOVECTOR", "1", TRUE);
    g_setenv("TZ", "UTC0", TRUE);
    tzset();
    /* Where modules would be looked for: magick, poppler, openslide and more would be mapped into
     * this process, with their start-up time, only to be blocked below. */
    g_setenv("VIPSHOME", "/nonexistent", TRUE);
    if (VIPS_INIT("thumbpipe-handler") != 0) {
        vips_image_take_error(error);
        g_prefix_error(error, "starting libvips: ");
        return FALSE;
    }
    /* One image at a time, each seen once: nothing to remember. Processes are the parallelism. */
    vips_cache_set_max(0);
    vips_cache_set_max_mem(0);
    vips_cache_set_max_files(0);
    vips_concurrency_set(1);
    vips_operation_block_set("VipsForeignLoad", TRUE);
    for (gsize i = 0; i < G_N_ELEMENTS(taken_loaders); i++)
        vips_operation_block_set(taken_loaders[i], FALSE);
    return TRUE;
}

static int larger_first(gconstpointer a, gconstpointer b)
{
    const ImageOutput *first = a, *second = b;
    if (first->width != second->width)
        return first->width > second->width ? -1 : 1;
    if (first->height != second->height)
        return first->height > second->height ? -1 : 1;
    return first->index < second->index ? -1 : 1;
}

/* What is to be made, upright, with equal dimensions next to each other. */
static void list_outputs(const Plan *plan, const ImageInfo *info, ImageOutput *outputs)
{
    gboolean swapped = orient_swaps(info->orientation);
    for (guint i = 0; i < plan->size_count; i++) {
        const PlanSize *size = &plan->sizes[i];
        outputs[i].index = i;
        outputs[i].format = size->format != IMAGE_FORMAT_SAME ? size->format : info->format;
        plan_size_fit(size, swapped ? info->height : info->width,
                      swapped ? info->width : info->height, &outputs[i].width, &outputs[i].height);
    }
    qsort(outputs, plan->size_count, sizeof *outputs, larger_first);
}

static gboolean decode(gconstpointer source, gsize size, const ImageInfo *info,
                       const ImageOutput *outputs, guint count, Picture *picture, GError **error)
{
    guint width = 1, height = 1;
    for (guint i = 0; i < count; i++) {
        width = MAX(width, outputs[i].width);
        height = MAX(height, outputs[i].height);
    }
    gboolean swapped = orient_swaps(info->orientation);
    return decode_source(source, size, info, swapped ? height : width, swapped ? width : height,
                         picture, error);
}

/* The finished pixels of @output, lying in memory as stored until the last step turns them. */
static VipsImage *render(Picture *picture, const ImageInfo *info, const ImageOutput *output,
                         GError **error)
{
    gboolean swapped = orient_swaps(info->orientation);
    g_autoptr(VipsImage) resized = resize_to(picture, swapped ? output->height : output->width,
                                             swapped ? output->width : output->height, error);
    if (resized == NULL)
        return NULL;
    /* Last of all, on the fewest pixels. */
    g_autoptr(VipsImage) coloured = colour_to_srgb(resized, error);
    if (coloured == NULL)
        return NULL;
    g_autoptr(VipsImage) rendered = vips_image_copy_memory(coloured);
    if (rendered == NULL) {
        vips_image_take_error(error);
        return NULL;
    }
    return orient_upright(rendered, info->orientation, error);
}

static gboolean finish(VipsImage *pixels, const Plan *plan, const ImageOutput *output,
                       ImageEmit emit, gpointer user_data, GError **error)
{
    g_autoptr(GBytes) bytes =
        encode_image(pixels, output->format, plan->sizes[output->index].quality, error);
    if (bytes == NULL)
        return FALSE;
    gsize size;
    gconstpointer data = g_bytes_get_data(bytes, &size);
    if (size > plan->max_output_bytes) {
        g_set_error(error, IMAGE_ERROR, IMAGE_ERROR_TOO_LARGE,
                    "an output of %" G_GSIZE_FORMAT
                    " bytes is over the limit of %" G_GUINT64_FORMAT,
                    size, plan->max_output_bytes);
        return FALSE;
    }
    return emit(output, data, size, user_data, error);
}

static gboolean run(gconstpointer source, gsize size, const Plan *plan, const ImageInfo *info,
                    ImageEmit emit, gpointer user_data, GError **error)
{
    ImageOutput outputs[PLAN_MAX_SIZES] = {0};
    list_outputs(plan, info, outputs);
    g_auto(Picture) picture = {0};
    if (!decode(source, size, info, outputs, plan->size_count, &picture, error))
        return FALSE;

    g_autoptr(VipsImage) pixels = NULL;
    for (guint i = 0; i < plan->size_count; i++) {
        if (i == 0 || outputs[i].width != outputs[i - 1].width ||
            outputs[i].height != outputs[i - 1].height) {
            g_clear_object(&pixels);
            pixels = render(&picture, info, &outputs[i], error);
        }
        if (pixels == NULL || !finish(pixels, plan, &outputs[i], emit, user_data, error))
            return FALSE;
    }
    return TRUE;
}

const ImageEngine vips_engine = {
    .name = "libvips",
    .start = start,
    .probe = image_probe,
    .run = run,
};
