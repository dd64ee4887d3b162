/* SPDX-License-Identifier: Apache-2.0
 *
 * Every line this process writes to standard error: flat JSON, logfmt, or readable on a terminal.
 * Lines of many threads never mix. Whatever GLib and the libraries say through g_log()
 * goes through the same writer (their info is our debug). No value can forge a line: control
 * characters and bytes that are not UTF-8 are escaped. */
#pragma once

#include "config/config.h"

#include <glib.h>

/* Installs the writer; call once, before threads. LOG_FORMAT_AUTO: pretty on a terminal, else JSON.
 * NO_COLOR is honoured. Before it is called lines are JSON at level info. */
void log_init(LogFormat format, LogLevel level);
void log_set_level(LogLevel level);
gboolean log_enabled(LogLevel level);

typedef struct LogLine LogLine;

/* A line about @event ("event.done"); fields appear in the order they are added, each name once. */
LogLine *log_line_new(LogLevel level, const char *event);
void log_line_text(LogLine *line, const char *name, const char *value); /* NULL: left out */
void log_line_integer(LogLine *line, const char *name, gint64 value);
void log_line_ms(LogLine *line, const char *name, double value); /* one decimal */
/* Writes "msg" from @format (NULL: none) right after time, level and event, and frees @line. */
void log_line_write(LogLine *line, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* A line that is only a message. */
void log_message(LogLevel level, const char *event, const char *format, ...) G_GNUC_PRINTF(3, 4);
