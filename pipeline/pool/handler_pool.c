/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/pool/handler_pool.h"

#include "pipeline/observe/log.h"
#include "pipeline/pool/handler_process.h"

#define RETRY_SECONDS   1 /* after a process could not be started */
#define PATIENCE_MAX_MS 10000
#define ATTEMPTS        3 /* at a process that has not died by the time it is asked */

/* A thread that waits for a process. On its stack; in the queue until it is given one. */
typedef struct {
    HandlerPool *pool;
    GCond changed;
    HandlerProcess *process;
} Waiter;

struct HandlerPool {
    HandlerPoolOptions options;
    char *program;
    GThread *spawner;

    struct {
        GMutex lock;
        GCond changed;   /* for the spawner and for handler_pool_new() */
        GPtrArray *live; /* every process that has greeted, borrowed; at work or idle */
        GQueue idle;     /* owned; empty while anybody waits */
        GQueue waiters;  /* first come, first served */
        guint missing;   /* to be started */
        GError *failure; /* why the last start failed; NULL: it did not */
        gboolean stopping;
    } synced;
};

/* Hands a process to the one who has waited longest. Takes @process. Locked. */
static void give(HandlerPool *self, HandlerProcess *process)
{
    Waiter *waiter = g_queue_pop_head(&self->synced.waiters);
    if (waiter == NULL) {
        /* The last one used is asked first: its memory and its code are warm. */
        g_queue_push_head(&self->synced.idle, process);
        return;
    }
    waiter->process = process;
    g_cond_signal(&waiter->changed);
}

static void add_process(HandlerPool *self, HandlerProcess *process)
{
    g_mutex_lock(&self->synced.lock);
    g_ptr_array_add(self->synced.live, process);
    g_clear_error(&self->synced.failure);
    give(self, process);
    g_cond_broadcast(&self->synced.changed);
    g_mutex_unlock(&self->synced.lock);
}

/* Takes @failure. */
static void note_failure(HandlerPool *self, GError *failure)
{
    log_message(LOG_LEVEL_DEBUG, "handler.spawn", "%s", failure->message);
    g_mutex_lock(&self->synced.lock);
    self->synced.missing++;
    g_clear_error(&self->synced.failure);
    self->synced.failure = failure;
    g_cond_broadcast(&self->synced.changed);
    g_mutex_unlock(&self->synced.lock);
}

/* Starts @count at once, so that the time each takes to get ready is taken together. FALSE: some
 * are missing again. */
static gboolean start_processes(HandlerPool *self, guint count)
{
    g_autoptr(GPtrArray) started = g_ptr_array_new();
    guint ready = 0;
    for (guint i = 0; i < count; i++) {
        g_autoptr(GError) error = NULL;
        HandlerProcess *process = handler_process_spawn(&self->options, &error);
        if (process != NULL)
            g_ptr_array_add(started, process);
        else
            note_failure(self, g_steal_pointer(&error));
    }
    for (guint i = 0; i < started->len; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(HandlerProcess) process = started->pdata[i];
        if (handler_process_greet(process, &error)) {
            add_process(self, g_steal_pointer(&process));
            ready++;
        } else {
            note_failure(self, g_steal_pointer(&error));
        }
    }
    return ready == count;
}

/* Locked, as is what calls it. */
static void wait_before_retry(HandlerPool *self)
{
    gint64 end = g_get_monotonic_time() + RETRY_SECONDS * G_TIME_SPAN_SECOND;
    while (!self->synced.stopping &&
           g_cond_wait_until(&self->synced.changed, &self->synced.lock, end))
        ;
}

static gpointer spawn_when_missing(gpointer data)
{
    HandlerPool *self = data;
    g_mutex_lock(&self->synced.lock);
    while (!self->synced.stopping) {
        guint count = self->synced.missing;
        if (count == 0) {
            g_cond_wait(&self->synced.changed, &self->synced.lock);
            continue;
        }
        self->synced.missing = 0;
        g_mutex_unlock(&self->synced.lock);
        gboolean started = start_processes(self, count);
        g_mutex_lock(&self->synced.lock);
        if (!started)
            wait_before_retry(self);
    }
    g_mutex_unlock(&self->synced.lock);
    return NULL;
}

HandlerPool *handler_pool_new(const HandlerPoolOptions *options, GError **error)
{
    g_assert(options->processes > 0);
    g_autoptr(HandlerPool) self = g_new0(HandlerPool, 1);
    self->options = *options;
    self->options.program = self->program = g_strdup(options->program);
    g_mutex_init(&self->synced.lock);
    g_cond_init(&self->synced.changed);
    self->synced.live = g_ptr_array_new();
    g_queue_init(&self->synced.idle);
    g_queue_init(&self->synced.waiters);
    self->synced.missing = options->processes;
    self->spawner = g_thread_new("handler-spawner", spawn_when_missing, self);

    g_mutex_lock(&self->synced.lock);
    while (self->synced.live->len < options->processes && self->synced.failure == NULL)
        g_cond_wait(&self->synced.changed, &self->synced.lock);
    GError *failure = g_steal_pointer(&self->synced.failure);
    g_mutex_unlock(&self->synced.lock);
    if (failure == NULL)
        return g_steal_pointer(&self);
    g_propagate_error(error, failure);
    return NULL;
}

void handler_pool_free(HandlerPool *self)
{
    if (self == NULL)
        return;
    g_mutex_lock(&self->synced.lock);
    self->synced.stopping = TRUE;
    g_cond_broadcast(&self->synced.changed);
    g_mutex_unlock(&self->synced.lock);
    g_thread_join(self->spawner);

    g_assert(self->synced.waiters.length == 0);
    g_assert(self->synced.live->len == self->synced.idle.length);
    g_queue_clear_full(&self->synced.idle, (GDestroyNotify)handler_process_free);
    g_ptr_array_unref(self->synced.live);
    g_clear_error(&self->synced.failure);
    g_cond_clear(&self->synced.changed);
    g_mutex_clear(&self->synced.lock);
    g_free(self->program);
    g_free(self);
}

