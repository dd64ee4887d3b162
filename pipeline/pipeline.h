/* SPDX-License-Identifier: Apache-2.0
 *
 * From an event to a committed offset. pipeline_run() is the poll thread: it alone touches the
 * consumer, the offset trackers, the lanes and the totals; job threads only run jobs. */
#pragma once

#include "pipeline/job.h"

typedef struct Pipeline Pipeline;

typedef struct {
    guint64
        received; /* records; = stored + removed + skipped + dead_letter + abandoned + in flight */
    guint64 stored;
    guint64 removed;
    guint64 skipped;
    guint64 dead_letter;
    guint64 abandoned;
} PipelineTotals;

/* @tools is borrowed; @brokers: where the consumer connects; @job_threads: jobs in flight at once.
 */
Pipeline *pipeline_new(const JobTools *tools, const char *brokers, guint job_threads,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
void pipeline_free(Pipeline *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Pipeline, pipeline_free)

/* Runs until pipeline_stop(), then drains: finishes what is at work within shutdown.drain, commits,
 * leaves the group. FALSE with KAFKA_ERROR_FATAL. *@clean: everything has ended; when it is FALSE a
 * thread or a broker did not let go in time, and the process must end without freeing. */
gboolean pipeline_run(Pipeline *self, gboolean *clean, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Asks pipeline_run() to end. Any thread. */
void pipeline_stop(Pipeline *self);

/* Poll thread, or after pipeline_run(). */
PipelineTotals pipeline_totals(const Pipeline *self);
