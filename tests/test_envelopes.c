/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/event_text.h"

#define TEST_EVENT "\"{\\\"Event\\\":\\\"s3:TestEvent\\\",\\\"Bucket\\\":\\\"b\\\"}\""

static const EventRow rows[] = {
    {"/envelopes/sns_is_opened", "{\"Type\":\"Notification\",\"Message\":" TEST_EVENT "}",
     "because test_event\n  dialect aws\n  bucket b\n"},
    {"/envelopes/another_sns_type_holds_no_event",
     "{\"Type\":\"SubscriptionConfirmation\",\"Message\":\"You have chosen\"}",
     "problem an SNS message of type \"SubscriptionConfirmation\" holds no event\n"},
    {"/envelopes/sqs_is_opened", "{\"Body\":" TEST_EVENT "}", "because test_event\n"},
    {"/envelopes/content_may_be_an_object", "{\"Body\":{\"Event\":\"s3:TestEvent\"}}",
     "because test_event\n"},
    {"/envelopes/lambda_sns_is_opened", "{\"Records\":[{\"Sns\":{\"Message\":" TEST_EVENT "}}]}",
     "because test_event\n"},
    {"/envelopes/lambda_sqs_is_opened", "{\"Records\":[{\"body\":" TEST_EVENT "}]}",
     "because test_event\n"},
    {"/envelopes/a_problem_says_in_which",
     "{\"Records\":[{\"body\":" TEST_EVENT "},{\"body\":\"{\\n\\\"Records\\\":[7]}\"}]}",
     "because test_event\n  dialect aws\n  bucket b\n\nunparsable -\n"
     "  problem Records[1].body.Records[0]: is neither "},
    {"/envelopes/a_json_error_counts_from_the_content", "{\"Records\":[\n\n{\"body\":\"{\\n?\"}]}",
     "problem Records[0].body: not JSON: 2:"},
    {"/envelopes/content_must_be_text", "{\"Body\":7}",
     "problem Body: is neither a text nor an object\n"},
    {NULL, NULL, NULL},
};

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    event_text_add_rows(rows);
    return g_test_run();
}
