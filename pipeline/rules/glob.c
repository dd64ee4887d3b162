/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/rules/glob.h"

#include <string.h>

/* @text_is_pattern: a * in it stands for bytes unknown, which only a * takes. */
static gboolean match(const char *pattern, const char *text, gboolean text_is_pattern)
{
    const char *star = NULL, *retry = NULL;
    while (*text != '\0') {
        gboolean unknown = text_is_pattern && *text == '*';
        if (*pattern == '*') {
            star = pattern++;
            retry = text;
        } else if (!unknown && *pattern != '\0' && (*pattern == '?' || *pattern == *text)) {
            pattern++;
            text++;
        } else if (star != NULL) {
            /* Only the last star need give way: the earlier ones have found their place. */
            pattern = star + 1;
            text = ++retry;
        } else {
            return FALSE;
        }
    }
    return pattern[strspn(pattern, "*")] == '\0';
}

gboolean glob_matches(const char *pattern, const char *text)
{
    return match(pattern, text, FALSE);
}

gboolean glob_covers(const char *wide, const char *narrow)
{
    return match(wide, narrow, TRUE);
}

/* One cell a pair of places: whether the rest of @a after i and of @b after j have a text in
 * common. */
gboolean glob_overlaps(const char *a, const char *b)
{
    gsize rows = strlen(a) + 1, columns = strlen(b) + 1;
    g_autofree gboolean *cells = g_new0(gboolean, rows * columns);
#define CELL(i, j) cells[(i)*columns + (j)]
    for (gsize i = rows; i-- > 0;)
        for (gsize j = columns; j-- > 0;) {
            if (a[i] == '\0' && b[j] == '\0')
                CELL(i, j) = TRUE;
            else if (a[i] == '*')
                CELL(i, j) = CELL(i + 1, j) || (b[j] != '\0' && CELL(i, j + 1));
            else if (b[j] == '*')
                CELL(i, j) = CELL(i, j + 1) || (a[i] != '\0' && CELL(i + 1, j));
            else if (a[i] != '\0' && b[j] != '\0')
                CELL(i, j) = (a[i] == b[j] || a[i] == '?' || b[j] == '?') && CELL(i + 1, j + 1);
        }
    return CELL(0, 0);
#undef CELL
}
