/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/stores/object_store.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define HELLO_MD5 "5d41402abc4b2a76b9719d911017c592"

typedef struct {
    char *root;
    ObjectStore *store;
    int fd;
    guint accept_calls;
    gboolean refuse;
} Fixture;

static void remove_tree(const char *path)
{
    g_autoptr(GDir) entries = g_dir_open(path, 0, NULL);
    const char *name;
    while (entries != NULL && (name = g_dir_read_name(entries)) != NULL) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        if (!g_file_test(child, G_FILE_TEST_IS_SYMLINK) && g_file_test(child, G_FILE_TEST_IS_DIR))
            remove_tree(child);
        else
            g_unlink(child);
    }
    g_rmdir(path);
}

static void set_up(Fixture *self, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    self->root = g_dir_make_tmp("thumbpipe-XXXXXX", &error);
    StorageConfig config = {.kind = STORAGE_KIND_DIRECTORY, .root = self->root};
    self->store = object_store_new(&config, &error);
    g_assert_no_error(error);
    self->fd = memfd_create("test", MFD_CLOEXEC);
}

static void tear_down(Fixture *self, gconstpointer data)
{
    (void)data;
    object_store_free(self->store);
    remove_tree(self->root);
    g_free(self->root);
    close(self->fd);
}

static char *path_of(Fixture *self, const char *path)
{
    return g_build_filename(self->root, path, NULL);
}

static void write_file(Fixture *self, const char *path, const char *text)
{
    g_autofree char *full = path_of(self, path);
    g_autofree char *folder = g_path_get_dirname(full);
    g_assert_cmpint(g_mkdir_with_parents(folder, 0755), ==, 0);
    g_assert_true(g_file_set_contents(full, text, -1, NULL));
}

static gboolean exists(Fixture *self, const char *path)
{
    g_autofree char *full = path_of(self, path);
    return access(full, F_OK) == 0;
}

static char *put(Fixture *self, const char *bucket, const char *key, const char *text,
                 const char *plan, GError **error)
{
    g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
    g_autoptr(ObjectInfo) info = object_info_new();
    info->content_type = g_strdup("image/x-test");
    g_hash_table_insert(info->metadata, g_strdup("plan"), g_strdup(plan));
    return object_store_put(self->store, bucket, key, bytes, info, NULL, error);
}

static gboolean accept_head(const guint8 *head, gsize size, const ObjectInfo *info, gpointer data)
{
    Fixture *self = data;
    (void)head;
    g_assert_cmpint(info->size, >=, size);
    self->accept_calls++;
    return !self->refuse;
}

static ObjectInfo *get(Fixture *self, const char *key, gsize max_bytes, GError **error)
{
    ObjectGet options = {max_bytes, accept_head, self};
    return object_store_get(self->store, "b", key, &options, self->fd, NULL, error);
}

