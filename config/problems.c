/* SPDX-License-Identifier: Apache-2.0 */
#include "config/problems.h"

typedef struct {
    Location location;
    guint source_index; /* sources in the order in which they first had a problem */
    char *message;
} Problem;

struct Problems {
    GPtrArray *list;
    GPtrArray *sources;
};

static void problem_free(gpointer data)
{
    Problem *problem = data;
    g_free(problem->message);
    g_free(problem);
}

Location location_of_variable(const char *name)
{
    return (Location){.source = g_intern_string(name)};
}

char *location_text(Location location)
{
    if (location.line == 0)
        return g_strdup(location.source);
    return g_strdup_printf("%s:%u:%u", location.source, location.line, location.column);
}

Problems *problems_new(void)
{
    Problems *self = g_new0(Problems, 1);
    self->list = g_ptr_array_new_with_free_func(problem_free);
    self->sources = g_ptr_array_new();
    return self;
}

void problems_free(Problems *self)
{
    if (self == NULL)
        return;
    g_ptr_array_unref(self->list);
    g_ptr_array_unref(self->sources);
    g_free(self);
}

static void take(Problems *self, Location location, char *message)
{
    Problem *problem = g_new0(Problem, 1);
    problem->location = location;
    problem->message = message;
    if (!g_ptr_array_find(self->sources, location.source, &problem->source_index)) {
        problem->source_index = self->sources->len;
        g_ptr_array_add(self->sources, (gpointer)location.source);
    }
    g_ptr_array_add(self->list, problem);
}

void problems_add(Problems *self, Location location, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    take(self, location, g_strdup_vprintf(format, arguments));
    va_end(arguments);
}

void problems_add_at(Problems *self, Location location, const char *path, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    if (location.line == 0)
        take(self, location, g_steal_pointer(&message));
    else
        take(self, location, g_strconcat(path, ": ", message, NULL));
}

gboolean problems_is_empty(const Problems *self)
{
    return self->list->len == 0;
}

static gint compare(gconstpointer a, gconstpointer b)
{
    const Problem *left = *(const Problem *const *)a;
    const Problem *right = *(const Problem *const *)b;
    if (left->source_index != right->source_index)
        return left->source_index < right->source_index ? -1 : 1;
    if (left->location.line != right->location.line)
        return left->location.line < right->location.line ? -1 : 1;
    if (left->location.column != right->location.column)
        return left->location.column < right->location.column ? -1 : 1;
    return 0;
}

char *problems_text(Problems *self)
{
    g_ptr_array_sort(self->list, compare);
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < self->list->len; i++) {
        const Problem *problem = self->list->pdata[i];
        g_autofree char *location = location_text(problem->location);
        g_string_append_printf(text, "%s%s: %s", i == 0 ? "" : "\n", location, problem->message);
    }
    return g_string_free(text, FALSE);
}
