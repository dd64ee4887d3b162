/* SPDX-License-Identifier: Apache-2.0 */
#include "config/quantity.h"

#include <string.h>

typedef struct {
    const char *name;
    guint64 factor;
} Unit;

/* From large to small, so that the first which divides is the one to print. */
static const Unit count_units[] = {{"G", 1000000000}, {"M", 1000000}, {"k", 1000}, {"", 1}, {0}};
static const Unit byte_units[] = {
    {"GiB", 1 << 30}, {"GB", 1000000000}, {"MiB", 1 << 20}, {"MB", 1000000},
    {"KiB", 1 << 10}, {"kB", 1000},       {"B", 1},         {0},
};
static const Unit duration_units[] = {{"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}, {0}};
static const Unit no_units[] = {{"", 1}, {0}};

static const struct {
    const Unit *units;
    const char *needs; /* what to write instead of a bare number, which stands for both %s */
    const char *known;
} kinds[QUANTITY_KINDS] = {
    [QUANTITY_INTEGER] = {no_units, NULL, "a whole number"},
    [QUANTITY_COUNT] = {count_units, NULL, "a whole number, with k, M or G for thousands"},
    [QUANTITY_BYTES] = {byte_units, "%s needs a unit: %sMiB, 64KiB, 1GiB",
                        "a whole number and a unit: B, KiB, MiB, GiB, kB, MB, GB"},
    [QUANTITY_DURATION] = {duration_units, "%s needs a unit: %ss, 500ms, 5m",
                           "a whole number and a unit: ms, s, m, h"},
};

static char *needs_unit(const char *number, QuantityKind kind)
{
    g_auto(GStrv) around = g_strsplit(kinds[kind].needs, "%s", 0);
    return g_strjoinv(number, around);
}

gboolean quantity_parse(const char *text, QuantityKind kind, guint64 *value, char **problem)
{
    gsize digits = strspn(text, "0123456789");
    if (digits == 0) {
        *problem = g_strdup_printf("'%s' is not %s", text, kinds[kind].known);
        return FALSE;
    }
    g_autofree char *number = g_strndup(text, digits);
    guint64 parsed = 0;
    if (!g_ascii_string_to_unsigned(number, 10, 0, G_MAXUINT64, &parsed, NULL)) {
        *problem = g_strdup_printf("'%s' is too large", text);
        return FALSE;
    }
    for (const Unit *unit = kinds[kind].units; unit->name != NULL; unit++) {
        if (!g_str_equal(text + digits, unit->name))
            continue;
        if (!g_uint64_checked_mul(value, parsed, unit->factor)) {
            *problem = g_strdup_printf("'%s' is too large", text);
            return FALSE;
        }
        return TRUE;
    }
    *problem = text[digits] == '\0' ? needs_unit(number, kind)
                                    : g_strdup_printf("'%s' is not %s", text, kinds[kind].known);
    return FALSE;
}

char *quantity_text(guint64 value, QuantityKind kind)
{
    const Unit *unit = kinds[kind].units;
    while (unit[1].name != NULL && (value == 0 || value % unit->factor != 0))
        unit++;
    return g_strdup_printf("%" G_GUINT64_FORMAT "%s", value / unit->factor, unit->name);
}