static void test_round_trip(Fixture *self, gconstpointer data)
{
    (void)data;
    static const char *const keys[] = {
        "a.jpg", "deep/er/b c.png", "caf\xc3\xa9+%41", "\xff\xfe not UTF-8", "a\nb", "x/y.."};
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *etag = put(self, "b", keys[i], "hello", "p1", &error);
        g_assert_no_error(error);
        g_assert_cmpstr(etag, ==, HELLO_MD5);
        g_autoptr(ObjectInfo) head = object_store_head(self->store, "b", keys[i], NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpint(head->size, ==, 5);
        g_assert_cmpstr(head->etag, ==, HELLO_MD5);
        g_assert_cmpstr(head->content_type, ==, "image/x-test");
        g_assert_cmpstr(g_hash_table_lookup(head->metadata, "plan"), ==, "p1");
        g_assert_cmpint(ftruncate(self->fd, 0) | lseek(self->fd, 0, SEEK_SET), ==, 0);
        g_autoptr(ObjectInfo) info = get(self, keys[i], 5, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(info->etag, ==, HELLO_MD5);
        g_assert_cmpstr(g_hash_table_lookup(info->metadata, "plan"), ==, "p1");
        char bytes[16];
        g_assert_cmpmem(bytes, pread(self->fd, bytes, sizeof bytes, 0), "hello", 5);
        g_assert_true(object_store_remove(self->store, "b", keys[i], NULL, &error));
        g_assert_true(object_store_remove(self->store, "b", keys[i], NULL, &error));
        g_autoptr(ObjectInfo) gone = object_store_head(self->store, "b", keys[i], NULL, &error);
        g_assert_null(gone);
        g_assert_error(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_GONE);
    }
    g_assert_false(exists(self, ".thumbpipe/metadata/b/a.jpg.json"));
}

static void test_foreign_files(Fixture *self, gconstpointer data)
{
    (void)data;
    write_file(self, "b/x.PNG", "hello");
    g_autoptr(GError) error = NULL;
    g_autoptr(ObjectInfo) info = object_store_head(self->store, "b", "x.PNG", NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(info->etag, ==, HELLO_MD5);
    g_assert_cmpstr(info->content_type, ==, "image/png");
    g_assert_cmpuint(g_hash_table_size(info->metadata), ==, 0);
}

static void test_changed_behind_our_back(Fixture *self, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    g_autofree char *etag = put(self, "b", "a.jpg", "world", "p1", &error);
    g_assert_no_error(error);
    g_assert_nonnull(etag);
    g_usleep(20 * 1000); /* the kernel's clock for files moves every 4 to 10 ms */
    write_file(self, "b/a.jpg", "hello");
    g_autoptr(ObjectInfo) info = object_store_head(self->store, "b", "a.jpg", NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(info->etag, ==, HELLO_MD5);
    g_assert_cmpuint(g_hash_table_size(info->metadata), ==, 0);
}

static void test_broken_metadata(Fixture *self, gconstpointer data)
{
    (void)data;
    static const char *const texts[] = {"", "{", "[]", "{\"size\": \"x\"}", "{\"etag\": 1}"};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *etag = put(self, "b", "a.jpg", "hello", "p1", &error);
        g_assert_nonnull(etag);
        write_file(self, ".thumbpipe/metadata/b/a.jpg.json", texts[i]);
        g_autoptr(ObjectInfo) info = object_store_head(self->store, "b", "a.jpg", NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(info->etag, ==, HELLO_MD5);
        g_assert_cmpstr(info->content_type, ==, "image/jpeg");
    }
}

static void test_no_way_out(Fixture *self, gconstpointer data)
{
    (void)data;
    static const char *const rows[][2] = {
        {"b", "../outside"}, {"b", "a/../../outside"}, {"b", "./a"},
        {"b", "a//b"},       {"b", "/etc/passwd"},     {"b", "a/"},
        {"b", ""},           {"b", ".hidden"},         {"b", "a/.hidden"},
        {"..", "a"},         {".thumbpipe", "a"},      {"", "a"},
        {"b/c", "a"},        {"b", "link/passwd"},     {"b", "file-link"},
    };
    write_file(self, "b/a/file", "x");
    g_autofree char *link = path_of(self, "b/link");
    g_autofree char *file_link = path_of(self, "b/file-link");
    g_assert_cmpint(symlink("/etc", link) | symlink("/etc/passwd", file_link), ==, 0);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_test_message("%s %s", rows[i][0], rows[i][1]);
        g_autoptr(GError) head_error = NULL, put_error = NULL;
        g_autoptr(ObjectInfo) info =
            object_store_head(self->store, rows[i][0], rows[i][1], NULL, &head_error);
        g_assert_null(info);
        g_assert_error(head_error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_DENIED);
        g_assert_null(put(self, rows[i][0], rows[i][1], "x", "p", &put_error));
        g_assert_error(put_error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_DENIED);
    }
}

static void test_what_is_in_the_way(Fixture *self, gconstpointer data)
{
    (void)data;
    g_autofree char *long_name = g_strnfill(256, 'n');
    g_autofree char *fifo = path_of(self, "b/fifo");
    const struct {
        const char *key;
        int reading;
        int writing; /* -1: success */
    } rows[] = {
        {"folder", OBJECT_STORE_ERROR_GONE, OBJECT_STORE_ERROR_DENIED},
        {"file/below", OBJECT_STORE_ERROR_GONE, OBJECT_STORE_ERROR_DENIED},
        {long_name, OBJECT_STORE_ERROR_DENIED, OBJECT_STORE_ERROR_DENIED},
        {"fifo", OBJECT_STORE_ERROR_DENIED, -1},
        {"none", OBJECT_STORE_ERROR_GONE, -1},
        {long_name + 1, OBJECT_STORE_ERROR_GONE, -1}, /* too long for its metadata alone */
    };
    write_file(self, "b/folder/x", "x");
    write_file(self, "b/file", "x");
    g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_test_message("%s", rows[i].key);
        g_autoptr(GError) error = NULL, put_error = NULL;
        g_autoptr(ObjectInfo) info = get(self, rows[i].key, 10, &error);
        g_assert_null(info);
        g_assert_error(error, OBJECT_STORE_ERROR, rows[i].reading);
        g_autofree char *etag = put(self, "b", rows[i].key, "x", "p", &put_error);
        g_assert_cmpint(etag != NULL, ==, rows[i].writing < 0);
        if (rows[i].writing >= 0)
            g_assert_error(put_error, OBJECT_STORE_ERROR, rows[i].writing);
        else
            g_assert_no_error(put_error);
    }
    g_autoptr(ObjectInfo) none = object_store_head(self->store, "no-bucket", "a", NULL, NULL);
    g_assert_null(none);
}

static void test_limits(Fixture *self, gconstpointer data)
{
    (void)data;
    write_file(self, "b/a", "hello");
    write_file(self, "b/empty", "");
    g_autoptr(GError) error = NULL;
    g_autoptr(ObjectInfo) large = get(self, "a", 4, &error);
    g_assert_null(large);
    g_assert_error(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_TOO_LARGE);
    g_clear_error(&error);
    g_assert_cmpuint(self->accept_calls, ==, 0);
    g_autoptr(ObjectInfo) empty = get(self, "empty", 4, &error);
    g_assert_no_error(error);
    g_assert_nonnull(empty);
    g_assert_cmpuint(self->accept_calls, ==, 1);
    self->refuse = TRUE;
    g_autoptr(ObjectInfo) unwanted = get(self, "a", 5, &error);
    g_assert_null(unwanted);
    g_assert_error(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_UNWANTED);
}

static void test_large_file(Fixture *self, gconstpointer data)
{
    (void)data;
    g_autofree char *text = g_strnfill(1000001, 'x');
    g_autoptr(GError) error = NULL;
    g_autofree char *etag = put(self, "b", "large", text, "p", &error);
    g_autoptr(ObjectInfo) info = get(self, "large", 1000001, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(info->etag, ==, etag);
    g_assert_cmpint(lseek(self->fd, 0, SEEK_CUR), ==, 1000001);
    g_assert_cmpuint(self->accept_calls, ==, 1);
}

static void test_nothing_is_left_behind(Fixture *self, gconstpointer data)
{
    (void)data;
    write_file(self, "b/folder/x", "x");
    g_assert_null(put(self, "b", "folder", "x", "p", NULL));
    g_autofree char *etag = put(self, "b", "file", "x", "p", NULL);
    g_assert_nonnull(etag);
    g_autofree char *folder = path_of(self, "b");
    g_autoptr(GDir) entries = g_dir_open(folder, 0, NULL);
    const char *name;
    while ((name = g_dir_read_name(entries)) != NULL)
        g_assert_true(*name != '.');
}

typedef struct {
    Fixture *fixture;
    char letter;
} Writer;

static gpointer write_often(gpointer data)
{
    Writer *writer = data;
    for (gsize i = 1; i <= 50; i++) {
        g_autofree char *text = g_strnfill(i, writer->letter);
        g_autofree char *etag = put(writer->fixture, "b", "k", text, text, NULL);
        g_assert_nonnull(etag);
    }
    return NULL;
}

static void test_many_writers(Fixture *self, gconstpointer data)
{
    (void)data;
    Writer writers[] = {{self, 'a'}, {self, 'b'}, {self, 'c'}};
    GThread *threads[G_N_ELEMENTS(writers)];
    for (gsize i = 0; i < G_N_ELEMENTS(writers); i++)
        threads[i] = g_thread_new("write", write_often, &writers[i]);
    for (gsize i = 0; i < G_N_ELEMENTS(writers); i++)
        g_thread_join(threads[i]);
    g_autoptr(GError) error = NULL;
    g_autoptr(ObjectInfo) info = get(self, "k", 100, &error);
    g_assert_no_error(error);
    g_autoptr(ObjectInfo) head = object_store_head(self->store, "b", "k", NULL, &error);
    char bytes[100];
    gssize size = pread(self->fd, bytes, sizeof bytes, 0);
    g_autofree char *text = g_strndup(bytes, size);
    g_assert_cmpstr(head->etag, ==, info->etag);
    g_assert_cmpstr(g_hash_table_lookup(head->metadata, "plan"), ==, text);
}

static void test_cancelled(Fixture *self, gconstpointer data)
{
    (void)data;
    write_file(self, "b/a", "hello");
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_cancellable_cancel(cancellable);
    g_autoptr(GError) error = NULL;
    g_autoptr(ObjectInfo) info = object_store_head(self->store, "b", "a", cancellable, &error);
    g_assert_null(info);
    g_assert_error(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_CANCELLED);
}

static void test_full_disk(Fixture *self, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    struct stat status;
    if (stat("/dev/full", &status) != 0) {
        g_test_skip("no /dev/full");
        return;
    }
    write_file(self, "b/a", "hello");
    int full = open("/dev/full", O_WRONLY);
    ObjectGet options = {10, NULL, NULL};
    g_autoptr(ObjectInfo) info =
        object_store_get(self->store, "b", "a", &options, full, NULL, &error);
    g_assert_null(info);
    g_assert_error(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_UNAVAILABLE);
    close(full);
}

static void test_no_root(void)
{
    StorageConfig config = {.kind = STORAGE_KIND_DIRECTORY, .root = (char *)"/no/such/folder"};
    g_autoptr(GError) error = NULL;
    g_autoptr(ObjectStore) store = object_store_new(&config, &error);
    g_assert_null(store);
    g_assert_error(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_MISCONFIGURED);
    g_assert_nonnull(strstr(error->message, "/no/such/folder"));
}

#define ADD(name, function)                                                                        \
    g_test_add("/directory_store/" name, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("the_same_object_comes_out_that_went_in", test_round_trip);
    ADD("files_of_others_are_objects", test_foreign_files);
    ADD("a_file_changed_by_others_loses_its_metadata", test_changed_behind_our_back);
    ADD("broken_metadata_says_nothing", test_broken_metadata);
    ADD("no_key_leads_out_of_the_root", test_no_way_out);
    ADD("what_is_in_the_way_stays", test_what_is_in_the_way);
    ADD("a_get_keeps_to_its_limits", test_limits);
    ADD("a_large_file_comes_whole", test_large_file);
    ADD("no_temporary_file_is_left", test_nothing_is_left_behind);
    ADD("metadata_belongs_to_its_file_among_many_writers", test_many_writers);
    ADD("a_cancelled_call_ends", test_cancelled);
    ADD("a_full_disk_is_unavailable", test_full_disk);
    g_test_add_func("/directory_store/a_missing_root_is_named", test_no_root);
    return g_test_run();
}
