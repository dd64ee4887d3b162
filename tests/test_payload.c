/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/event_text.h"

#include <string.h>

#define BODY(content) "{\"Body\":" content "}"

static const EventRow rows[] = {
    {"/payload/nothing_is_not_json", "", "problem not JSON: 1:0: "},
    {"/payload/words_are_not_json", "hello", "problem not JSON: 1:5: "},
    {"/payload/an_error_has_line_and_column", "{\n  \"Records\": [}\n", "problem not JSON: 2:"},
    {"/payload/half_a_character_is_not_json", "{\"a\":\"\xc3\"}", "problem not JSON: 1:"},
    {"/payload/a_name_twice_is_not_json", "{\"Records\":[],\"Records\":[]}", "duplicate"},
    {"/payload/something_behind_is_not_json", "{} {}", "problem not JSON: 1:"},
    {"/payload/an_empty_object_is_no_event", "{}",
     "problem JSON, but not an event of any dialect known\n"},
    {"/payload/an_array_is_no_event", "[{\"s3\":{}}]", "problem JSON, but not an event"},
    {"/payload/brackets_in_texts_do_not_nest",
     "{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[\"}", "problem JSON, but not an event"},
    {"/payload/three_envelopes_are_opened", BODY(BODY(BODY("{\"Event\":\"s3:TestEvent\"}"))),
     "because test_event\n"},
    {"/payload/four_envelopes_are_not_opened",
     BODY(BODY(BODY(BODY("{\"Event\":\"s3:TestEvent\"}")))),
     "problem Body.Body.Body.Body: more than 3 envelopes inside one another\n"},
    {NULL, NULL, NULL},
};

static void test_nesting_is_bounded(void)
{
    gsize size = 1024 * 1024;
    g_autofree char *brackets = g_strnfill(size, '[');
    g_autofree char *text = event_text_of_message(brackets, size, NULL, 0, KEY_ENCODING_AUTO);
    g_assert_cmpstr(text, ==,
                    "unparsable -\n  problem JSON nested more than 32 deep, at byte 32\n");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    event_text_add_rows(rows);
    g_test_add_func("/payload/nesting_is_bounded", test_nesting_is_bounded);
    return g_test_run();
}
