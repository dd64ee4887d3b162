/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/pipeline.h"

#include "pipeline/job_log.h"
#include "pipeline/job_threads.h"
#include "pipeline/kafka/consumer.h"
#include "pipeline/kafka/dead_letter.h"
#include "pipeline/key_lanes.h"
#include "pipeline/observe/log.h"

#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define COMMIT_EVERY_MS 1000
/* How long the poll thread sleeps when nothing wakes it: commits and heartbeats of our own wait for
 * it. */
#define SLEEP_MS 100
/* A broker that does not let us leave within this time will not. */
#define LEAVE_MS 5000
/* A cancelled transfer or handler ends within a second; the rest is scheduling. */
#define CANCEL_MS 3000

struct Pipeline {
    const JobTools *tools;
    int wake_fd;
    gint stop;
    JobThreads *threads;
    Consumer *consumer;
    DeadLetterQueue *letters;
    KeyLanes *lanes;
    GHashTable *open; /* set of Job: received, not settled */
    guint room;       /* open jobs at most */
    PipelineTotals totals;
};

static void settle(Pipeline *self, Job *job);

/* --- Taking: a message becomes jobs. ---------------------------------------------------------- */

static KeyEncoding key_encoding_of(const KafkaConfig *config, const char *topic)
{
    for (guint i = 0; i < config->topics->len; i++) {
        const TopicConfig *row = g_ptr_array_index(config->topics, i);
        gboolean matches = row->name[0] == '^'
                               ? g_regex_match_simple(row->name, topic, G_REGEX_DEFAULT, 0)
                               : strcmp(row->name, topic) == 0;
        if (matches)
            return row->key_encoding;
    }
    return KEY_ENCODING_AUTO;
}

static GPtrArray *parse(const Pipeline *self, const Message *message)
{
    g_autofree EventHeader *headers = g_new0(EventHeader, message->headers->len + 1);
    for (guint i = 0; i < message->headers->len; i++) {
        const MessageHeader *header = &g_array_index(message->headers, MessageHeader, i);
        headers[i].name = header->name;
        if (header->value != NULL)
            headers[i].value = g_bytes_get_data(header->value, &headers[i].size);
    }
    gsize size = 0;
    const void *value = message->value == NULL ? NULL : g_bytes_get_data(message->value, &size);
    return event_parse(value, size, headers, message->headers->len,
                       key_encoding_of(&self->tools->config->kafka, message->topic));
}

static void dispatch(Pipeline *self, Job *job)
{
    g_hash_table_add(self->open, job);
    if (!job_prepare(job, self->tools->rules)) {
        job_threads_pass(self->threads, job);
        return;
    }
    job->in_lane = TRUE;
    if (key_lanes_enter(self->lanes, job->event->bucket, job->event->key, job))
        job_threads_push(self->threads, job);
}

static guint take_message(Message *message, gpointer user_data)
{
    Pipeline *self = user_data;
    g_autoptr(GPtrArray) events = parse(self, message);
    g_ptr_array_set_free_func(events, NULL); /* each job owns its event */
    for (guint i = 0; i < events->len; i++)
        dispatch(self, job_new(message, i, g_ptr_array_index(events, i)));
    self->totals.received += events->len;
    return events->len;
}

/* --- Settling: an outcome becomes a done record. -----------------------------------------------
 */

static void count(Pipeline *self, const Job *job)
{
    guint64 *const counters[JOB_OUTCOME_COUNT] = {
        [JOB_STORED] = &self->totals.stored,
        [JOB_SKIPPED] = &self->totals.skipped,
        [JOB_DEAD_LETTER] = &self->totals.dead_letter,
        [JOB_ABANDONED] = &self->totals.abandoned,
    };
    (*counters[job->outcome])++;
}

static void close_job(Pipeline *self, Job *job)
{
    /* A record of an earlier assignment was counted as abandoned when that was fenced. */
    if (consumer_finish(self->consumer, job->message))
        count(self, job);
    job_log(job);
    g_hash_table_remove(self->open, job); /* frees it */
}

static void letter_acknowledged(gpointer ticket, gpointer user_data)
{
    close_job(user_data, ticket);
}

