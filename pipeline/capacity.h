/* SPDX-License-Identifier: Apache-2.0
 *
 * How many handler processes and jobs at once, where the settings say auto. */
#pragma once

#include "config/config.h"

typedef struct {
    guint processes;
    guint in_flight;
    char *why; /* which bound decided, for the start-up line */
} Capacity;

/* @cgroup: the folder whose cpu.max and memory.max hold for this process ("/sys/fs/cgroup" in a
 * container); files that are missing bind nothing. */
Capacity capacity_choose(const Config *config, guint cpus, const char *cgroup);
void capacity_clear(Capacity *capacity);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Capacity, capacity_clear)
/* The CPUs this process may run on. */
guint capacity_cpus(void);
/* The folder of this process's own cgroup (version 2); the root's where that cannot be told. */
char *capacity_cgroup(void);
