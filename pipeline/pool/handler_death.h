/* SPDX-License-Identifier: Apache-2.0
 *
 * The end of a handler process: brought about, waited for and read. Both functions reap @pid, which
 * must be a child of ours that nobody else waits for. */
#pragma once

#include "pipeline/pool/handler.h"

#include <sys/types.h>

/* What helps to tell whether a process died for want of memory. */
typedef struct {
    guint64 limit_bytes;
    guint64 inherited_bytes; /* our own peak when it was spawned: Linux counts it in the child's */
    gboolean lacking;        /* by its own last words */
} HandlerMemory;

void handler_death_bring(pid_t pid);
/* For a process whose socket has closed: HANDLER_ERROR_MEMORY or HANDLER_ERROR_CRASHED with what it
 * did. One that has not ended a second later is killed. */
void handler_death_explain(pid_t pid, const HandlerMemory *memory, GError **error);
