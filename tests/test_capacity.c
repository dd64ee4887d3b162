/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/capacity.h"

#include <glib/gstdio.h>

#define MIB ((guint64)1 << 20)

typedef struct {
    const char *cpu_max;    /* NULL: no such file */
    const char *memory_max; /* NULL: no such file */
    guint cpus;
    guint asked_processes;
    guint asked_in_flight;
    guint processes;
    guint in_flight;
    const char *why;
} Row;

static const Row rows[] = {
    {NULL, NULL, 4, 0, 0, 4, 32, "the CPUs it may run on"},
    {"max 100000\n", "max\n", 2, 0, 0, 2, 16, "the CPUs it may run on"},
    {"250000 100000\n", "max\n", 16, 0, 0, 3, 24, "the cgroup's cpu.max"},
    {"50000 100000\n", NULL, 16, 0, 0, 1, 16, "the cgroup's cpu.max"},
    /* 3 GiB less 512 MiB of jobs.memory hold two handlers of 1 GiB. */
    {NULL, "3221225472\n", 8, 0, 0, 2, 16, "the cgroup's memory.max less jobs.memory"},
    {NULL, "1048576\n", 8, 0, 0, 1, 16, "the cgroup's memory.max less jobs.memory"},
    {"50000 100000\n", NULL, 2, 6, 5, 6, 5, "handlers.processes"},
};

static void write_file(const char *folder, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    if (text == NULL)
        g_unlink(path);
    else
        g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void test_the_least_bound_decides_and_is_named(void)
{
    g_autofree char *folder = g_dir_make_tmp("capacity-XXXXXX", NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_test_message("row %" G_GSIZE_FORMAT, i);
        Config config = {
            .handlers = {.processes = rows[i].asked_processes, .memory_bytes = 1024 * MIB},
            .jobs = {.in_flight = rows[i].asked_in_flight, .memory_bytes = 512 * MIB},
        };
        write_file(folder, "cpu.max", rows[i].cpu_max);
        write_file(folder, "memory.max", rows[i].memory_max);
        g_auto(Capacity) capacity = capacity_choose(&config, rows[i].cpus, folder);
        g_assert_cmpuint(capacity.processes, ==, rows[i].processes);
        g_assert_cmpuint(capacity.in_flight, ==, rows[i].in_flight);
        g_assert_cmpstr(capacity.why, ==, rows[i].why);
    }
    write_file(folder, "cpu.max", NULL);
    write_file(folder, "memory.max", NULL);
    g_assert_cmpint(g_rmdir(folder), ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/capacity/the_least_bound_decides_and_is_named",
                    test_the_least_bound_decides_and_is_named);
    return g_test_run();
}
