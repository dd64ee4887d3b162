/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/job_log.h"

void job_log_origin(LogLine *line, const Job *job)
{
    log_line_text(line, "bucket", job->event->bucket);
    log_line_text(line, "key", job->key);
    log_line_text(line, "topic", job->message->topic);
    log_line_integer(line, "partition", job->message->partition);
    log_line_integer(line, "offset", job->message->offset);
    log_line_integer(line, "record", job->record);
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
    job_log_origin(line, job);
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
