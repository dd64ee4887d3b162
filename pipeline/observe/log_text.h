/* SPDX-License-Identifier: Apache-2.0
 *
 * How a log line is spelled: flat JSON (RFC 8259) or logfmt, with every value escaped so that it
 * stays inside its field and its line. Pure functions. */
#pragma once

#include <glib.h>

void log_text_begin(GString *text, gboolean json);
/* Appends one field; @quoted: text, else a number that is taken as it is. */
void log_text_field(GString *text, gboolean json, const char *name, const char *value,
                    gboolean quoted);
void log_text_end(GString *text, gboolean json);
/* Appends @value with control characters and stray bytes made visible: \n, \u001b, and U+FFFD for
 * bytes that are no UTF-8. @quotes: also escape " and \, as JSON wants. Line separators of Unicode
 * and direction marks are escaped too: they reorder or break what a terminal shows. */
void log_text_escape(GString *text, const char *value, gboolean quotes);
