/* SPDX-License-Identifier: Apache-2.0 */
#include "config/nearest.h"

#include <string.h>

/* Longer words are not names of ours, and the table below grows with both lengths. */
#define MAX_LENGTH 64

/* Insertions, deletions, replacements and swapped neighbours, each counted as one: "widht" is one
 * mistake away from "width". */
static guint distance(const char *a, const char *b)
{
    guint rows[MAX_LENGTH + 1][MAX_LENGTH + 1];
    gsize a_length = strlen(a), b_length = strlen(b);
    if (a_length > MAX_LENGTH || b_length > MAX_LENGTH)
        return G_MAXUINT;
    for (gsize i = 0; i <= a_length; i++)
        for (gsize j = 0; j <= b_length; j++) {
            if (i == 0 || j == 0) {
                rows[i][j] = i + j;
                continue;
            }
            guint replaced = g_ascii_tolower(a[i - 1]) != g_ascii_tolower(b[j - 1]);
            guint least = MIN(rows[i - 1][j] + 1, rows[i][j - 1] + 1);
            least = MIN(least, rows[i - 1][j - 1] + replaced);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                least = MIN(least, rows[i - 2][j - 2] + 1);
            rows[i][j] = least;
        }
    return rows[a_length][b_length];
}

const char *nearest_name(const char *word, const char *const *names)
{
    const char *nearest = NULL;
    /* One mistake in a short word, and one more for each five letters: more is another word. */
    guint allowed = 1 + strlen(word) / 5;
    for (; *names != NULL; names++) {
        guint found = distance(word, *names);
        if (found <= allowed && found < strlen(*names)) {
            nearest = *names;
            allowed = found - (found > 0 ? 1 : 0); /* only a better one replaces it */
        }
    }
    return nearest;
}

char *nearest_suggestion(const char *word, const char *const *names)
{
    const char *nearest = nearest_name(word, names);
    return nearest == NULL ? g_strdup("") : g_strdup_printf("; did you mean '%s'?", nearest);
}
