/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/event_text.h"

#define BRIDGED(type, detail)                                                                      \
    "{\"source\":\"aws.s3\",\"detail-type\":" type ",\"time\":\"2021-11-12T00:00:00Z\","           \
    "\"detail\":{\"bucket\":{\"name\":\"b\"},\"object\":{\"key\":\"a+b%20\",\"size\":5}" detail    \
    "}}"
#define CREATED(reason) BRIDGED("\"Object Created\"", ",\"reason\":\"" reason "\"")
#define DELETED(type)   BRIDGED("\"Object Deleted\"", ",\"deletion-type\":\"" type "\"")

static const EventRow rows[] = {
    {"/eventbridge/put_is_named_as_elsewhere", CREATED("PutObject"),
     "created ObjectCreated:Put\n  dialect eventbridge\n  bucket b\n  key a+b%20\n  size 5\n"},
    {"/eventbridge/post_is_named_as_elsewhere", CREATED("POST Object"),
     "created ObjectCreated:Post\n"},
    {"/eventbridge/copy_is_named_as_elsewhere", CREATED("CopyObject"),
     "created ObjectCreated:Copy\n"},
    {"/eventbridge/multipart_is_named_as_elsewhere", CREATED("CompleteMultipartUpload"),
     "created ObjectCreated:CompleteMultipartUpload\n"},
    {"/eventbridge/created_for_a_new_reason_is_created", CREATED("RenameObject"),
     "created ObjectCreated\n"},
    {"/eventbridge/deleted_is_removed", DELETED("Permanently Deleted"),
     "removed ObjectRemoved:Delete\n"},
    {"/eventbridge/a_delete_marker_is_removed", DELETED("Delete Marker Created"),
     "removed ObjectRemoved:DeleteMarkerCreated\n"},
    {"/eventbridge/other_types_are_not_created", BRIDGED("\"Object Tags Added\"", ""),
     "skipped Object Tags Added\n  because not_created_event\n"},
    {"/eventbridge/a_type_is_there", BRIDGED("null", ""),
     "problem detail-type is missing\n  dialect eventbridge\n  bucket b\n"},
    {"/eventbridge/a_key_is_there",
     "{\"source\":\"aws.s3\",\"detail-type\":\"Object Created\","
     "\"detail\":{\"bucket\":{\"name\":\"b\"}}}",
     "problem the key is missing\n"},
    {"/eventbridge/another_source_is_no_event",
     "{\"source\":\"aws.ec2\",\"detail-type\":\"x\",\"detail\":{}}", "problem JSON, but not"},
    {NULL, NULL, NULL},
};

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    event_text_add_rows(rows);
    return g_test_run();
}
