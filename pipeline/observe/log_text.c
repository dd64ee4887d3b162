/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/observe/log_text.h"

#include <string.h>

void log_text_begin(GString *text, gboolean json)
{
    if (json)
        g_string_append_c(text, '{');
}

void log_text_end(GString *text, gboolean json)
{
    g_string_append(text, json ? "}\n" : "\n");
}

static gboolean is_plain(const char *value)
{
    return *value != '\0' && strpbrk(value, " \"=\\") == NULL;
}

void log_text_field(GString *text, gboolean json, const char *name, const char *value,
                    gboolean quoted)
{
    gboolean first = text->len == 0 || text->str[text->len - 1] == '{';
    if (json)
        g_string_append_printf(text, "%s\"%s\":", first ? "" : ",", name);
    else
        g_string_append_printf(text, "%s%s=", first ? "" : " ", name);
    if (!quoted) {
        g_string_append(text, value);
        return;
    }
    gboolean marks = json || !is_plain(value);
    if (marks)
        g_string_append_c(text, '"');
    log_text_escape(text, value, /* quotes= */ TRUE);
    if (marks)
        g_string_append_c(text, '"');
}

static const char *short_escape(gunichar character)
{
    switch (character) {
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    default:
        return NULL;
    }
}

void log_text_escape(GString *text, const char *value, gboolean quotes)
{
    g_autofree char *valid = g_utf8_make_valid(value, -1);
    for (const char *at = valid; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar character = g_utf8_get_char(at);
        GUnicodeType type = g_unichar_type(character);
        if (quotes && (character == '"' || character == '\\'))
            g_string_append_printf(text, "\\%c", (char)character);
        else if (short_escape(character) != NULL)
            g_string_append(text, short_escape(character));
        else if (type == G_UNICODE_CONTROL || type == G_UNICODE_LINE_SEPARATOR ||
                 type == G_UNICODE_PARAGRAPH_SEPARATOR ||
                 (type == G_UNICODE_FORMAT && character <= 0xffff))
            g_string_append_printf(text, "\\u%04x", character);
        else
            g_string_append_len(text, at, g_utf8_next_char(at) - at);
    }
}
