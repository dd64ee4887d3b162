/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/event_text.h"

#include <string.h>

#define BARE                "{\"s3\":{\"bucket\":{\"name\":\"b\"},\"object\":{\"key\":\"a+b\"}}}"
#define STRUCTURED(members) "{\"specversion\":\"1.0\",\"id\":\"1\"," members "}"
#define PUT                 "\"type\":\"com.amazonaws.s3.ObjectCreated:Put\""

static const EventRow rows[] = {
    {"/cloudevents/data_may_be_one_record", STRUCTURED(PUT ",\"data\":" BARE),
     "created ObjectCreated:Put\n  dialect cloudevents\n  bucket b\n  key a b\n"},
    {"/cloudevents/the_source_tells_the_dialect",
     STRUCTURED(PUT ",\"source\":\"ceph:s3.zone.b\",\"data\":" BARE),
     "  dialect ceph\n  bucket b\n  key a+b\n"},
    {"/cloudevents/the_time_is_taken",
     STRUCTURED(PUT ",\"time\":\"1970-01-01T00:00:01Z\",\"data\":" BARE), "  time_ms 1000\n"},
    {"/cloudevents/another_type_names_no_event",
     STRUCTURED("\"type\":\"org.example.put\",\"data\":" BARE),
     "problem data: eventName is missing"},
    {"/cloudevents/data_may_be_a_text",
     STRUCTURED(PUT ",\"data\":\"{\\\"Event\\\":\\\"s3:TestEvent\\\"}\""), "because test_event\n"},
    {"/cloudevents/data_may_be_base64",
     STRUCTURED(PUT ",\"data_base64\":\"eyJFdmVudCI6InMzOlRlc3RFdmVudCJ9\""),
     "because test_event\n"},
    {"/cloudevents/bad_base64_is_unparsable", STRUCTURED(PUT ",\"data_base64\":\"?\""),
     "problem data_base64: not JSON: 1:0: "},
    {"/cloudevents/data_is_there", STRUCTURED(PUT), "problem data: is missing\n"},
    {"/cloudevents/a_record_beside_has_no_type",
     "{\"Records\":[{\"body\":" STRUCTURED(PUT ",\"data\":" BARE) "},{\"body\":" BARE "}]}",
     "problem Records[1].body: eventName is missing\n"},
    {NULL, NULL, NULL},
};

static char *text_with_header(const char *name, const char *value)
{
    EventHeader headers[] = {
        {"other", NULL, 0},
        {name, value, strlen(value)},
        {"ce_type", "com.amazonaws.ObjectCreated:Copy", 32},
    };
    return event_text_of_message(BARE, strlen(BARE), headers, G_N_ELEMENTS(headers),
                                 KEY_ENCODING_AUTO);
}

static void test_headers_name_the_event(void)
{
    g_autofree char *text = text_with_header("ce_source", "minio:s3.r.b");
    g_assert_cmpstr(text, ==,
                    "created ObjectCreated:Copy\n  dialect minio\n  bucket b\n  key a b\n"
                    "  raw_key a+b\n");
}

static void test_content_types(void)
{
    static const struct {
        const char *content_type;
        gboolean readable;
    } types[] = {
        {"application/json", TRUE},
        {"application/cloudevents", TRUE},
        {"application/cloudevents+json", TRUE},
        {"Application/CloudEvents+JSON; charset=utf-8", TRUE},
        {"application/cloudevents+avro", FALSE},
        {"application/cloudevents+protobuf; x=y", FALSE},
        {"application/cloudevents-batch+json", FALSE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        g_autofree char *text = text_with_header("Content-Type", types[i].content_type);
        g_assert_cmpint(g_str_has_prefix(text, "created "), ==, types[i].readable);
        g_assert_cmpint(g_str_has_prefix(text, "unparsable -\n  problem content-type is "), ==,
                        !types[i].readable);
    }
}

static void test_without_data_it_is_a_null_message(void)
{
    EventHeader header = {"ce_type", "com.amazonaws.s3.ObjectCreated:Put", 34};
    g_autofree char *text = event_text_of_message(NULL, 0, &header, 1, KEY_ENCODING_AUTO);
    g_assert_cmpstr(text, ==, "skipped -\n  because null_message\n");
}

static void test_a_header_need_not_be_utf8(void)
{
    EventHeader header = {"ce_type", "com.amazonaws.\xff\0x", 17};
    g_autofree char *text =
        event_text_of_message(BARE, strlen(BARE), &header, 1, KEY_ENCODING_AUTO);
    g_assert_true(g_utf8_validate(text, -1, NULL));
    g_assert_nonnull(strstr(text, "because not_created_event\n"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    event_text_add_rows(rows);
    g_test_add_func("/cloudevents/headers_name_the_event", test_headers_name_the_event);
    g_test_add_func("/cloudevents/structured_is_read_in_json_only", test_content_types);
    g_test_add_func("/cloudevents/without_data_it_is_a_null_message",
                    test_without_data_it_is_a_null_message);
    g_test_add_func("/cloudevents/a_header_need_not_be_utf8", test_a_header_need_not_be_utf8);
    return g_test_run();
}
