/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/job_threads.h"

#include "pipeline/job_run.h"

#include <sys/eventfd.h>

struct JobThreads {
    const JobTools *tools;
    int wake_fd;
    GAsyncQueue *ready;    /* of Job, or of END */
    GAsyncQueue *finished; /* of Job */
    GPtrArray *threads;    /* of GThread; NULL once joined */
    gint running;          /* atomic */
};

/* A queue holds no NULL: this stands for "no more jobs". */
static char END[] = "end";

static void report(JobThreads *self, Job *job)
{
    g_async_queue_push(self->finished, job);
    job = NULL; /* the poll thread owns it now */
    eventfd_write(self->wake_fd, 1);
}

static gpointer work(gpointer data)
{
    JobThreads *self = data;
    for (gpointer item; (item = g_async_queue_pop(self->ready)) != END;) {
        job_run(item, self->tools);
        report(self, item);
    }
    g_atomic_int_dec_and_test(&self->running);
    return NULL;
}

JobThreads *job_threads_new(const JobTools *tools, guint count, int wake_fd)
{
    JobThreads *self = g_new0(JobThreads, 1);
    self->tools = tools;
    self->wake_fd = wake_fd;
    self->ready = g_async_queue_new();
    self->finished = g_async_queue_new();
    self->threads = g_ptr_array_new();
    self->running = (gint)count;
    for (guint i = 0; i < count; i++)
        g_ptr_array_add(self->threads, g_thread_new("job", work, self));
    return self;
}

void job_threads_free(JobThreads *self)
{
    if (self->threads != NULL)
        job_threads_join(self, G_MAXUINT);
    g_async_queue_unref(self->ready);
    g_async_queue_unref(self->finished);
    g_free(self);
}

void job_threads_push(JobThreads *self, Job *job)
{
    g_async_queue_push(self->ready, job);
}

void job_threads_pass(JobThreads *self, Job *job)
{
    report(self, job);
}

Job *job_threads_pop_finished(JobThreads *self, guint timeout_ms)
{
    if (timeout_ms == 0)
        return g_async_queue_try_pop(self->finished);
    return g_async_queue_timeout_pop(self->finished, (guint64)timeout_ms * 1000);
}

gboolean job_threads_join(JobThreads *self, guint timeout_ms)
{
    if (self->threads == NULL)
        return TRUE;
    for (guint i = 0; i < self->threads->len; i++)
        g_async_queue_push(self->ready, END);
    gint64 deadline = g_get_monotonic_time() + (gint64)timeout_ms * G_TIME_SPAN_MILLISECOND;
    while (g_atomic_int_get(&self->running) > 0) {
        if (g_get_monotonic_time() >= deadline)
            return FALSE;
        g_usleep(5 * G_TIME_SPAN_MILLISECOND);
    }
    for (guint i = 0; i < self->threads->len; i++)
        g_thread_join(g_ptr_array_index(self->threads, i));
    g_clear_pointer(&self->threads, g_ptr_array_unref);
    return TRUE;
}