static void send_letter(Pipeline *self, Job *job)
{
    DeadLetter letter = {
        .message = job->message,
        .record = job->record,
        .reason = job->reason,
        .detail = job->detail,
        .bucket = job->event->bucket,
        .key = job->key,
        .attempts = job->attempt,
    };
    dead_letter_queue_send(self->letters, &letter, job);
}

static void settle(Pipeline *self, Job *job)
{
    if (job->in_lane) {
        Job *next = key_lanes_leave(self->lanes, job->event->bucket, job->event->key);
        if (next != NULL)
            job_threads_push(self->threads, next);
        job->in_lane = FALSE;
    }
    if (job->outcome == JOB_DEAD_LETTER) {
        send_letter(self, job);
    } else if (job->outcome == JOB_ABANDONED) {
        /* Its offset stays open: it is counted when the partition is fenced, and delivered again.
         */
        job_log(job);
        g_hash_table_remove(self->open, job);
    } else {
        close_job(self, job);
    }
}

static void settle_finished(Pipeline *self)
{
    for (Job *job; (job = job_threads_pop_finished(self->threads, 0)) != NULL;)
        settle(self, job);
    dead_letter_queue_poll(self->letters);
}

/* --- Giving up partitions. ----------------------------------------------------------------------
 */

typedef struct {
    const char *topic; /* NULL: every partition */
    gint32 partition;
    guint epoch;
} Scope;

static gboolean is_in_scope(const Job *job, const Scope *scope)
{
    return scope->topic == NULL ||
           (job->message->partition == scope->partition && job->message->epoch == scope->epoch &&
            strcmp(job->message->topic, scope->topic) == 0);
}

/* Tells the jobs in @scope to begin nothing more; @cancel: also to end what they are doing. Returns
 * how many are still at work or wait for their dead letter's acknowledgement. */
static guint stop_jobs(Pipeline *self, const Scope *scope, gboolean cancel)
{
    guint at_work = 0;
    GHashTableIter jobs;
    gpointer key;
    g_hash_table_iter_init(&jobs, self->open);
    while (g_hash_table_iter_next(&jobs, &key, NULL)) {
        Job *job = key;
        if (!is_in_scope(job, scope))
            continue;
        g_atomic_int_set(&job->stopping, TRUE);
        if (cancel)
            g_cancellable_cancel(job->cancellable);
        at_work += g_atomic_int_get(&job->started) || !job->in_lane;
    }
    return at_work;
}

static void drain_partition(const char *topic, gint32 partition, guint epoch, gint64 deadline_us,
                            gpointer user_data)
{
    Pipeline *self = user_data;
    const Scope scope = {topic, partition, epoch};
    settle_finished(self);
    while (stop_jobs(self, &scope, /* cancel= */ FALSE) > 0 &&
           g_get_monotonic_time() < deadline_us) {
        Job *job = job_threads_pop_finished(self->threads, SLEEP_MS / 2);
        if (job != NULL)
            settle(self, job);
        settle_finished(self);
    }
    stop_jobs(self, &scope, /* cancel= */ TRUE);
}

static void partition_fenced(const char *topic, gint32 partition, guint epoch, guint abandoned,
                             gpointer user_data)
{
    Pipeline *self = user_data;
    Scope scope = {topic, partition, epoch};
    stop_jobs(self, &scope, /* cancel= */ TRUE);
    self->totals.abandoned += abandoned;
}

/* --- The loop. ----------------------------------------------------------------------------------
 */

static void sleep_until_woken(Pipeline *self)
{
    struct pollfd descriptor = {.fd = self->wake_fd, .events = POLLIN};
    guint64 count_of_wakes;
    if (poll(&descriptor, 1, SLEEP_MS) > 0 &&
        read(self->wake_fd, &count_of_wakes, sizeof count_of_wakes) < 0)
        return; /* someone else's wake was read already */
}

static guint room_left(const Pipeline *self)
{
    guint open = g_hash_table_size(self->open);
    return open < self->room ? self->room - open : 0;
}

static gboolean turn(Pipeline *self, guint room, GError **error)
{
    guint taken;
    if (!consumer_poll(self->consumer, room, &taken, error))
        return FALSE;
    settle_finished(self);
    consumer_commit(self->consumer, COMMIT_EVERY_MS);
    if (taken == 0 || room_left(self) == 0)
        sleep_until_woken(self);
    return TRUE;
}

