/* SPDX-License-Identifier: Apache-2.0
 *
 * testdata/events/X.json is a message as a producer writes it, X.expected what we make of it, and
 * X.headers, where it exists, the Kafka headers that come with it ("name: value" lines). */
#include "tests/event_text.h"

#include <string.h>

#define FOLDER "testdata/events"

static char *read_golden(const char *name, const char *extension, gsize *size)
{
    g_autofree char *path = g_strconcat(FOLDER "/", name, extension, NULL);
    char *text = NULL;
    g_file_get_contents(path, &text, size, NULL);
    return text;
}

static GArray *read_headers(char **lines)
{
    GArray *headers = g_array_new(FALSE, FALSE, sizeof(EventHeader));
    for (char **line = lines; line != NULL && *line != NULL; line++) {
        char *colon = strstr(*line, ": ");
        if (colon == NULL)
            continue;
        *colon = '\0';
        EventHeader header = {*line, colon + 2, strlen(colon + 2)};
        g_array_append_val(headers, header);
    }
    return headers;
}

static void test_golden(gconstpointer name)
{
    gsize size = 0;
    g_autofree char *json = read_golden(name, ".json", &size);
    g_autofree char *expected = read_golden(name, ".expected", NULL);
    g_autofree char *header_text = read_golden(name, ".headers", NULL);
    g_auto(GStrv) lines = header_text == NULL ? NULL : g_strsplit(header_text, "\n", -1);
    g_autoptr(GArray) headers = read_headers(lines);
    g_assert_nonnull(json);

    g_autofree char *text = event_text_of_message(json, size, (EventHeader *)headers->data,
                                                  headers->len, KEY_ENCODING_AUTO);
    g_assert_cmpstr(text, ==, expected);
}

/* A copy of just the size, so that a sanitizer sees a read behind it. */
static void check_piece(const char *start, gsize size)
{
    g_autofree char *piece = g_memdup2(size == 0 ? "" : start, MAX(size, 1));
    g_free(event_text_of_message(piece, size, NULL, 0, KEY_ENCODING_AUTO));
}

static void test_truncated(gconstpointer name)
{
    gsize size = 0;
    g_autofree char *json = read_golden(name, ".json", &size);
    for (gsize end = 0; end < size; end++)
        check_piece(json, end);
}

static void test_damaged(gconstpointer name)
{
    gsize size = 0;
    g_autofree char *json = read_golden(name, ".json", &size);
    static const char replacements[] = {'"', '{', '}', '[', ',', '\\', '0', '%', '\0', '\xff'};
    for (gsize at = 0; at < size; at++) {
        char original = json[at];
        json[at] = replacements[at % sizeof replacements];
        check_piece(json, size);
        json[at] = original;
    }
}

static void test_null_message(void)
{
    g_autofree char *text = event_text_of_message(NULL, 0, NULL, 0, KEY_ENCODING_AUTO);
    g_assert_cmpstr(text, ==, "skipped -\n  because null_message\n");
}

static void test_a_message_over_1_mib_is_unparsable(void)
{
    gsize size = 1024 * 1024 + 1;
    g_autofree char *spaces = g_strnfill(size, ' ');
    g_autofree char *text = event_text_of_message(spaces, size, NULL, 0, KEY_ENCODING_AUTO);
    g_assert_cmpstr(text, ==,
                    "unparsable -\n  problem the message has 1048577 bytes, more than 1048576\n");
}

#define WITH_NAME(name)                                                                            \
    "{\"s3\":{\"bucket\":{\"name\":\"b\"},\"object\":{\"key\":\"k\"}},\"eventName\":\"" name "\"}"
#define WITH_SIZE(name, key)                                                                       \
    "{\"s3\":{\"bucket\":{\"name\":\"b\"},\"object\":{\"key\":\"" key                              \
    "\",\"size\":0}},\"eventName\":\"" name "\"}"
#define NOT_CREATED "because not_created_event"

