/* SPDX-License-Identifier: Apache-2.0
 *
 * The threads that run jobs, and the two queues between them and the poll thread. A job pushed is
 * the threads' until it is popped as finished. */
#pragma once

#include "pipeline/job.h"

typedef struct JobThreads JobThreads;

/* @wake_fd is an eventfd, written whenever a job is finished. */
JobThreads *job_threads_new(const JobTools *tools, guint count, int wake_fd);
/* All threads must have been joined. */
void job_threads_free(JobThreads *self);

/* To be run. */
void job_threads_push(JobThreads *self, Job *job);
/* Finished already: comes out of job_threads_pop_finished() without a thread having seen it. */
void job_threads_pass(JobThreads *self, Job *job);
/* NULL: none within @timeout_ms. */
Job *job_threads_pop_finished(JobThreads *self, guint timeout_ms);
/* Ends the threads once the jobs pushed are finished. FALSE: one is still at work after
 * @timeout_ms. */
gboolean job_threads_join(JobThreads *self, guint timeout_ms);
