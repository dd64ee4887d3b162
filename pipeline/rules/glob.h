/* SPDX-License-Identifier: Apache-2.0
 *
 * Patterns of an operator: * for any bytes (/ too) and ? for any one byte. Over bytes, as object
 * keys need not be text in any encoding; time grows with the product of both lengths at most. */
#pragma once

#include <glib.h>

gboolean glob_matches(const char *pattern, const char *text);
/* Whether @wide is certain to match whatever @narrow matches. FALSE when that is not plain. */
gboolean glob_covers(const char *wide, const char *narrow);
/* Whether some text is matched by both. */
gboolean glob_overlaps(const char *a, const char *b);
