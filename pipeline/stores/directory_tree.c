/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/stores/directory_tree.h"

#include "pipeline/stores/object_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What a failed system call means when reading, and when writing. */
static const struct {
    int number;
    ObjectStoreError reading;
    ObjectStoreError writing;
} numbers[] = {
    {ENOENT, OBJECT_STORE_ERROR_GONE, OBJECT_STORE_ERROR_UNAVAILABLE}, /* a folder just vanished */
    {ENOTDIR, OBJECT_STORE_ERROR_GONE, OBJECT_STORE_ERROR_DENIED},     /* a file in the way */
    {EISDIR, OBJECT_STORE_ERROR_GONE, OBJECT_STORE_ERROR_DENIED},      /* a folder in the way */
    {ENOTEMPTY, OBJECT_STORE_ERROR_GONE, OBJECT_STORE_ERROR_DENIED},
    {ELOOP, OBJECT_STORE_ERROR_DENIED, OBJECT_STORE_ERROR_DENIED}, /* a symbolic link */
    {ENAMETOOLONG, OBJECT_STORE_ERROR_DENIED, OBJECT_STORE_ERROR_DENIED},
    {ENXIO, OBJECT_STORE_ERROR_DENIED, OBJECT_STORE_ERROR_DENIED},  /* a socket */
    {EINVAL, OBJECT_STORE_ERROR_DENIED, OBJECT_STORE_ERROR_DENIED}, /* a name vfat does not take */
    {EFBIG, OBJECT_STORE_ERROR_DENIED, OBJECT_STORE_ERROR_DENIED},
    {EACCES, OBJECT_STORE_ERROR_DENIED, OBJECT_STORE_ERROR_MISCONFIGURED},
    {EPERM, OBJECT_STORE_ERROR_DENIED, OBJECT_STORE_ERROR_MISCONFIGURED},
    {EROFS, OBJECT_STORE_ERROR_UNAVAILABLE, OBJECT_STORE_ERROR_MISCONFIGURED},
};

static void set_error_from_errno(GError **error, const char *path, gboolean writing, int number)
{
    ObjectStoreError meaning = OBJECT_STORE_ERROR_UNAVAILABLE; /* ENOSPC, EIO, EMFILE, … */
    for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++)
        if (numbers[i].number == number)
            meaning = writing ? numbers[i].writing : numbers[i].reading;
    const char *text = number == ELOOP ? "symbolic links are not followed" : g_strerror(number);
    g_set_error(error, OBJECT_STORE_ERROR, meaning, "%s %s: %s", writing ? "writing" : "reading",
                path, text);
}

char *directory_tree_path(const char *bucket, const char *key, GError **error)
{
    const char *problem = strchr(bucket, '/') != NULL ? "a bucket is one folder" : NULL;
    g_autofree char *path = g_strdup_printf("%s/%s", bucket, key);
    g_auto(GStrv) segments = g_strsplit(path, "/", -1);
    for (char **segment = segments; *segment != NULL; segment++) {
        if (**segment == '\0')
            problem = "no part between slashes may be empty";
        if (**segment == '.')
            problem = "no part may begin with a dot";
    }
    if (problem == NULL)
        return g_steal_pointer(&path);
    g_set_error(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_DENIED,
                "%s cannot be a file in a directory store: %s", path, problem);
    return NULL;
}

static void close_fd(int *fd)
{
    int number = errno; /* what is told is what failed before */
    if (*fd >= 0)
        close(*fd);
    errno = number;
}
#define auto_close __attribute__((cleanup(close_fd))) int

/* The folder @name in @folder_fd; -1 with errno, ELOOP for a symbolic link (with O_DIRECTORY the
 * kernel says ENOTDIR). */
