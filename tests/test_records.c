/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/event_text.h"

#define RECORD(members)                                                                            \
    "{\"eventName\":\"ObjectCreated:Put\",\"s3\":{\"bucket\":{\"name\":\"b\"},"                    \
    "\"object\":{\"key\":\"k+%2B\"}}," members "}"
#define OBJECT(members)                                                                            \
    "{\"eventName\":\"ObjectCreated:Put\",\"s3\":{\"bucket\":{\"name\":\"b\"},"                    \
    "\"object\":{\"key\":\"k\"," members "}}}"
#define S3(members) "{\"eventName\":\"ObjectCreated:Put\",\"s3\":{" members "}}"
#define KEY(key)    S3("\"bucket\":{\"name\":\"b\"},\"object\":{\"key\":" key "}")

static const EventRow rows[] = {
    {"/records/version_2_of_any_minor_is_taken", RECORD("\"eventVersion\":\"2.17\""), "created "},
    {"/records/no_version_is_taken", RECORD("\"eventVersion\":null"), "created "},
    {"/records/version_1_is_unparsable", RECORD("\"eventVersion\":\"1.0\""),
     "problem eventVersion is \"1.0\", known is 2.x\n"},
    {"/records/version_20_is_not_2", RECORD("\"eventVersion\":\"20.1\""), "unparsable "},
    {"/records/a_version_is_a_text", RECORD("\"eventVersion\":2.1"),
     "problem eventVersion is not a text\n"},
    {"/records/an_unknown_source_is_read_like_aws", RECORD("\"eventSource\":\"other:s3\""),
     "  dialect aws\n  bucket b\n  key k +\n  raw_key k+%2B\n"},
    {"/records/aws_with_a_capital_principal_is_versitygw",
     RECORD("\"eventSource\":\"aws:s3\",\"userIdentity\":{\"PrincipalId\":\"\"}"),
     "  dialect versitygw\n  bucket b\n  key k+%2B\n"},
    {"/records/aws_with_a_key_in_the_bucket_arn_is_versitygw",
     "{\"eventSource\":\"aws:s3\",\"eventName\":\"ObjectCreated:Put\","
     "\"s3\":{\"bucket\":{\"name\":\"b\",\"arn\":\"arn:aws:s3:::/b/k+%2B\"},"
     "\"object\":{\"key\":\"k+%2B\"}}}",
     "  dialect versitygw\n  bucket b\n  key k+%2B\n"},
    {"/records/minio_with_a_capital_principal_is_minio",
     RECORD("\"eventSource\":\"minio:s3\",\"userIdentity\":{\"PrincipalId\":\"\"}"),
     "  dialect minio\n"},
    {"/records/a_time_may_lack_its_fraction", RECORD("\"eventTime\":\"1970-01-01T00:00:01Z\""),
     "  time_ms 1000\n"},
    {"/records/a_time_may_have_an_offset", RECORD("\"eventTime\":\"1970-01-01T02:00:00.25+02:00\""),
     "  time_ms 250\n"},
    {"/records/a_time_may_have_nanoseconds",
     RECORD("\"eventTime\":\"1970-01-01T00:00:00.678999999Z\""), "  time_ms 678\n"},
    {"/records/a_time_that_is_none_is_not_said", RECORD("\"eventTime\":\"yesterday\""),
     "  raw_key k+%2B\n"},
    {"/records/a_size_may_be_a_text", OBJECT("\"size\":\"1024\""), "  size 1024\n"},
    {"/records/a_size_may_be_null", OBJECT("\"size\":null"), "created ObjectCreated:Put\n"},
    {"/records/an_empty_size_is_not_said", OBJECT("\"size\":\"\""), "created "},
    {"/records/a_size_text_of_zero_is_empty", OBJECT("\"size\":\"0\""), "because empty_object\n"},
    {"/records/a_negative_size_is_unparsable", OBJECT("\"size\":-5"),
     "problem the object's size is not a number of bytes\n"},
    {"/records/a_fractional_size_is_unparsable", OBJECT("\"size\":1.5"), "unparsable "},
    {"/records/a_size_in_words_is_unparsable", OBJECT("\"size\":\"12k\""), "unparsable "},
    {"/records/an_etag_may_be_quoted", OBJECT("\"eTag\":\"\\\"abc\\\"\""), "  etag abc\n"},
    {"/records/an_etag_may_be_null", OBJECT("\"eTag\":null"), "  key k\n"},
    {"/records/an_etag_of_quotes_is_none", OBJECT("\"eTag\":\"\\\"\\\"\""), "  key k\n"},
    {"/records/a_version_id_is_kept", OBJECT("\"versionId\":\"v1\""), "  version_id v1\n"},
    {"/records/a_version_id_is_a_text", OBJECT("\"versionId\":7"),
     "problem the object's versionId is not a text\n"},
    {"/records/an_escaped_slash_is_a_slash", KEY("\"a%2Fb%2fc\""),
     "  key a/b/c\n  raw_key a%2Fb%2fc\n"},
    {"/records/a_key_that_is_the_same_has_no_raw_key", KEY("\"a/b\""), "  key a/b\n"},
    {"/records/a_key_need_not_be_utf8", KEY("\"%ff\""), "  key \\377\n  raw_key %ff\n"},
    {"/records/a_key_without_nul", KEY("\"a%00b\""),
     "unparsable ObjectCreated:Put\n  problem the key holds a NUL byte\n  dialect aws\n"
     "  bucket b\n  raw_key a%00b\n"},
    {"/records/a_json_nul_is_unparsable", KEY("\"a\\u0000b\""), ": \\u0000 in a text\n"},
    {"/records/a_key_that_is_empty_is_unparsable", KEY("\"\""), "problem the key is empty\n"},
    {"/records/a_key_that_is_null_is_unparsable", KEY("null"), "problem the key is missing\n"},
    {"/records/a_bad_escape_is_unparsable", KEY("\"ab%zz\""),
     "problem the key has a % without two hexadecimal digits, at byte 2 "},
    {"/records/a_bucket_has_a_name", S3("\"bucket\":{},\"object\":{\"key\":\"k\"}"),
     "problem the bucket's name is missing\n  dialect aws\n  key k\n"},
    {"/records/an_object_is_there", S3("\"bucket\":{\"name\":\"b\"}"),
     "problem the key is missing\n"},
    {"/records/a_name_is_there", "{\"s3\":{\"bucket\":{\"name\":\"b\"}}}",
     "problem eventName is missing\n  dialect aws\n  bucket b\n"},
    {"/records/an_event_of_a_bucket_needs_no_key",
     "{\"eventName\":\"s3:BucketCreated:*\",\"s3\":{\"bucket\":{\"name\":\"b\"},"
     "\"object\":{\"key\":\"\"}}}",
     "because not_created_event\n"},
    {"/records/none_is_unparsable", "{\"Records\":[]}", "problem Records is empty\n"},
    {"/records/null_is_unparsable", "{\"Records\":null}", "unparsable "},
    {"/records/another_kind_of_record_is_unparsable",
     "{\"Records\":[{\"eventSource\":\"aws:dynamodb\",\"dynamodb\":{}}]}",
     "problem Records[0]: is neither a record of S3 nor one of SNS or SQS\n"},
    {NULL, NULL, NULL},
};

/* 10,001 of them */
static void test_a_flood_of_records_is_one_problem(void)
{
    GString *json = g_string_new("{\"Records\":[0");
    for (guint i = 0; i < 10000; i++)
        g_string_append(json, ",0");
    g_string_append(json, "]}");
    g_autofree char *text = event_text_of_message(json->str, json->len, NULL, 0, KEY_ENCODING_AUTO);
    g_string_free(json, TRUE);
    g_assert_cmpstr(text, ==, "unparsable -\n  problem more than 10000 Records in one message\n");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    event_text_add_rows(rows);
    g_test_add_func("/records/a_flood_is_one_problem", test_a_flood_of_records_is_one_problem);
    return g_test_run();
}