/* What still waits in a lane, or for its dead letter's acknowledgement: each has its line, too.
 * They are freed with the pipeline, as the letters refer to them. */
static void give_up_rest(Pipeline *self)
{
    GHashTableIter jobs;
    gpointer key;
    g_hash_table_iter_init(&jobs, self->open);
    while (g_hash_table_iter_next(&jobs, &key, NULL)) {
        job_settle(key, JOB_ABANDONED, "stopping", NULL);
        job_log(key);
    }
}

static gboolean drain(Pipeline *self, gboolean *clean, GError **error)
{
    const Scope everything = {NULL, 0, 0};
    gint64 now = g_get_monotonic_time();
    gint64 deadline = now + (gint64)self->tools->config->drain_ms * G_TIME_SPAN_MILLISECOND;
    LogLine *line = log_line_new(LOG_LEVEL_INFO, "service.drain");
    log_line_integer(line, "in_flight", stop_jobs(self, &everything, /* cancel= */ FALSE));
    log_line_write(line, NULL);
    while (stop_jobs(self, &everything, /* cancel= */ FALSE) > 0 &&
           g_get_monotonic_time() < deadline)
        if (!turn(self, /* room= */ 0, error))
            return FALSE;
    stop_jobs(self, &everything, /* cancel= */ TRUE);
    gboolean ended = job_threads_join(self->threads, CANCEL_MS);
    settle_finished(self);
    if (ended)
        give_up_rest(self);
    gboolean left =
        consumer_close(self->consumer, g_get_monotonic_time() + LEAVE_MS * G_TIME_SPAN_MILLISECOND);
    *clean = ended && left;
    return TRUE;
}

gboolean pipeline_run(Pipeline *self, gboolean *clean, GError **error)
{
    *clean = FALSE;
    gboolean ran = TRUE;
    while (ran && !g_atomic_int_get(&self->stop))
        ran = turn(self, room_left(self), error);
    if (ran && drain(self, clean, error))
        return TRUE;
    /* Nothing was fenced: what is open is for another member. */
    const PipelineTotals *totals = &self->totals;
    self->totals.abandoned =
        totals->received - totals->stored - totals->removed - totals->skipped - totals->dead_letter;
    return FALSE;
}

void pipeline_stop(Pipeline *self)
{
    g_atomic_int_set(&self->stop, TRUE);
    eventfd_write(self->wake_fd, 1);
}

PipelineTotals pipeline_totals(const Pipeline *self)
{
    return self->totals;
}

Pipeline *pipeline_new(const JobTools *tools, const char *brokers, guint job_threads,
                       GError **error)
{
    static const ConsumerCallbacks callbacks = {
        .message = take_message,
        .drain = drain_partition,
        .fenced = partition_fenced,
    };
    g_autoptr(Pipeline) self = g_new0(Pipeline, 1);
    self->tools = tools;
    self->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    g_assert(self->wake_fd >= 0);
    self->open = g_hash_table_new_full(NULL, NULL, (GDestroyNotify)job_free, NULL);
    self->lanes = key_lanes_new();
    /* As many again wait as run, so that a thread never waits for the poll thread. */
    self->room = job_threads * 2;
    self->letters = dead_letter_queue_new(&tools->config->kafka, brokers, self->wake_fd,
                                          letter_acknowledged, self, error);
    if (self->letters == NULL)
        return NULL;
    self->consumer = consumer_new(&tools->config->kafka, brokers, tools->config->drain_ms,
                                  self->wake_fd, &callbacks, self, error);
    if (self->consumer == NULL)
        return NULL;
    self->threads = job_threads_new(tools, job_threads, self->wake_fd);
    return g_steal_pointer(&self);
}

void pipeline_free(Pipeline *self)
{
    if (self == NULL)
        return;
    if (self->threads != NULL)
        job_threads_free(self->threads);
    dead_letter_queue_free(self->letters);
    consumer_free(self->consumer);
    key_lanes_free(self->lanes);
    g_hash_table_unref(self->open);
    close(self->wake_fd);
    g_free(self);
}
