/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/stores/directory_watcher.h"

#include "pipeline/stores/object_store.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

/* How soon to look again while a folder cannot be watched (the kernel's limit is reached, or the
 * root is away): files are then told by scans, again and again, rather than never. */
#define RETRY_MS (60 * 1000)

#define WATCHED                                                                                    \
    (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE_SELF | IN_MOVE_SELF |    \
     IN_ONLYDIR | IN_DONT_FOLLOW)

struct DirectoryWatcher {
    char *root;
    DirectoryWatcherFunc found;
    gpointer user_data;
    GThread *thread;
    int stop_fd;   /* becomes readable when it is time to stop */
    gint stopping; /* atomic */

    /* Of the thread alone. */
    int inotify_fd;
    GHashTable *folders; /* watch descriptor → path below the root, "" for the root itself */
    gboolean blind;      /* there is a folder that could not be watched */
};

static char *full_path(const DirectoryWatcher *self, const char *path)
{
    return *path == '\0' ? g_strdup(self->root) : g_build_filename(self->root, path, NULL);
}

static char *join(const char *folder, const char *name)
{
    return *folder == '\0' ? g_strdup(name) : g_strdup_printf("%s/%s", folder, name);
}

/* What lies in the root itself is in no bucket. */
static void tell(DirectoryWatcher *self, const char *path, const struct stat *status)
{
    const char *slash = strchr(path, '/');
    if (slash == NULL)
        return;
    g_autofree char *bucket = g_strndup(path, slash - path);
    gint64 time_ms =
        status->st_mtim.tv_sec * G_GINT64_CONSTANT(1000) + status->st_mtim.tv_nsec / 1000000;
    self->found(bucket, slash + 1, status->st_size, time_ms, self->user_data);
}

/* FALSE where the folder cannot be watched; one that is gone already needs not be. */
static gboolean watch(DirectoryWatcher *self, const char *folder)
{
    g_autofree char *full = full_path(self, folder);
    int descriptor = inotify_add_watch(self->inotify_fd, full, WATCHED);
    if (descriptor < 0)
        return errno == ENOENT || errno == ENOTDIR || errno == ELOOP;
    g_hash_table_replace(self->folders, GINT_TO_POINTER(descriptor), g_strdup(folder));
    return TRUE;
}

static void look_at(DirectoryWatcher *self, const char *folder, const char *name, GQueue *folders)
{
    g_autofree char *path = join(folder, name);
    g_autofree char *full = full_path(self, path);
    struct stat status;
    if (*name == '.' || lstat(full, &status) != 0)
        return;
    if (S_ISDIR(status.st_mode))
        g_queue_push_tail(folders, g_steal_pointer(&path));
    else if (S_ISREG(status.st_mode))
        tell(self, path, &status);
}

/* Watches @top and the folders in it, and tells what lies there. Each is watched before it is read,
 * so that nothing falls between the two. */
static void scan(DirectoryWatcher *self, const char *top)
{
    GQueue folders = G_QUEUE_INIT;
    g_queue_push_tail(&folders, g_strdup(top));
    while (!g_queue_is_empty(&folders) && !g_atomic_int_get(&self->stopping)) {
        g_autofree char *folder = g_queue_pop_head(&folders);
        g_autofree char *full = full_path(self, folder);
        if (!watch(self, folder))
            self->blind = TRUE;
        DIR *entries = opendir(full);
        struct dirent *entry;
        while (entries != NULL && (entry = readdir(entries)) != NULL &&
               !g_atomic_int_get(&self->stopping))
            look_at(self, folder, entry->d_name, &folders);
        if (entries != NULL)
            closedir(entries);
    }
    g_queue_clear_full(&folders, g_free);
}

/* Begins anew: what was watched may be called something else by now. */
static void rescan(DirectoryWatcher *self)
{
    g_hash_table_remove_all(self->folders);
    if (self->inotify_fd >= 0)
        close(self->inotify_fd);
    self->inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    self->blind = self->inotify_fd < 0 || access(self->root, X_OK) != 0;
    if (self->inotify_fd >= 0)
        scan(self, "");
}

/* A folder that moved away is no longer what its path says; where it went it is found as new. */
static void forget(DirectoryWatcher *self, const char *folder)
{
    gsize length = strlen(folder);
    GHashTableIter iter;
    gpointer descriptor, path;
    g_hash_table_iter_init(&iter, self->folders);
    while (g_hash_table_iter_next(&iter, &descriptor, &path))
        if (strncmp(path, folder, length) == 0 &&
            (((char *)path)[length] == '\0' || ((char *)path)[length] == '/')) {
            inotify_rm_watch(self->inotify_fd, GPOINTER_TO_INT(descriptor));
            g_hash_table_iter_remove(&iter);
        }
}

