/* SPDX-License-Identifier: Apache-2.0
 *
 * Numbers as an operator writes them: "8", "100MiB", "30s", "100M". The whole text must be the
 * number: "200px" is not 200. */
#pragma once

#include <glib.h>

typedef enum {
    QUANTITY_INTEGER,
    QUANTITY_COUNT,    /* k, M, G may follow */
    QUANTITY_BYTES,    /* B, kB, MB, GB, KiB, MiB, GiB must follow */
    QUANTITY_DURATION, /* ms, s, m, h must follow; in milliseconds */
    QUANTITY_KINDS,
} QuantityKind;

/* On failure @problem (transfer full) says what to write, to follow "setting: ". */
gboolean quantity_parse(const char *text, QuantityKind kind, guint64 *value, char **problem);
/* As it would stand in a file, in the largest unit that leaves a whole number. */
char *quantity_text(guint64 value, QuantityKind kind);
