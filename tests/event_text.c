/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/event_text.h"

#include <string.h>

static const char *const kinds[] = {
    [EVENT_CREATED] = "created",
    [EVENT_REMOVED] = "removed",
    [EVENT_SKIPPED] = "skipped",
    [EVENT_UNPARSABLE] = "unparsable",
};

static void append_field(GString *text, const char *name, const char *value)
{
    if (value == NULL)
        return;
    g_autofree char *escaped = g_utf8_validate(value, -1, NULL) ? NULL : g_strescape(value, NULL);
    g_string_append_printf(text, "  %s%s%s\n", name, *value == '\0' ? "" : " ", escaped ?: value);
}

static void append_number(GString *text, const char *name, gint64 value)
{
    if (value != -1)
        g_string_append_printf(text, "  %s %" G_GINT64_FORMAT "\n", name, value);
}

static void append_event(GString *text, const Event *event)
{
    g_assert((event->kind == EVENT_SKIPPED) == (event->skip_reason != NULL));
    g_assert((event->kind == EVENT_UNPARSABLE) == (event->problem != NULL));
    if (event->kind == EVENT_CREATED || event->kind == EVENT_REMOVED)
        g_assert(event->bucket != NULL && event->key != NULL && event->name != NULL);

    g_string_append_printf(text, "%s %s\n", kinds[event->kind], event->name ?: "-");
    append_field(text, "because", event->skip_reason);
    append_field(text, "problem", event->problem);
    append_field(text, "dialect", event->dialect);
    append_field(text, "bucket", event->bucket);
    append_field(text, "key", event->key);
    append_field(text, "raw_key", event->raw_key);
    append_number(text, "size", event->size);
    append_field(text, "etag", event->etag);
    append_field(text, "version_id", event->version_id);
    append_field(text, "content_type", event->content_type);
    append_number(text, "time_ms", event->time_ms);
}

char *event_text_of_message(const void *value, gsize size, const EventHeader *headers,
                            gsize header_count, KeyEncoding encoding)
{
    g_autoptr(GPtrArray) events = event_parse(value, size, headers, header_count, encoding);
    g_assert_cmpuint(events->len, >, 0);
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < events->len; i++) {
        if (i > 0)
            g_string_append_c(text, '\n');
        append_event(text, events->pdata[i]);
    }
    return g_string_free(text, FALSE);
}

static void check_row(gconstpointer data)
{
    const EventRow *row = data;
    g_autofree char *text =
        event_text_of_message(row->json, strlen(row->json), NULL, 0, KEY_ENCODING_AUTO);
    if (strstr(text, row->expected) == NULL)
        g_error("%s gives\n%swithout\n%s", row->json, text, row->expected);
}

void event_text_add_rows(const EventRow *rows)
{
    for (const EventRow *row = rows; row->fact != NULL; row++)
        g_test_add_data_func(row->fact, row, check_row);
}
