/* SPDX-License-Identifier: Apache-2.0
 *
 * What every part of the pool speaks of: why a run failed, how processes are to be, what a run
 * gave. */
#pragma once

#include "handlers/image_engine.h"

#include <gio/gio.h>

#define HANDLER_ERROR handler_error_quark()
GQuark handler_error_quark(void);
typedef enum {
    HANDLER_ERROR_CRASHED,   /* died of a signal, left, or broke the protocol */
    HANDLER_ERROR_MEMORY,    /* died for want of memory */
    HANDLER_ERROR_DEADLINE,  /* took longer than the deadline and was killed */
    HANDLER_ERROR_CANCELLED, /* the caller gave up; the process was killed if it was at work */
    HANDLER_ERROR_SPAWN,     /* no process could be started: try again later */
} HandlerError;

typedef struct {
    const char *program;  /* path of thumbpipe-handler */
    guint processes;      /* at least 1 */
    guint64 memory_bytes; /* RLIMIT_AS of each */
    guint64 deadline_ms;  /* of one image */
    guint recycle_after;  /* images a process handles before it is replaced; 0: never */
} HandlerPoolOptions;

typedef struct {
    ImageOutput image;
    GBytes *bytes; /* maps the child's sealed memfd */
} HandlerOutput;
void handler_output_free(gpointer output);

typedef struct {
    ImageInfo source;
    GPtrArray *outputs; /* of HandlerOutput, one for each size of the plan, in the plan's order */
} HandlerResult;
void handler_result_free(HandlerResult *result);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HandlerResult, handler_result_free)
