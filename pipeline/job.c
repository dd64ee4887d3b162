/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/job.h"

#include "pipeline/job_attempt.h"
#include "pipeline/observe/log.h"
#include "pipeline/retry.h"

#define LOOK_UP_EVERY_US (20 * G_TIME_SPAN_MILLISECOND)

Job *job_new(Message *message, guint record, Event *event)
{
    Job *job = g_new0(Job, 1);
    job->message = message_ref(message);
    job->record = record;
    job->event = event;
    job->key = event->key;
    job->cancellable = g_cancellable_new();
    job->received_us = g_get_monotonic_time();
    return job;
}

void job_free(Job *job)
{
    if (job == NULL)
        return;
    message_unref(job->message);
    event_free(job->event);
    assignment_free(job->assignment);
    g_object_unref(job->cancellable);
    g_free(job->detail);
    g_free(job);
}

void job_settle(Job *job, JobOutcome outcome, const char *reason, const char *detail)
{
    job->outcome = outcome;
    job->reason = reason;
    g_free(job->detail);
    job->detail = g_strdup(detail);
}

gboolean job_prepare(Job *job, const Rules *rules)
{
    const Event *event = job->event;
    if (event->kind == EVENT_UNPARSABLE) {
        job_settle(job, JOB_DEAD_LETTER, "unparsable", event->problem);
        return FALSE;
    }
    if (event->kind != EVENT_CREATED) {
        const char *reason =
            event->kind == EVENT_SKIPPED ? event->skip_reason : "not_created_event";
        job_settle(job, JOB_SKIPPED, reason, NULL);
        return FALSE;
    }
    g_clear_pointer(&job->assignment, assignment_free);
    job->assignment = rules_assign(rules, event->bucket, job->key);
    if (job->assignment->skip_reason != NULL) {
        job_settle(job, JOB_SKIPPED, job->assignment->skip_reason, NULL);
        return FALSE;
    }
    if (job->assignment->fail_reason != NULL) {
        job_settle(job, JOB_DEAD_LETTER, job->assignment->fail_reason, NULL);
        return FALSE;
    }
    return TRUE;
}

static void add_origin(LogLine *line, const Job *job)
{
    log_line_text(line, "bucket", job->event->bucket);
    log_line_text(line, "key", job->key);
    log_line_text(line, "topic", job->message->topic);
    log_line_integer(line, "partition", job->message->partition);
    log_line_integer(line, "offset", job->message->offset);
    log_line_integer(line, "record", job->record);
}

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
    add_origin(line, job);
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
    add_origin(line, job);
    log_line_write(line, NULL);
    for (job->attempt = 1; !g_atomic_int_get(&job->stopping); job->attempt++) {
        g_autoptr(GError) error = NULL;
        if (job_attempt(job, tools, &error) || !decide(job, error))
            return;
    }
    job_settle(job, JOB_ABANDONED, "stopping", NULL);
}

void job_log(const Job *job)
{
    static const struct {
        LogLevel level;
        const char *event;
        const char *outcome;
    } rows[JOB_OUTCOME_COUNT] = {
        [JOB_STORED] = {LOG_LEVEL_INFO, "event.done", "stored"},
        [JOB_SKIPPED] = {LOG_LEVEL_INFO, "event.skipped", "skipped"},
        [JOB_DEAD_LETTER] = {LOG_LEVEL_ERROR, "event.failed", "dead_letter"},
        [JOB_ABANDONED] = {LOG_LEVEL_INFO, "event.abandoned", "abandoned"},
    };
    LogLine *line = log_line_new(rows[job->outcome].level, rows[job->outcome].event);
    log_line_text(line, "outcome", rows[job->outcome].outcome);
    log_line_text(line, "reason", job->reason);
    add_origin(line, job);
    if (job->outcome == JOB_STORED)
        log_line_integer(line, "thumbnails", job->thumbnails);
    if (job->bytes_in > 0)
        log_line_integer(line, "bytes_in", job->bytes_in);
    if (job->outcome == JOB_STORED)
        log_line_integer(line, "bytes_out", job->bytes_out);
    if (job->source.format != IMAGE_FORMAT_SAME) {
        log_line_text(line, "src_format", image_format_name(job->source.format));
        log_line_integer(line, "width", job->source.width);
        log_line_integer(line, "height", job->source.height);
    }
    if (job->attempt > 0) {
        log_line_ms(line, "queue_ms", job->queue_ms);
        log_line_ms(line, "fetch_ms", job->fetch_ms);
        log_line_ms(line, "resize_ms", job->resize_ms);
        log_line_ms(line, "store_ms", job->store_ms);
        log_line_ms(line, "duration_ms",
                    (double)(g_get_monotonic_time() - job->received_us) / 1000);
        log_line_integer(line, "attempt", job->attempt);
    }
    if (job->detail != NULL)
        log_line_write(line, "%s", job->detail);
    else
        log_line_write(line, NULL);
}
