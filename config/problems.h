/* SPDX-License-Identifier: Apache-2.0
 *
 * Everything that is wrong with a configuration, gathered so that the operator sees all of it at
 * once, in the order of the file. One thread. */
#pragma once

#include <glib.h>

/* Where a setting was written: a file with line and column counted from 1, or, with line 0, the
 * environment variable. */
typedef struct {
    const char *source; /* interned */
    guint line;
    guint column;
} Location;

Location location_of_variable(const char *name);
/* "file:line:col" or the variable's name. */
char *location_text(Location location);

typedef struct Problems Problems;

Problems *problems_new(void);
void problems_free(Problems *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Problems, problems_free)

void problems_add(Problems *self, Location location, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* The same for a setting: in a file its @path ("handlers.deadline") goes before the message; a
 * variable's name says that already. */
void problems_add_at(Problems *self, Location location, const char *path, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
gboolean problems_is_empty(const Problems *self);
/* One "file:line:col: message" a line. */
char *problems_text(Problems *self);
