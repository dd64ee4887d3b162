/* SPDX-License-Identifier: Apache-2.0 */
#include "handlers/plan.h"

#define HASH_DIGITS 16

PlanSize plan_size_from(const Size *size)
{
    return (PlanSize){
        .width = size->width,
        .height = size->height,
        .fit = size->fit,
        .format = size->format,
        .quality = size->quality,
    };
}

gboolean plan_size_equal(const PlanSize *a, const PlanSize *b)
{
    return a->width == b->width && a->height == b->height && a->fit == b->fit &&
           a->format == b->format && a->quality == b->quality;
}

char *plan_size_hash(const PlanSize *size)
{
    /* Names rather than numbers: the enums may be reordered without making every output stale. */
    g_autofree char *text = g_strdup_printf(
        "revision=%d width=%u height=%u fit=%s format=%s quality=%u", PLAN_REVISION, size->width,
        size->height, size_fit_name(size->fit), image_format_name(size->format), size->quality);
    g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
    return g_strndup(digest, HASH_DIGITS);
}

static gboolean size_is_valid(const PlanSize *size)
{
    return (size->width > 0 || size->height > 0) && size->fit < SIZE_FIT_COUNT &&
           size->format < IMAGE_FORMAT_COUNT && size->quality >= 1 && size->quality <= 100;
}

gboolean plan_is_valid(const Plan *plan)
{
    if (plan->size_count < 1 || plan->size_count > PLAN_MAX_SIZES)
        return FALSE;
    /* A bit for SAME would stand for bytes of no known format. */
    if ((plan->formats & (1u << IMAGE_FORMAT_SAME)) != 0 ||
        plan->formats >> IMAGE_FORMAT_COUNT != 0)
        return FALSE;
    for (guint i = 0; i < plan->size_count; i++)
        if (!size_is_valid(&plan->sizes[i]))
            return FALSE;
    return TRUE;
}

/* @length × @numerator / @denominator, rounded half up, at least 1. Neither the product of two
 * 32-bit numbers nor the comparison of the remainder can overflow 64 bits. */
static guint scale_rounded(guint length, guint numerator, guint denominator)
{
    guint64 product = (guint64)length * numerator;
    guint64 quotient = product / denominator;
    guint64 remainder = product % denominator;
    if (remainder >= denominator - remainder)
        quotient++;
    return (guint)MAX(quotient, 1);
}

void plan_size_fit(const PlanSize *size, guint source_width, guint source_height, guint *width,
                   guint *height)
{
    /* A side that is not asked for, or that would enlarge, is bounded by the source's own. */
    guint box_width = size->width > 0 ? MIN(size->width, source_width) : source_width;
    guint box_height = size->height > 0 ? MIN(size->height, source_height) : source_height;

    /* The side whose ratio is the smaller one binds; the other cannot round beyond its own bound,
     * which is a whole number. */
    if ((guint64)box_width * source_height <= (guint64)box_height * source_width) {
        *width = box_width;
        *height = scale_rounded(source_height, box_width, source_width);
    } else {
        *width = scale_rounded(source_width, box_height, source_height);
        *height = box_height;
    }
}
