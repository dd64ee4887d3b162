/* SPDX-License-Identifier: Apache-2.0 */
#include "handlers/memfd.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static const char text[] = "bytes on their way";

static int make(gboolean sealed)
{
    g_autoptr(GError) error = NULL;
    int fd = memfd_new("test", &error);
    g_assert_no_error(error);
    g_assert_true(memfd_write(fd, text, 5, &error) && memfd_write(fd, text + 5, 13, &error));
    g_assert_true(!sealed || memfd_seal(fd, &error));
    return fd;
}

static void assert_refused(int fd, gsize max_bytes, GFileError code)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(memfd_map(fd, max_bytes, &error));
    g_assert_error(error, G_FILE_ERROR, (gint)code);
    close(fd);
}

static void test_what_was_written_is_mapped(void)
{
    g_autoptr(GError) error = NULL;
    int fd = make(TRUE);
    g_autoptr(GBytes) bytes = memfd_map(fd, 18, &error);
    g_assert_no_error(error);
    close(fd); /* the bytes do not need it */
    gsize size;
    gconstpointer start = g_bytes_get_data(bytes, &size);
    g_assert_cmpmem(start, size, text, 18);
}

static void test_an_empty_one_gives_empty_bytes(void)
{
    g_autoptr(GError) error = NULL;
    int fd = memfd_new("test", &error);
    g_assert_true(memfd_seal(fd, &error));
    g_autoptr(GBytes) bytes = memfd_map(fd, 0, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(g_bytes_get_size(bytes), ==, 0);
    close(fd);
}

static void test_a_new_one_does_not_survive_exec(void)
{
    int fd = make(FALSE);
    g_assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    close(fd);
}

static void test_an_unsealed_one_is_refused(void)
{
    assert_refused(make(FALSE), 100, G_FILE_ERROR_PERM);
}

static void test_each_seal_is_needed(void)
{
    static const int seals[] = {F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE, F_SEAL_SEAL};
    for (gsize missing = 0; missing < G_N_ELEMENTS(seals); missing++) {
        int fd = make(FALSE);
        for (gsize i = 0; i < G_N_ELEMENTS(seals); i++)
            if (i != missing)
                g_assert_cmpint(fcntl(fd, F_ADD_SEALS, seals[i]), ==, 0);
        assert_refused(fd, 100, G_FILE_ERROR_PERM);
    }
}

static void test_one_too_large_is_refused(void)
{
    assert_refused(make(TRUE), 17, G_FILE_ERROR_INVAL);
}

static void test_what_is_no_memfd_is_refused(void)
{
    assert_refused(open("/dev/null", O_RDONLY), 100, G_FILE_ERROR_INVAL);
    assert_refused(open("/proc/self/exe", O_RDONLY), G_MAXSSIZE, G_FILE_ERROR_INVAL);
}

static void test_a_sealed_one_cannot_change(void)
{
    int fd = make(TRUE);
    g_assert_cmpint(ftruncate(fd, 0), <, 0);
    g_assert_cmpint(ftruncate(fd, 100), <, 0);
    g_assert_cmpint(pwrite(fd, "x", 1, 0), <, 0);
    g_assert_cmpint(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE), <, 0);
    close(fd);
}

static void test_one_mapped_for_writing_cannot_be_sealed(void)
{
    g_autoptr(GError) error = NULL;
    int fd = make(FALSE);
    gpointer start = mmap(NULL, 18, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    g_assert_false(memfd_seal(fd, &error));
    g_assert_nonnull(error);
    munmap(start, 18);
    close(fd);
}

static void test_a_failed_write_is_an_error(void)
{
    g_autoptr(GError) error = NULL;
    int fd = make(TRUE);
    g_assert_false(memfd_write(fd, "x", 1, &error));
    g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_PERM);
    close(fd);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/memfd/what was written is mapped", test_what_was_written_is_mapped);
    g_test_add_func("/memfd/an empty one gives empty bytes", test_an_empty_one_gives_empty_bytes);
    g_test_add_func("/memfd/a new one does not survive exec", test_a_new_one_does_not_survive_exec);
    g_test_add_func("/memfd/an unsealed one is refused", test_an_unsealed_one_is_refused);
    g_test_add_func("/memfd/each seal is needed", test_each_seal_is_needed);
    g_test_add_func("/memfd/one too large is refused", test_one_too_large_is_refused);
    g_test_add_func("/memfd/what is no memfd is refused", test_what_is_no_memfd_is_refused);
    g_test_add_func("/memfd/a sealed one cannot change", test_a_sealed_one_cannot_change);
    g_test_add_func("/memfd/one mapped for writing cannot be sealed",
                    test_one_mapped_for_writing_cannot_be_sealed);
    g_test_add_func("/memfd/a failed write is an error", test_a_failed_write_is_an_error);
    return g_test_run();
}
