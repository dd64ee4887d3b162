/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/job_run.h"

#include "pipeline/job_attempt.h"
#include "pipeline/job_log.h"
#include "pipeline/retry.h"

#define LOOK_UP_EVERY_US (20 * G_TIME_SPAN_MILLISECOND)

static void wait_before_retry(const Job *job, guint delay_ms)
{
    gint64 end = g_get_monotonic_time() + delay_ms * G_TIME_SPAN_MILLISECOND;
    while (g_get_monotonic_time() < end && !g_atomic_int_get(&job->stopping))
        g_usleep(LOOK_UP_EVERY_US);
}

static void announce_retry(const Job *job, const RetryAdvice *advice, const GError *error)
{
    LogLine *line = log_line_new(LOG_LEVEL_WARN, "event.retry");
    log_line_text(line, "reason", advice->reason);
    job_log_origin(line, job);
    log_line_integer(line, "attempt", job->attempt);
    log_line_integer(line, "retry_in_ms", advice->delay_ms);
    log_line_write(line, "%s", error->message);
}

/* What a failed attempt means. TRUE: try again after the wait. */
static gboolean decide(Job *job, const GError *error)
{
    static const JobOutcome outcomes[] = {
        [RETRY_SKIP] = JOB_SKIPPED,
        [RETRY_DEAD_LETTER] = JOB_DEAD_LETTER,
        [RETRY_ABANDON] = JOB_ABANDONED,
    };
    RetryAdvice advice = retry_advise(error, job->attempt);
    if (advice.verdict != RETRY_LATER) {
        job_settle(job, outcomes[advice.verdict], advice.reason, error->message);
        return FALSE;
    }
    announce_retry(job, &advice, error);
    wait_before_retry(job, advice.delay_ms);
    return TRUE;
}

void job_run(Job *job, const JobTools *tools)
{
    g_atomic_int_set(&job->started, TRUE);
    job->queue_ms = (double)(g_get_monotonic_time() - job->received_us) / 1000;
    LogLine *line = log_line_new(LOG_LEVEL_DEBUG, "event.start");
    job_log_origin(line, job);
    log_line_write(line, NULL);
    for (job->attempt = 1; !g_atomic_int_get(&job->stopping); job->attempt++) {
        g_autoptr(GError) error = NULL;
        if (job_attempt(job, tools, &error) || !decide(job, error))
            return;
    }
    job_settle(job, JOB_ABANDONED, "stopping", NULL);
}
