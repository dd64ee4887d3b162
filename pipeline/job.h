/* SPDX-License-Identifier: Apache-2.0
 *
 * One record of one message, from fetch to stored. A job thread runs it with job_run(), blocking;
 * the poll thread makes it and settles it. It belongs to one of them at a time; only `stopping` and
 * `cancellable` may be touched by the other. */
#pragma once

#include "config/config.h"
#include "pipeline/events/event.h"
#include "pipeline/kafka/message.h"
#include "pipeline/memory_budget.h"
#include "pipeline/pool/handler_pool.h"
#include "pipeline/rules/rules.h"
#include "pipeline/stores/object_store.h"

/* What all jobs share; each part may be used by many threads. */
typedef struct {
    const Config *config;
    const Rules *rules;
    ObjectStore *store;
    HandlerPool *pool;
    MemoryBudget *budget;
} JobTools;

typedef enum {
    JOB_STORED,
    JOB_SKIPPED,
    JOB_DEAD_LETTER,
    JOB_ABANDONED, /* told to stop before it was done: Kafka delivers it again */
    JOB_OUTCOME_COUNT,
} JobOutcome;

typedef struct {
    Message *message;
    guint record; /* of the message's records, from 0 */
    Event *event;
    const char *key;        /* the event's decoded key, or its raw one when only that exists */
    Assignment *assignment; /* NULL until asked for */
    gboolean in_lane;       /* holds its object's lane */

    gint started;              /* atomic: a job thread has it */
    gint stopping;             /* atomic: no further attempt */
    GCancellable *cancellable; /* ends the attempt under way */

    JobOutcome outcome;
    const char *reason; /* NULL when stored; static */
    char *detail;       /* for people; NULL: none */
    guint attempt;
    gint64 received_us; /* monotonic clock */
    gint64 bytes_in;
    gint64 bytes_out;
    guint thumbnails;
    ImageInfo source;
    double queue_ms;
    double fetch_ms;
    double resize_ms;
    double store_ms;
} Job;

/* (transfer full) @event. */
Job *job_new(Message *message, guint record, Event *event);
void job_free(Job *job);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Job, job_free)

/* Decides what can be decided without I/O. TRUE: there is work for job_run(). */
gboolean job_prepare(Job *job, const Rules *rules);
void job_settle(Job *job, JobOutcome outcome, const char *reason, const char *detail);
