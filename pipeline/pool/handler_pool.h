/* SPDX-License-Identifier: Apache-2.0
 *
 * The handler processes: started, fed one image at a time, watched, killed and replaced. Any job
 * thread may call handler_pool_run(); it waits for a free process. Processes are spawned by one
 * thread that lives as long as the pool, because a child's parent-death signal follows the thread
 * that made it. What a child sends back is trusted only after handlers/memfd.h and the bounds of
 * the plan have been checked. */
#pragma once

#include "handlers/plan.h"
#include "pipeline/pool/handler.h"

typedef struct HandlerPool HandlerPool;

/* Starts every process and waits for its greeting, so that a missing or broken program fails here
 * (HANDLER_ERROR_SPAWN) and not with the first image. */
HandlerPool *handler_pool_new(const HandlerPoolOptions *options,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Ends the processes and waits for them. No run may be under way. */
void handler_pool_free(HandlerPool *pool);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HandlerPool, handler_pool_free)

/* Makes every size of @plan from the sealed memfd @source (borrowed). Blocks for a free process and
 * then at most for the deadline. @queue_ms gets the time spent waiting for a process. Fails with
 * IMAGE_ERROR when the image was refused, else with HANDLER_ERROR. */
HandlerResult *handler_pool_run(HandlerPool *pool, int source, const Plan *plan,
                                GCancellable *cancellable, double *queue_ms,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The running processes' ids, for tests and the start-up line; free with g_array_unref(). */
GArray *handler_pool_pids(HandlerPool *pool);
