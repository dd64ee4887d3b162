/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/stores/directory_watcher.h"
#include "pipeline/stores/object_store.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE_US (5 * G_USEC_PER_SEC)

typedef struct {
    char *root;
    DirectoryWatcher *watcher;
    GAsyncQueue *told; /* of "bucket|key|size" */
    GMutex gate;       /* while it is locked, the callback does not return */
} Fixture;

static void remember(const char *bucket, const char *key, gint64 size, gint64 time_ms,
                     gpointer data)
{
    gint64 now_ms = g_get_real_time() / 1000;
    g_assert_cmpint(ABS(now_ms - time_ms), <, 60 * 1000);
    Fixture *self = data;
    g_mutex_lock(&self->gate);
    g_mutex_unlock(&self->gate);
    g_async_queue_push(self->told, g_strdup_printf("%s|%s|%" G_GINT64_FORMAT, bucket, key, size));
}

static void set_up(Fixture *self, gconstpointer data)
{
    (void)data;
    self->root = g_dir_make_tmp("thumbpipe-XXXXXX", NULL);
    self->told = g_async_queue_new_full(g_free);
    g_mutex_init(&self->gate);
}

static void tear_down(Fixture *self, gconstpointer data)
{
    (void)data;
    directory_watcher_free(self->watcher);
    g_async_queue_unref(self->told);
    g_mutex_clear(&self->gate);
    g_autofree char *command = g_strdup_printf("rm -rf '%s'", self->root);
    g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
    g_free(self->root);
}

static void start(Fixture *self)
{
    g_autoptr(GError) error = NULL;
    self->watcher = directory_watcher_new(self->root, remember, self, &error);
    g_assert_no_error(error);
}

static char *path_of(Fixture *self, const char *path)
{
    return g_build_filename(self->root, path, NULL);
}

static void make_folder(Fixture *self, const char *path)
{
    g_autofree char *full = path_of(self, path);
    g_assert_cmpint(g_mkdir_with_parents(full, 0755), ==, 0);
}

/* Written in place, not by a rename. */
static void write_file(Fixture *self, const char *path, const char *text)
{
    g_autofree char *full = path_of(self, path);
    g_autofree char *folder = g_path_get_dirname(full);
    g_assert_cmpint(g_mkdir_with_parents(folder, 0755), ==, 0);
    g_autoptr(GError) error = NULL;
    g_file_set_contents_full(full, text, -1, G_FILE_SET_CONTENTS_NONE, 0644, &error);
    g_assert_no_error(error);
}

static void move(Fixture *self, const char *from, const char *to)
{
    g_autofree char *from_path = path_of(self, from), *to_path = path_of(self, to);
    g_assert_cmpint(g_rename(from_path, to_path), ==, 0);
}

/* Whether @expected is told in time; what else is told before is dropped. */
static gboolean is_told(Fixture *self, const char *expected)
{
    for (;;) {
        g_autofree char *told = g_async_queue_timeout_pop(self->told, PATIENCE_US);
        if (told == NULL || strcmp(told, expected) == 0)
            return told != NULL;
    }
}

/* Nothing but @last is told from here to it. */
static void assert_only_told(Fixture *self, const char *last)
{
    g_autofree char *told = g_async_queue_timeout_pop(self->told, PATIENCE_US);
    g_assert_cmpstr(told, ==, last);
}

static void test_what_is_there(Fixture *self, gconstpointer data)
{
    (void)data;
    write_file(self, "b/one", "1");
    write_file(self, "b/deep/er/two", "22");
    start(self);
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (int i = 0; i < 2; i++)
        g_hash_table_add(seen, g_async_queue_timeout_pop(self->told, PATIENCE_US));
    g_assert_true(g_hash_table_contains(seen, "b|one|1"));
    g_assert_true(g_hash_table_contains(seen, "b|deep/er/two|2"));
}

static void test_what_comes(Fixture *self, gconstpointer data)
{
    (void)data;
    make_folder(self, "b");
    start(self);
    write_file(self, "b/one", "1");
    g_assert_true(is_told(self, "b|one|1"));
    write_file(self, "other/deep/er/two", "22");
    g_assert_true(is_told(self, "other|deep/er/two|2"));
    write_file(self, "other/deep/er/three", "333");
    g_assert_true(is_told(self, "other|deep/er/three|3"));
    move(self, "b/one", "b/moved");
    g_assert_true(is_told(self, "b|moved|1"));
}