static void wake(G_GNUC_UNUSED GCancellable *cancellable, gpointer user_data)
{
    Waiter *waiter = user_data;
    g_mutex_lock(&waiter->pool->synced.lock);
    g_cond_signal(&waiter->changed);
    g_mutex_unlock(&waiter->pool->synced.lock);
}

/* Until the waiter has a process, or a reason to go without. Locked. */
static void wait_for_process(HandlerPool *self, Waiter *waiter, GCancellable *cancellable,
                             GError **error)
{
    /* With processes at work a wait ends by itself; with none it depends on a program that does not
     * start. */
    gint64 patience_ms = MIN((gint64)self->options.deadline_ms * 2, PATIENCE_MAX_MS);
    gint64 end = g_get_monotonic_time() + patience_ms * 1000;
    g_queue_push_tail(&self->synced.waiters, waiter);
    while (waiter->process == NULL && !g_cancellable_is_cancelled(cancellable)) {
        if (g_cond_wait_until(&waiter->changed, &self->synced.lock, end))
            continue;
        if (waiter->process == NULL && self->synced.live->len == 0) {
            g_queue_remove(&self->synced.waiters, waiter);
            g_set_error(error, HANDLER_ERROR, HANDLER_ERROR_SPAWN, "no handler process: %s",
                        self->synced.failure ? self->synced.failure->message : "none is ready");
            return;
        }
        end = g_get_monotonic_time() + patience_ms * 1000;
    }
}

static HandlerProcess *take_process(HandlerPool *self, GCancellable *cancellable, GError **error)
{
    Waiter waiter = {.pool = self};
    g_autoptr(GError) failure = NULL;
    g_cond_init(&waiter.changed);
    gulong hook =
        cancellable ? g_cancellable_connect(cancellable, G_CALLBACK(wake), &waiter, NULL) : 0;
    g_mutex_lock(&self->synced.lock);
    waiter.process = g_queue_pop_head(&self->synced.idle);
    if (waiter.process == NULL)
        wait_for_process(self, &waiter, cancellable, &failure);
    if (failure == NULL && g_cancellable_is_cancelled(cancellable)) {
        g_set_error_literal(&failure, HANDLER_ERROR, HANDLER_ERROR_CANCELLED, "cancelled");
        if (waiter.process != NULL)
            give(self, g_steal_pointer(&waiter.process));
        else
            g_queue_remove(&self->synced.waiters, &waiter);
    }
    g_mutex_unlock(&self->synced.lock);
    if (cancellable != NULL)
        g_cancellable_disconnect(cancellable, hook);
    g_cond_clear(&waiter.changed);
    if (failure != NULL)
        g_propagate_error(error, g_steal_pointer(&failure));
    return waiter.process;
}

static void replace(HandlerPool *self, HandlerProcess *process)
{
    g_mutex_lock(&self->synced.lock);
    g_ptr_array_remove_fast(self->synced.live, process);
    g_mutex_unlock(&self->synced.lock);
    handler_process_free(process);

    /* Only now, so that there are never more of them than configured. */
    g_mutex_lock(&self->synced.lock);
    self->synced.missing++;
    g_cond_broadcast(&self->synced.changed);
    g_mutex_unlock(&self->synced.lock);
}

/* A process that was killed by somebody else while idle must not cost an image. */
static HandlerProcess *take_ready_process(HandlerPool *self, GCancellable *cancellable,
                                          GError **error)
{
    for (;;) {
        HandlerProcess *process = take_process(self, cancellable, error);
        if (process == NULL || handler_process_is_ready(process))
            return process;
        replace(self, process);
    }
}

static void put_back(HandlerPool *self, HandlerProcess *process)
{
    guint limit = self->options.recycle_after;
    if (!handler_process_is_alive(process) ||
        (limit > 0 && handler_process_images(process) >= limit)) {
        replace(self, process);
        return;
    }
    g_mutex_lock(&self->synced.lock);
    give(self, process);
    g_mutex_unlock(&self->synced.lock);
}

HandlerResult *handler_pool_run(HandlerPool *self, int source, const Plan *plan,
                                GCancellable *cancellable, double *queue_ms, GError **error)
{
    g_assert(plan_is_valid(plan));
    *queue_ms = 0;
    for (guint attempt = 1;; attempt++) {
        g_autoptr(GError) failure = NULL;
        gint64 start = g_get_monotonic_time();
        HandlerProcess *process = take_ready_process(self, cancellable, error);
        *queue_ms += (double)(g_get_monotonic_time() - start) / 1000;
        if (process == NULL)
            return NULL;
        HandlerResult *result = handler_process_run(process, source, plan, cancellable, &failure);
        put_back(self, process);
        if (result != NULL)
            return result;
        if (!g_error_matches(failure, HANDLER_ERROR, HANDLER_ERROR_SPAWN) || attempt == ATTEMPTS) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return NULL;
        }
    }
}

GArray *handler_pool_pids(HandlerPool *self)
{
    GArray *pids = g_array_new(FALSE, FALSE, sizeof(pid_t));
    g_mutex_lock(&self->synced.lock);
    for (guint i = 0; i < self->synced.live->len; i++) {
        pid_t pid = handler_process_pid(self->synced.live->pdata[i]);
        g_array_append_val(pids, pid);
    }
    g_mutex_unlock(&self->synced.lock);
    return pids;
}