static int open_folder(int folder_fd, const char *name, gboolean create)
{
    int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(folder_fd, name, flags);
    if (fd < 0 && errno == ENOENT && create) {
        gboolean created = mkdirat(folder_fd, name, 0777) == 0;
        if ((!created && errno != EEXIST) || (created && fsync(folder_fd) != 0))
            return -1;
        fd = openat(folder_fd, name, flags);
    }
    struct stat status;
    if (fd < 0 && errno == ENOTDIR) {
        gboolean link =
            fstatat(folder_fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(status.st_mode);
        errno = link ? ELOOP : ENOTDIR;
    }
    return fd;
}

/* The folder that @path's last segment lies in; -1 with errno. */
static int open_parent(int root_fd, const char *path, gboolean create, const char **last)
{
    g_auto(GStrv) segments = g_strsplit(path, "/", -1);
    int fd = fcntl(root_fd, F_DUPFD_CLOEXEC, 0);
    for (char **segment = segments; fd >= 0 && segment[1] != NULL; segment++) {
        auto_close above = fd;
        fd = open_folder(above, *segment, create);
    }
    const char *slash = strrchr(path, '/');
    *last = slash != NULL ? slash + 1 : path;
    return fd;
}

int directory_tree_open(int root_fd, const char *path, struct stat *status, GError **error)
{
    const char *name;
    auto_close parent = open_parent(root_fd, path, FALSE, &name);
    /* O_NONBLOCK: a FIFO would keep us waiting; it means nothing to a file. */
    auto_close fd =
        parent < 0 ? -1 : openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || fstat(fd, status) != 0) {
        set_error_from_errno(error, path, FALSE, errno);
        return -1;
    }
    if (S_ISDIR(status->st_mode)) {
        set_error_from_errno(error, path, FALSE, EISDIR);
        return -1;
    }
    if (!S_ISREG(status->st_mode)) {
        g_set_error(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_DENIED,
                    "reading %s: not a regular file", path);
        return -1;
    }
    int opened = fd;
    fd = -1; /* the caller's now */
    return opened;
}

static gboolean write_all(int fd, const guint8 *bytes, gsize size)
{
    while (size > 0) {
        gssize written = write(fd, bytes, size);
        if (written < 0 && errno != EINTR)
            return FALSE;
        if (written > 0) {
            bytes += written;
            size -= written;
        }
    }
    return TRUE;
}

DirectoryTreeFile *directory_tree_write(int root_fd, const char *path, gconstpointer bytes,
                                        gsize size, gboolean durable, GError **error)
{
    g_autoptr(DirectoryTreeFile) file = g_new0(DirectoryTreeFile, 1);
    const char *name;
    file->folder_fd = open_parent(root_fd, path, TRUE, &name);
    if (file->folder_fd < 0) {
        set_error_from_errno(error, path, TRUE, errno);
        return NULL;
    }
    file->name = g_strdup(name);
    file->durable = durable;
    g_autofree char *temporary_name =
        g_strdup_printf(".thumbpipe-%08x%08x", g_random_int(), g_random_int());
    auto_close fd = openat(file->folder_fd, temporary_name,
                           O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd >= 0)
        file->temporary_name = g_steal_pointer(&temporary_name);
    if (fd < 0 || !write_all(fd, bytes, size) || (durable && fsync(fd) != 0) ||
        fstat(fd, &file->status) != 0) {
        set_error_from_errno(error, path, TRUE, errno);
        return NULL;
    }
    return g_steal_pointer(&file);
}

gboolean directory_tree_commit(DirectoryTreeFile *file, GError **error)
{
    struct stat status;
    gboolean link = fstatat(file->folder_fd, file->name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
                    S_ISLNK(status.st_mode);
    if (link) /* put there by someone for a reason: not ours to replace */
        errno = ELOOP;
    if (link || renameat(file->folder_fd, file->temporary_name, file->folder_fd, file->name) != 0) {
        set_error_from_errno(error, file->name, TRUE, errno);
        return FALSE;
    }
    g_clear_pointer(&file->temporary_name, g_free);
    if (!file->durable || fsync(file->folder_fd) == 0)
        return TRUE;
    set_error_from_errno(error, file->name, TRUE, errno);
    return FALSE;
}

void directory_tree_file_free(DirectoryTreeFile *file)
{
    if (file == NULL)
        return;
    if (file->temporary_name != NULL)
        unlinkat(file->folder_fd, file->temporary_name, 0);
    if (file->folder_fd >= 0)
        close(file->folder_fd);
    g_free(file->name);
    g_free(file->temporary_name);
    g_free(file);
}

gboolean directory_tree_remove(int root_fd, const char *path, GError **error)
{
    const char *name;
    auto_close parent = open_parent(root_fd, path, FALSE, &name);
    if ((parent >= 0 && unlinkat(parent, name, 0) == 0) || errno == ENOENT || errno == ENOTDIR ||
        errno == EISDIR)
        return TRUE;
    set_error_from_errno(error, path, TRUE, errno);
    return FALSE;
}