static const EventRow rows[] = {
    {"/event/a_put_creates", WITH_NAME("ObjectCreated:Put"), "created ObjectCreated:Put\n"},
    {"/event/a_form_upload_creates", WITH_NAME("s3:ObjectCreated:Post"), "created "},
    {"/event/a_copy_creates", WITH_NAME("ObjectCreated:Copy"), "created "},
    {"/event/a_multipart_upload_creates", WITH_NAME("ObjectCreated:CompleteMultipartUpload"),
     "created "},
    {"/event/tagging_does_not_create", WITH_NAME("s3:ObjectCreated:PutTagging"), NOT_CREATED},
    {"/event/a_retention_does_not_create", WITH_NAME("ObjectCreated:PutRetention"), NOT_CREATED},
    {"/event/a_started_multipart_does_not_create", WITH_NAME("ObjectCreated:CreateMultipartUpload"),
     NOT_CREATED},
    {"/event/a_name_is_compared_whole", WITH_NAME("ObjectCreated:Putter"), NOT_CREATED},
    {"/event/access_does_not_create", WITH_NAME("s3:ObjectAccessed:Get"), NOT_CREATED},
    {"/event/a_lost_object_is_not_created", WITH_NAME("ReducedRedundancyLostObject"), NOT_CREATED},
    {"/event/non_current_expiration_removes_nothing",
     WITH_NAME("ObjectLifecycle:Expiration:NonCurrent"), NOT_CREATED},
    {"/event/a_delete_removes", WITH_NAME("s3:ObjectRemoved:Delete"), "removed "},
    {"/event/a_delete_marker_removes", WITH_NAME("ObjectRemoved:DeleteMarkerCreated"), "removed "},
    {"/event/a_delete_of_many_removes", WITH_NAME("ObjectRemoved:DeleteObjects"), "removed "},
    {"/event/a_delete_of_versions_removes", WITH_NAME("ObjectRemoved:DeleteAllVersions"),
     "removed "},
    {"/event/expiration_removes", WITH_NAME("LifecycleExpiration:Delete"), "removed "},
    {"/event/an_expiration_marker_removes", WITH_NAME("LifecycleExpiration:DeleteMarkerCreated"),
     "removed "},
    {"/event/ceph_expiration_removes", WITH_NAME("ObjectLifecycle:Expiration:Current"), "removed "},
    {"/event/ceph_expiration_marker_removes", WITH_NAME("ObjectLifecycle:Expiration:DeleteMarker"),
     "removed "},
    {"/event/an_empty_object_is_skipped", WITH_SIZE("ObjectCreated:Put", "k"),
     "because empty_object"},
    {"/event/removal_of_an_empty_object_is_not_skipped", WITH_SIZE("ObjectRemoved:Delete", "k"),
     "removed "},
    {"/event/a_folder_marker_is_skipped", WITH_SIZE("ObjectCreated:Put", "d/"),
     "because folder_marker"},
    {"/event/removal_of_a_folder_marker_is_skipped", WITH_SIZE("ObjectRemoved:Delete", "d%2F"),
     "because folder_marker"},
    {NULL, NULL, NULL},
};

static void add_golden(const char *prefix, const char *name, GTestDataFunc test)
{
    g_autofree char *fact = g_strconcat(prefix, name, NULL);
    g_test_add_data_func_full(fact, g_strdup(name), test, g_free);
}

static void add_goldens(void)
{
    g_autoptr(GDir) folder = g_dir_open(FOLDER, 0, NULL);
    g_assert_nonnull(folder);
    for (const char *file; (file = g_dir_read_name(folder)) != NULL;) {
        if (!g_str_has_suffix(file, ".json"))
            continue;
        g_autofree char *name = g_strndup(file, strlen(file) - strlen(".json"));
        add_golden("/event/reads/", name, test_golden);
        add_golden("/event/survives_truncated/", name, test_truncated);
        add_golden("/event/survives_damaged/", name, test_damaged);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add_goldens();
    event_text_add_rows(rows);
    g_test_add_func("/event/a_null_message_is_skipped", test_null_message);
    g_test_add_func("/event/a_message_over_1_mib_is_unparsable",
                    test_a_message_over_1_mib_is_unparsable);
    return g_test_run();
}
