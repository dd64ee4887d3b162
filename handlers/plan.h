/* SPDX-License-Identifier: Apache-2.0
 *
 * What a handler is asked to make of one source: all sizes of all matching rules. Plain data
 * without pointers, so that it goes over the wire as it is (both ends are built from the same tree
 * and the greeting compares versions). */
#pragma once

#include "config/size.h"

#include <glib.h>

#define PLAN_MAX_SIZES 64

/* Raised whenever the same plan would make other bytes than before: old outputs are then stale. */
#define PLAN_REVISION 1

typedef struct {
    guint32 width;   /* pixels; 0: follows from the height */
    guint32 height;  /* pixels; 0: follows from the width */
    guint32 fit;     /* SizeFit */
    guint32 format;  /* ImageFormat; IMAGE_FORMAT_SAME: that of the source */
    guint32 quality; /* 1 to 100 */
} PlanSize;

typedef struct {
    guint64 max_pixels;       /* width × height of the source */
    guint64 max_output_bytes; /* of one output */
    guint32 formats;          /* a bit (1 << ImageFormat) for each source format taken */
    guint32 size_count;       /* 1 to PLAN_MAX_SIZES */
    PlanSize sizes[PLAN_MAX_SIZES];
} Plan;

PlanSize plan_size_from(const Size *size);
gboolean plan_size_equal(const PlanSize *a, const PlanSize *b);
/* 16 hex digits of SHA-256 over the canonical text of @size and PLAN_REVISION: the `plan` metadata
 * of an output, by which a later run knows whether the output is still what the settings ask for.
 */
char *plan_size_hash(const PlanSize *size);
/* Whether what came over the wire keeps to the bounds above. */
gboolean plan_is_valid(const Plan *plan);

/* The box rule of SIZE_FIT_INSIDE in exact arithmetic: the largest width × height with the source's
 * proportions that fits the box and does not exceed the source; each side is rounded half up and at
 * least 1. Source: width × height after orientation, both at least 1. */
void plan_size_fit(const PlanSize *size, guint source_width, guint source_height, guint *width,
                   guint *height);
