/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/observe/log.h"

#include "pipeline/observe/log_text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    const char *name;
    char *value;
    gboolean quoted; /* text, as opposed to a number */
} Field;

struct LogLine {
    LogLevel level;
    const char *event;
    GArray *fields; /* of Field; NULL: the level is off, nothing is kept */
};

static const struct {
    const char *name;
    const char *colour;
} levels[] = {
    [LOG_LEVEL_DEBUG] = {"debug", "\x1b[2m"},
    [LOG_LEVEL_INFO] = {"info", "\x1b[32m"},
    [LOG_LEVEL_WARN] = {"warn", "\x1b[33m"},
    [LOG_LEVEL_ERROR] = {"error", "\x1b[31m"},
};

/* Set once before there are threads; only the level may change later. */
static LogFormat line_format = LOG_FORMAT_JSON;
static gboolean coloured;
static int threshold = LOG_LEVEL_INFO;

static GLogWriterOutput write_library_message(GLogLevelFlags flags, const GLogField *fields,
                                              gsize count, gpointer user_data);

void log_init(LogFormat format, LogLevel level)
{
    gboolean terminal = isatty(STDERR_FILENO);
    const char *no_color = getenv("NO_COLOR");
    if (format == LOG_FORMAT_AUTO)
        format = terminal ? LOG_FORMAT_PRETTY : LOG_FORMAT_JSON;
    line_format = format;
    coloured = terminal && (no_color == NULL || *no_color == '\0');
    log_set_level(level);
    g_log_set_writer_func(write_library_message, NULL, NULL);
}

void log_set_level(LogLevel level)
{
    g_atomic_int_set(&threshold, (int)level);
}

gboolean log_enabled(LogLevel level)
{
    return (int)level >= g_atomic_int_get(&threshold);
}

static void clear_field(gpointer field)
{
    g_free(((Field *)field)->value);
}

LogLine *log_line_new(LogLevel level, const char *event)
{
    LogLine *line = g_new0(LogLine, 1);
    line->level = level;
    line->event = event;
    if (log_enabled(level)) {
        line->fields = g_array_new(FALSE, FALSE, sizeof(Field));
        g_array_set_clear_func(line->fields, clear_field);
    }
    return line;
}

static void add_field(LogLine *line, const char *name, char *value, gboolean quoted)
{
    Field field = {.name = name, .value = value, .quoted = quoted};
    g_array_append_val(line->fields, field);
}

void log_line_text(LogLine *line, const char *name, const char *value)
{
    if (line->fields != NULL && value != NULL)
        add_field(line, name, g_strdup(value), TRUE);
}

void log_line_integer(LogLine *line, const char *name, gint64 value)
{
    if (line->fields != NULL)
        add_field(line, name, g_strdup_printf("%" G_GINT64_FORMAT, value), FALSE);
}

void log_line_ms(LogLine *line, const char *name, double value)
{
    /* Numbers are the same in every locale: a comma would break the JSON. */
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    if (line->fields != NULL)
        add_field(line, name, g_strdup(g_ascii_formatd(number, sizeof number, "%.1f", value)),
                  FALSE);
}

static void append_machine(GString *text, const LogLine *line, const char *time,
                           const char *message)
{
    gboolean json = line_format == LOG_FORMAT_JSON;
    log_text_begin(text, json);
    log_text_field(text, json, "time", time, TRUE);
    log_text_field(text, json, "level", levels[line->level].name, TRUE);
    log_text_field(text, json, "event", line->event, TRUE);
    if (message != NULL)
        log_text_field(text, json, "msg", message, TRUE);
    for (guint i = 0; i < line->fields->len; i++) {
        const Field *field = &g_array_index(line->fields, Field, i);
        log_text_field(text, json, field->name, field->value, field->quoted);
    }
    log_text_end(text, json);
}

static void append_pretty(GString *text, const LogLine *line, const char *time, const char *message)
{
    const char *reset = coloured ? "\x1b[0m" : "";
    const char *faint = coloured ? "\x1b[2m" : "";
    g_string_append_printf(text, "%s%.8s%s %s%-5s%s %-14s", faint, time + strlen("2026-11-24T"),
                           reset, coloured ? levels[line->level].colour : "",
                           levels[line->level].name, reset, line->event);
    if (message != NULL) {
        g_string_append_c(text, ' ');
        log_text_escape(text, message, /* quotes= */ FALSE);
    }
    for (guint i = 0; i < line->fields->len; i++) {
        const Field *field = &g_array_index(line->fields, Field, i);
        g_string_append_printf(text, "  %s%s%s=", faint, field->name, reset);
        log_text_escape(text, field->value, /* quotes= */ FALSE);
    }
    g_string_append_c(text, '\n');
}

/* A full pipe takes a long line in pieces: the lock keeps other threads from writing in between. */
static void write_all(const GString *text)
{
    static GMutex lock;
    g_mutex_lock(&lock);
    for (gsize done = 0; done < text->len;) {
        gssize written = write(STDERR_FILENO, text->str + done, text->len - done);
        if (written < 0 && errno != EINTR)
            break; /* there is nowhere left to say so */
        done += written < 0 ? 0 : (gsize)written;
    }
    g_mutex_unlock(&lock);
}

static void write_line(LogLine *line, const char *message)
{
    if (line->fields != NULL) {
        g_autoptr(GDateTime) now = g_date_time_new_now_utc();
        g_autofree char *seconds = g_date_time_format(now, "%Y-%m-%dT%H:%M:%S");
        g_autofree char *time =
            g_strdup_printf("%s.%03dZ", seconds, g_date_time_get_microsecond(now) / 1000);
        g_autoptr(GString) text = g_string_sized_new(512);
        if (line_format == LOG_FORMAT_PRETTY)
            append_pretty(text, line, time, message);
        else
            append_machine(text, line, time, message);
        write_all(text);
        g_array_unref(line->fields);
    }
    g_free(line);
}

void log_line_write(LogLine *line, const char *format, ...)
{
    if (format == NULL) {
        write_line(line, NULL);
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    write_line(line, message);
}

void log_message(LogLevel level, const char *event, const char *format, ...)
{
    if (!log_enabled(level))
        return;
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    write_line(log_line_new(level, event), message);
}

/* What GLib and the libraries say. Their info is chatter to an operator, hence our debug. */
static GLogWriterOutput write_library_message(GLogLevelFlags flags, const GLogField *fields,
                                              gsize count, gpointer user_data G_GNUC_UNUSED)
{
    const char *domain = NULL;
    const char *message = "";
    for (gsize i = 0; i < count; i++) {
        if (strcmp(fields[i].key, "MESSAGE") == 0 && fields[i].length < 0)
            message = fields[i].value;
        else if (strcmp(fields[i].key, "GLIB_DOMAIN") == 0 && fields[i].length < 0)
            domain = fields[i].value;
    }
    LogLevel level = LOG_LEVEL_DEBUG;
    if (flags & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL))
        level = LOG_LEVEL_ERROR;
    else if (flags & G_LOG_LEVEL_WARNING)
        level = LOG_LEVEL_WARN;
    LogLine *line = log_line_new(level, "library");
    log_line_text(line, "logger", domain);
    write_line(line, message);
    return G_LOG_WRITER_HANDLED;
}