static void test_only_when_closed(Fixture *self, gconstpointer data)
{
    (void)data;
    make_folder(self, "b");
    start(self);
    g_usleep(200 * 1000); /* past the first scan, which tells whatever is there */
    g_autofree char *path = path_of(self, "b/slow");
    FILE *file = g_fopen(path, "w");
    g_assert_cmpint(fputs("half", file) | fflush(file), >=, 0);
    g_autofree char *early = g_async_queue_timeout_pop(self->told, 300 * 1000);
    g_assert_null(early);
    g_assert_cmpint(fputs("whole", file), >=, 0);
    fclose(file);
    assert_only_told(self, "b|slow|9");
}

static void test_what_is_no_object(Fixture *self, gconstpointer data)
{
    (void)data;
    write_file(self, "in-the-root", "x");
    write_file(self, ".thumbpipe/metadata/b/k.json", "x");
    write_file(self, "b/.hidden", "x");
    make_folder(self, "b");
    g_autofree char *link = path_of(self, "b/link");
    g_autofree char *folder_link = path_of(self, "b/folder-link");
    g_assert_cmpint(symlink("/etc/passwd", link) | symlink("/etc", folder_link), ==, 0);
    start(self);
    g_usleep(200 * 1000);
    write_file(self, "also-in-the-root", "x");
    write_file(self, "b/.also-hidden", "x");
    write_file(self, ".thumbpipe/metadata/b/l.json", "x");
    write_file(self, "b/last", "x");
    assert_only_told(self, "b|last|1");
}

static void test_moved_folders(Fixture *self, gconstpointer data)
{
    (void)data;
    write_file(self, "b/old/sub/one", "1");
    start(self);
    g_assert_true(is_told(self, "b|old/sub/one|1"));
    move(self, "b/old", "b/new");
    g_assert_true(is_told(self, "b|new/sub/one|1"));
    write_file(self, "b/new/sub/two", "2");
    g_assert_true(is_told(self, "b|new/sub/two|1"));
    write_file(self, ".outside/sub/three", "3");
    move(self, ".outside", "b/in");
    g_assert_true(is_told(self, "b|in/sub/three|1"));
    move(self, "b/in", ".outside");
    write_file(self, ".outside/sub/four", "4");
    write_file(self, "b/last", "5");
    assert_only_told(self, "b|last|1");
}

static void test_overflow(Fixture *self, gconstpointer data)
{
    (void)data;
    g_autofree char *text = NULL;
    make_folder(self, "b");
    if (!g_file_get_contents("/proc/sys/fs/inotify/max_queued_events", &text, NULL, NULL) ||
        g_ascii_strtoull(text, NULL, 10) > 20000) {
        g_test_skip("the kernel's queue is too long to overflow in a test");
        return;
    }
    start(self);
    guint count = g_ascii_strtoull(text, NULL, 10) + 1000;
    g_mutex_lock(&self->gate); /* the watcher sleeps while they come */
    for (guint i = 0; i < count; i++) {
        g_autofree char *name = g_strdup_printf("b/%u", i);
        write_file(self, name, "x");
    }
    g_mutex_unlock(&self->gate);
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    char *told;
    while (g_hash_table_size(seen) < count &&
           (told = g_async_queue_timeout_pop(self->told, PATIENCE_US)) != NULL)
        g_hash_table_add(seen, told);
    g_assert_cmpuint(g_hash_table_size(seen), ==, count);
}

static void test_stop(Fixture *self, gconstpointer data)
{
    (void)data;
    write_file(self, "b/one", "1");
    for (int i = 0; i < 20; i++) {
        start(self);
        g_clear_pointer(&self->watcher, directory_watcher_free);
    }
    gint told = g_async_queue_length(self->told);
    write_file(self, "b/two", "2");
    g_usleep(100 * 1000);
    g_assert_cmpint(g_async_queue_length(self->told), ==, told);
}

static void test_no_root(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DirectoryWatcher) watcher =
        directory_watcher_new("/no/such/folder", remember, NULL, &error);
    g_assert_null(watcher);
    g_assert_error(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_MISCONFIGURED);
    g_assert_nonnull(strstr(error->message, "/no/such/folder"));
}

#define ADD(name, function)                                                                        \
    g_test_add("/directory_watcher/" name, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("tells_what_is_there_at_start", test_what_is_there);
    ADD("tells_what_comes_at_any_depth", test_what_comes);
    ADD("tells_a_file_when_it_is_closed", test_only_when_closed);
    ADD("tells_nothing_that_is_no_object", test_what_is_no_object);
    ADD("follows_folders_that_move", test_moved_folders);
    ADD("misses_nothing_when_the_queue_overflows", test_overflow);
    ADD("tells_nothing_after_it_is_freed", test_stop);
    g_test_add_func("/directory_watcher/a_missing_root_is_named", test_no_root);
    return g_test_run();
}
