/* SPDX-License-Identifier: Apache-2.0
 *
 * What an object is, by its first bytes, before any decoder sees it; and whether its name or its
 * Content-Type claimed otherwise. A PDF in the bucket is no failure; the same bytes called
 * photo.jpg are. */
#pragma once

#include "config/size.h"

typedef enum {
    SOURCE_IMAGE,       /* one of the formats taken */
    SOURCE_NOT_CLAIMED, /* no image, and nothing said it was one: skip */
    SOURCE_NOT_AN_IMAGE,
    SOURCE_UNSUPPORTED,
} SourceVerdict;

/* @formats: a bit (1 << ImageFormat) for each format taken; @content_type may be NULL. */
SourceVerdict source_type_judge(const guint8 *head, gsize size, const char *key,
                                const char *content_type, guint32 formats);
/* "not_an_image" or "unsupported_format". */
const char *source_type_reason(SourceVerdict verdict);
