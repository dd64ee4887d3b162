/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/observe/log.h"

#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

/* Standard error, for as long as the lines under test are written, is a pipe. */
static char *capture(void (*write_lines)(void))
{
    int ends[2];
    g_assert_cmpint(pipe2(ends, O_CLOEXEC), ==, 0);
    int terminal = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    write_lines();
    dup2(terminal, STDERR_FILENO);
    close(terminal);
    close(ends[1]);
    char text[65536];
    gssize size = read(ends[0], text, sizeof text - 1);
    g_assert_cmpint(size, >=, 0);
    close(ends[0]);
    return g_strndup(text, (gsize)size);
}

static void write_event(void)
{
    LogLine *line = log_line_new(LOG_LEVEL_INFO, "event.done");
    log_line_text(line, "key", "in/a\nb.jpg");
    log_line_text(line, "reason", NULL);
    log_line_integer(line, "offset", 41);
    log_line_ms(line, "queue_ms", 2.14);
    log_line_write(line, "all %s", "good");
}

static void test_a_line_is_one_flat_json_object(void)
{
    g_autofree char *text = capture(write_event);
    g_assert_true(strchr(text, '\n') == text + strlen(text) - 1);
    g_assert_true(g_regex_match_simple(
        "^\\{\"time\":\"\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z\",\"level\":\"info\","
        "\"event\":\"event.done\",\"msg\":\"all good\",\"key\":\"in/a\\\\nb.jpg\",\"offset\":41,"
        "\"queue_ms\":2.1\\}$",
        text, 0, 0));
    json_t *line = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    g_assert_cmpstr(json_string_value(json_object_get(line, "key")), ==, "in/a\nb.jpg");
    json_decref(line);
}

static void write_below_the_level(void)
{
    log_message(LOG_LEVEL_DEBUG, "detail", "not said");
    LogLine *line = log_line_new(LOG_LEVEL_DEBUG, "detail");
    log_line_text(line, "key", "a");
    log_line_write(line, NULL);
}

static void test_what_is_below_the_level_is_not_written(void)
{
    g_autofree char *text = capture(write_below_the_level);
    g_assert_cmpstr(text, ==, "");
    g_assert_false(log_enabled(LOG_LEVEL_DEBUG));
    g_assert_true(log_enabled(LOG_LEVEL_WARN));
}

static void speak_as_a_library(void)
{
    g_log("VIPS", G_LOG_LEVEL_WARNING, "bad \x1b[31mpixels\n{\"event\":\"forged\"}");
    g_log("VIPS", G_LOG_LEVEL_INFO, "chatter");
}

static void test_libraries_speak_through_the_same_writer(void)
{
    if (g_test_subprocess()) {
        g_log_set_fatal_mask("VIPS", G_LOG_LEVEL_ERROR);
        g_log_set_always_fatal(G_LOG_FATAL_MASK);
        log_init(LOG_FORMAT_JSON, LOG_LEVEL_INFO);
        speak_as_a_library();
        return;
    }
    g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
    g_test_trap_assert_passed();
    /* ? stands for the backslash. */
    g_test_trap_assert_stderr("*\"level\":\"warn\",\"event\":\"library\",\"msg\":\"bad "
                              "?u001b[31mpixels?n{*forged*\"logger\":\"VIPS\"}\n");
    g_test_trap_assert_stderr_unmatched("*chatter*");
}

static gpointer write_many(gpointer data)
{
    (void)data;
    for (guint i = 0; i < 50; i++)
        write_event();
    return NULL;
}

static void write_from_threads(void)
{
    GThread *threads[4];
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("writer", write_many, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
}

static void test_lines_of_many_threads_do_not_mix(void)
{
    g_autofree char *text = capture(write_from_threads);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_assert_cmpuint(g_strv_length(lines), ==, 201);
    for (guint i = 0; i < 200; i++) {
        json_t *line = json_loads(lines[i], JSON_REJECT_DUPLICATES, NULL);
        g_assert_nonnull(line);
        json_decref(line);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/log/a_line_is_one_flat_json_object", test_a_line_is_one_flat_json_object);
    g_test_add_func("/log/what_is_below_the_level_is_not_written",
                    test_what_is_below_the_level_is_not_written);
    g_test_add_func("/log/libraries_speak_through_the_same_writer",
                    test_libraries_speak_through_the_same_writer);
    g_test_add_func("/log/lines_of_many_threads_do_not_mix", test_lines_of_many_threads_do_not_mix);
    return g_test_run();
}
