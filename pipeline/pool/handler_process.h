/* SPDX-License-Identifier: Apache-2.0
 *
 * One handler process as its parent sees it: spawned, greeted, asked, killed, reaped. One thread at
 * a time uses it. The process ends with the thread that spawned it, or sooner. */
#pragma once

#include "pipeline/pool/handler.h"

#include <sys/types.h>

typedef struct HandlerProcess HandlerProcess;

/* Returns before the process is ready. */
HandlerProcess *handler_process_spawn(const HandlerPoolOptions *options,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Kills and reaps what is left of it. */
void handler_process_free(HandlerProcess *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HandlerProcess, handler_process_free)

/* Waits for the greeting of a new process. */
gboolean handler_process_greet(HandlerProcess *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Whether it is still there and silent, as a process without work should be. */
gboolean handler_process_is_ready(HandlerProcess *self);
/* As handler_pool_run(). After a HANDLER_ERROR the process is dead and reaped. */
HandlerResult *handler_process_run(HandlerProcess *self, int source, const Plan *plan,
                                   GCancellable *cancellable,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

gboolean handler_process_is_alive(const HandlerProcess *self);
pid_t handler_process_pid(const HandlerProcess *self);
guint handler_process_images(const HandlerProcess *self); /* asked of it so far */
