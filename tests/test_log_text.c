/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/observe/log_text.h"

#include <jansson.h>
#include <string.h>

static const char *const hostile[] = {
    "plain.jpg",
    "with space.jpg",
    "quote\" and \\ backslash",
    "a\n{\"level\":\"info\",\"event\":\"event.done\"}",
    "tab\tcarriage\rbell\a\x1b[31mred",
    "\xff\xfe not utf-8 \xc3",
    "zwj \xe2\x80\x8d, override \xe2\x80\xae, line \xe2\x80\xa8 end",
    "\xf0\x9f\x8e\x9e\xef\xb8\x8f.jpg",
    "",
};

static void test_a_value_cannot_leave_its_field_or_line(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(hostile); i++) {
        g_test_message("value %" G_GSIZE_FORMAT, i);
        g_autoptr(GString) text = g_string_new(NULL);
        log_text_begin(text, TRUE);
        log_text_field(text, TRUE, "key", hostile[i], TRUE);
        log_text_field(text, TRUE, "offset", "41", FALSE);
        log_text_end(text, TRUE);
        for (gsize at = 0; at + 1 < text->len; at++)
            g_assert_cmpint((guchar)text->str[at], >=, 0x20);
        json_t *line = json_loads(text->str, JSON_REJECT_DUPLICATES, NULL);
        g_assert_nonnull(line);
        g_assert_cmpint((gint)json_object_size(line), ==, 2);
        g_autofree char *valid = g_utf8_make_valid(hostile[i], -1);
        g_assert_cmpstr(json_string_value(json_object_get(line, "key")), ==, valid);
        g_assert_cmpint(json_integer_value(json_object_get(line, "offset")), ==, 41);
        json_decref(line);
    }
}

static void test_logfmt_quotes_only_what_needs_it(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    log_text_begin(text, FALSE);
    log_text_field(text, FALSE, "event", "event.done", TRUE);
    log_text_field(text, FALSE, "key", "a b\n=\"c\"", TRUE);
    log_text_field(text, FALSE, "offset", "3", FALSE);
    log_text_end(text, FALSE);
    g_assert_cmpstr(text->str, ==, "event=event.done key=\"a b\\n=\\\"c\\\"\" offset=3\n");
}

static void test_what_turns_text_around_is_made_visible(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    log_text_escape(text,
                    "a\xe2\x80\xae"
                    "b\x1b",
                    FALSE);
    g_assert_cmpstr(text->str, ==, "a\\u202eb\\u001b");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/log_text/a_value_cannot_leave_its_field_or_line",
                    test_a_value_cannot_leave_its_field_or_line);
    g_test_add_func("/log_text/logfmt_quotes_only_what_needs_it",
                    test_logfmt_quotes_only_what_needs_it);
    g_test_add_func("/log_text/what_turns_text_around_is_made_visible",
                    test_what_turns_text_around_is_made_visible);
    return g_test_run();
}
