/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/capacity.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>

/* While one image is decoded others are fetched and stored: so many jobs for each process. */
#define JOBS_PER_PROCESS 8
#define LEAST_JOBS       16

#define CGROUP_ROOT "/sys/fs/cgroup"

guint capacity_cpus(void)
{
    cpu_set_t cpus;
    if (sched_getaffinity(0, sizeof cpus, &cpus) != 0)
        return (guint)g_get_num_processors();
    return (guint)CPU_COUNT(&cpus);
}

char *capacity_cgroup(void)
{
    g_autofree char *text = NULL;
    if (g_file_get_contents("/proc/self/cgroup", &text, NULL, NULL) &&
        g_str_has_prefix(text, "0::/")) {
        g_strchomp(text);
        g_autofree char *folder = g_build_filename(CGROUP_ROOT, text + strlen("0::"), NULL);
        if (g_file_test(folder, G_FILE_TEST_IS_DIR))
            return g_steal_pointer(&folder);
    }
    return g_strdup(CGROUP_ROOT);
}

/* cpu.max holds "quota period" in microseconds, or "max period". */
static guint cpus_of_quota(const char *cgroup)
{
    g_autofree char *path = g_build_filename(cgroup, "cpu.max", NULL);
    g_autofree char *text = NULL;
    guint64 quota, period;
    if (!g_file_get_contents(path, &text, NULL, NULL) ||
        sscanf(text, "%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, &quota, &period) != 2 ||
        period == 0)
        return G_MAXUINT;
    return (guint)MAX(1, (quota + period - 1) / period);
}

static guint processes_of_memory(const char *cgroup, const Config *config)
{
    g_autofree char *path = g_build_filename(cgroup, "memory.max", NULL);
    g_autofree char *text = NULL;
    guint64 limit;
    if (!g_file_get_contents(path, &text, NULL, NULL) ||
        sscanf(text, "%" G_GUINT64_FORMAT, &limit) != 1)
        return G_MAXUINT;
    guint64 left = limit > config->jobs.memory_bytes ? limit - config->jobs.memory_bytes : 0;
    return (guint)CLAMP(left / config->handlers.memory_bytes, 1, 1024);
}

Capacity capacity_choose(const Config *config, guint cpus, const char *cgroup)
{
    const struct {
        guint processes;
        const char *why;
    } bounds[] = {
        {cpus, "the CPUs it may run on"},
        {cpus_of_quota(cgroup), "the cgroup's cpu.max"},
        {processes_of_memory(cgroup, config), "the cgroup's memory.max less jobs.memory"},
    };
    Capacity capacity = {.processes = config->handlers.processes};
    if (capacity.processes > 0) {
        capacity.why = g_strdup("handlers.processes");
    } else {
        gsize least = 0;
        for (gsize i = 1; i < G_N_ELEMENTS(bounds); i++)
            if (bounds[i].processes < bounds[least].processes)
                least = i;
        capacity.processes = MAX(1, bounds[least].processes);
        capacity.why = g_strdup(bounds[least].why);
    }
    capacity.in_flight = config->jobs.in_flight > 0
                             ? config->jobs.in_flight
                             : MAX(LEAST_JOBS, capacity.processes * JOBS_PER_PROCESS);
    return capacity;
}

void capacity_clear(Capacity *capacity)
{
    g_clear_pointer(&capacity->why, g_free);
}