static void take_folder_event(DirectoryWatcher *self, const struct inotify_event *event,
                              const char *path)
{
    if (event->mask & IN_MOVED_FROM)
        forget(self, path);
    if (event->mask & (IN_CREATE | IN_MOVED_TO))
        scan(self, path);
}

static void take_event(DirectoryWatcher *self, const struct inotify_event *event)
{
    const char *folder = g_hash_table_lookup(self->folders, GINT_TO_POINTER(event->wd));
    if (folder == NULL)
        return;
    if (event->mask & IN_IGNORED) {
        g_hash_table_remove(self->folders, GINT_TO_POINTER(event->wd));
        return;
    }
    if (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF)) {
        if (*folder == '\0')
            self->blind = TRUE; /* the root went: wait for another in its place */
        return;
    }
    if (event->len == 0 || *event->name == '.')
        return;
    g_autofree char *path = join(folder, event->name);
    if (event->mask & IN_ISDIR) {
        take_folder_event(self, event, path);
    } else if (event->mask & (IN_CLOSE_WRITE | IN_MOVED_TO)) {
        g_autofree char *full = full_path(self, path);
        struct stat status;
        if (lstat(full, &status) == 0 && S_ISREG(status.st_mode))
            tell(self, path, &status);
    }
}

static void take_events(DirectoryWatcher *self)
{
    char buffer[16 * 1024] __attribute__((aligned(__alignof__(struct inotify_event))));
    gssize size = read(self->inotify_fd, buffer, sizeof buffer);
    for (gssize offset = 0; offset < size && !g_atomic_int_get(&self->stopping);) {
        const struct inotify_event *event = (const void *)(buffer + offset);
        if (event->mask & IN_Q_OVERFLOW) {
            rescan(self); /* and the rest of this queue is no more */
            return;
        }
        take_event(self, event);
        offset += sizeof *event + event->len;
    }
}

static gpointer run(gpointer data)
{
    DirectoryWatcher *self = data;
    scan(self, "");
    while (!g_atomic_int_get(&self->stopping)) {
        struct pollfd fds[] = {{self->stop_fd, POLLIN, 0}, {self->inotify_fd, POLLIN, 0}};
        int ready = poll(fds, G_N_ELEMENTS(fds), self->blind ? RETRY_MS : -1);
        if (ready == 0)
            rescan(self);
        else if (ready > 0 && fds[1].revents != 0)
            take_events(self);
    }
    return NULL;
}

static gboolean start_watching(DirectoryWatcher *self, GError **error)
{
    struct stat status;
    self->stop_fd = eventfd(0, EFD_CLOEXEC);
    self->inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (self->stop_fd >= 0 && self->inotify_fd >= 0 && stat(self->root, &status) == 0 &&
        watch(self, "") && g_hash_table_size(self->folders) == 1)
        return TRUE;
    const char *hint = errno == ENOSPC   ? " (raise fs.inotify.max_user_watches)"
                       : errno == EMFILE ? " (raise fs.inotify.max_user_instances)"
                                         : "";
    g_set_error(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_MISCONFIGURED, "watching %s: %s%s",
                self->root, g_strerror(errno), hint);
    return FALSE;
}

DirectoryWatcher *directory_watcher_new(const char *root, DirectoryWatcherFunc found,
                                        gpointer user_data, GError **error)
{
    g_autoptr(DirectoryWatcher) self = g_new0(DirectoryWatcher, 1);
    g_autofree char *with_slash = g_strconcat(root, "/", NULL);
    self->root = g_steal_pointer(&with_slash); /* the root itself may be a symbolic link */
    self->found = found;
    self->user_data = user_data;
    self->folders = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    self->stop_fd = self->inotify_fd = -1;
    if (!start_watching(self, error))
        return NULL;
    self->thread = g_thread_new("watcher", run, self);
    return g_steal_pointer(&self);
}

void directory_watcher_free(DirectoryWatcher *watcher)
{
    if (watcher == NULL)
        return;
    g_atomic_int_set(&watcher->stopping, TRUE);
    if (watcher->thread != NULL) {
        guint64 one = 1;
        if (write(watcher->stop_fd, &one, sizeof one) < 0)
            g_assert_not_reached(); /* an eventfd takes 2^64 - 2 of them */
        g_thread_join(watcher->thread);
    }
    if (watcher->stop_fd >= 0)
        close(watcher->stop_fd);
    if (watcher->inotify_fd >= 0)
        close(watcher->inotify_fd);
    g_hash_table_unref(watcher->folders);
    g_free(watcher->root);
    g_free(watcher);
}
