/* SPDX-License-Identifier: Apache-2.0 */
#include "handlers/memfd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL /* Linux 6.3, glibc 2.38 */
#define MFD_NOEXEC_SEAL 0x0008U
#endif

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)

typedef struct {
    gpointer start;
    gsize size;
} Mapping;

static void mapping_free(gpointer data)
{
    Mapping *mapping = data;
    munmap(mapping->start, mapping->size);
    g_free(mapping);
}

static void set_error(GError **error, const char *what)
{
    int code = errno;
    g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(code), "%s: %s", what,
                g_strerror(code));
}

int memfd_new(const char *name, GError **error)
{
    /* Hosts with vm.memfd_noexec=2 refuse one that could be executed; older kernels do not know
     * the flag. */
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
    if (fd < 0 && errno == EINVAL)
        fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        set_error(error, "creating a memfd");
    return fd;
}

gboolean memfd_write(int fd, gconstpointer bytes, gsize size, GError **error)
{
    const char *rest = bytes;
    while (size > 0) {
        ssize_t written = write(fd, rest, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0) {
            set_error(error, "writing a memfd");
            return FALSE;
        }
        rest += written;
        size -= (gsize)written;
    }
    return TRUE;
}

gboolean memfd_seal(int fd, GError **error)
{
    if (fcntl(fd, F_ADD_SEALS, SEALS) < 0) {
        set_error(error, "sealing a memfd");
        return FALSE;
    }
    return TRUE;
}

GBytes *memfd_map(int fd, gsize max_bytes, GError **error)
{
    int seals = fcntl(fd, F_GET_SEALS);
    if (seals < 0) {
        set_error(error, "reading the seals");
        return NULL;
    }
    if ((seals & SEALS) != SEALS) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_PERM,
                    "a memfd that can still be changed (seals 0x%x)", (guint)seals);
        return NULL;
    }
    /* Only now: before the seals the size could change behind our back. */
    struct stat status;
    if (fstat(fd, &status) < 0) {
        set_error(error, "asking for the size of a memfd");
        return NULL;
    }
    gsize size = (gsize)status.st_size;
    if (size > max_bytes) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                    "a memfd of %" G_GSIZE_FORMAT " bytes where %" G_GSIZE_FORMAT " are allowed",
                    size, max_bytes);
        return NULL;
    }
    if (size == 0)
        return g_bytes_new(NULL, 0);
    /* Private: before Linux 6.7 a shared mapping of a write-sealed memfd is refused (EPERM) even
     * for reading only. */
    gpointer start = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (start == MAP_FAILED) {
        set_error(error, "mapping a memfd");
        return NULL;
    }
    Mapping *mapping = g_new(Mapping, 1);
    *mapping = (Mapping){.start = start, .size = size};
    return g_bytes_new_with_free_func(start, size, mapping_free, mapping);
}
