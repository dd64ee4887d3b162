/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/job.h"

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
