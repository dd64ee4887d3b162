/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/job_attempt.h"

#include "handlers/memfd.h"
#include "pipeline/observe/log.h"
#include "pipeline/source_type.h"

#include <string.h>
#include <unistd.h>

/* Reserved for a source whose size the event did not say: most photographs are smaller. */
#define USUAL_SOURCE_BYTES (8 << 20)

#define GENERATED_BY "thumbpipe/" VERSION

/* A source that changes again and again while it is worked on waits like one that is unavailable.
 */
#define MAX_ROUNDS 3

static double ms_since(gint64 start_us)
{
    return (double)(g_get_monotonic_time() - start_us) / 1000;
}

/* What an attempt holds: given back when it ends, however it ends. */
typedef struct {
    const JobTools *tools;
    int source_fd;
    guint64 budget_bytes;
    ObjectInfo *info;
    SourceVerdict verdict;
    guint64 wanting_bytes; /* the source turned out to be larger than what is reserved for it */
} Holding;

static void let_go_of_source(Holding *holding, guint64 bytes_left)
{
    if (holding->source_fd >= 0)
        close(holding->source_fd);
    holding->source_fd = -1;
    memory_budget_change(holding->tools->budget, holding->budget_bytes, bytes_left);
    holding->budget_bytes = bytes_left;
}

static void clear_holding(Holding *holding)
{
    let_go_of_source(holding, 0);
    object_info_free(holding->info);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Holding, clear_holding)

typedef struct {
    const Job *job;
    guint32 formats;
    Holding *holding;
} Sniffing;

static gboolean is_wanted(const guint8 *head, gsize size, const ObjectInfo *info,
                          gpointer user_data)
{
    const Sniffing *sniffing = user_data;
    Holding *holding = sniffing->holding;
    holding->verdict =
        source_type_judge(head, size, sniffing->job->key, info->content_type, sniffing->formats);
    if (holding->verdict == SOURCE_IMAGE && info->size > (gint64)holding->budget_bytes)
        holding->wanting_bytes = (guint64)info->size;
    return holding->verdict == SOURCE_IMAGE && holding->wanting_bytes == 0;
}

static gboolean reserve(Job *job, Holding *holding, guint64 bytes, GError **error)
{
    if (memory_budget_take(holding->tools->budget, bytes, &job->stopping)) {
        holding->budget_bytes = bytes;
        return TRUE;
    }
    g_set_error_literal(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_CANCELLED, "stopping");
    return FALSE;
}

static gboolean transfer(Job *job, const JobTools *tools, Holding *holding, GError **error)
{
    holding->source_fd = memfd_new("source", error);
    if (holding->source_fd < 0)
        return FALSE;
    Sniffing sniffing = {job, tools->config->limits.formats, holding};
    ObjectGet options = {
        .max_bytes = tools->config->limits.source_bytes,
        .accept = is_wanted,
        .user_data = &sniffing,
    };
    holding->info = object_store_get(tools->store, job->event->bucket, job->key, &options,
                                     holding->source_fd, job->cancellable, error);
    return holding->info != NULL;
}

/* The budget is asked for what the event says. A source that is larger after all is dropped at its
 * first bytes and fetched again once there is room for the whole: waiting while holding a part
 * could wait for ever. */
static gboolean fetch(Job *job, const JobTools *tools, Holding *holding, GError **error)
{
    guint64 expected = job->event->size > 0 ? (guint64)job->event->size : USUAL_SOURCE_BYTES;
    if (!reserve(job, holding, MIN(expected, tools->config->limits.source_bytes), error))
        return FALSE;
    gint64 start = g_get_monotonic_time();
    g_autoptr(GError) problem = NULL;
    gboolean whole = transfer(job, tools, holding, &problem);
    if (!whole && holding->wanting_bytes > 0) {
        guint64 wanted = holding->wanting_bytes;
        let_go_of_source(holding, 0);
        g_clear_error(&problem);
        whole = reserve(job, holding, wanted, &problem);
        holding->wanting_bytes = 0;
        whole = whole && transfer(job, tools, holding, &problem);
    }
    job->fetch_ms += ms_since(start);
    if (!whole) {
        if (holding->wanting_bytes > 0) /* it grew again: look again later */
            problem->code = OBJECT_STORE_ERROR_CORRUPT;
        g_propagate_error(error, g_steal_pointer(&problem));
        return FALSE;
    }
    job->bytes_in = holding->info->size;
    memory_budget_change(tools->budget, holding->budget_bytes, (guint64)job->bytes_in);
    holding->budget_bytes = (guint64)job->bytes_in;
    return memfd_seal(holding->source_fd, error);
}

static HandlerResult *resize(Job *job, const JobTools *tools, Holding *holding, GError **error)
{
    gint64 start = g_get_monotonic_time();
    double waited_ms = 0;
    g_autoptr(HandlerResult) result =
        handler_pool_run(tools->pool, holding->source_fd, &job->assignment->plan, job->cancellable,
                         &waited_ms, error);
    job->queue_ms += waited_ms;
    job->resize_ms += ms_since(start) - waited_ms;
    if (result == NULL)
        return NULL;
    job->source = result->source;
    guint64 output_bytes = 0;
    for (guint i = 0; i < result->outputs->len; i++) {
        const HandlerOutput *output = g_ptr_array_index(result->outputs, i);
        output_bytes += g_bytes_get_size(output->bytes);
    }
    let_go_of_source(holding, output_bytes);
    return g_steal_pointer(&result);
}

static gboolean store_one(Job *job, const JobTools *tools, const RuleOutput *output,
                          const HandlerOutput *made, const char *source_etag, GError **error)
{
    gint64 start = g_get_monotonic_time();
    g_autoptr(ObjectInfo) info = object_info_new();
    g_autofree char *plan = plan_size_hash(&job->assignment->plan.sizes[output->plan_index]);
    info->content_type = g_strdup(image_format_content_type(made->image.format));
    g_hash_table_insert(info->metadata, g_strdup("plan"), g_steal_pointer(&plan));
    g_hash_table_insert(info->metadata, g_strdup("generated-by"), g_strdup(GENERATED_BY));
    if (source_etag != NULL)
        g_hash_table_insert(info->metadata, g_strdup("source-etag"), g_strdup(source_etag));
    g_autofree char *etag = object_store_put(tools->store, output->bucket, output->key, made->bytes,
                                             info, job->cancellable, error);
    if (etag == NULL) {
        g_prefix_error(error, "size %s: ", output->size->name);
        return FALSE;
    }
    LogLine *line = log_line_new(LOG_LEVEL_DEBUG, "thumbnail.stored");
    log_line_text(line, "bucket", output->bucket);
    log_line_text(line, "key", output->key);
    log_line_text(line, "source", job->key);
    log_line_text(line, "size", output->size->name);
    log_line_integer(line, "width", made->image.width);
    log_line_integer(line, "height", made->image.height);
    log_line_integer(line, "bytes", (gint64)g_bytes_get_size(made->bytes));
    log_line_ms(line, "store_ms", ms_since(start));
    log_line_write(line, NULL);
    job->bytes_out += (gint64)g_bytes_get_size(made->bytes);
    job->thumbnails++;
    return TRUE;
}

static gboolean store(Job *job, const JobTools *tools, const HandlerResult *result,
                      const char *source_etag, GError **error)
{
    gint64 start = g_get_monotonic_time();
    job->bytes_out = 0;
    job->thumbnails = 0;
    gboolean stored = TRUE;
    for (guint i = 0; i < job->assignment->outputs->len && stored; i++) {
        const RuleOutput *output = g_ptr_array_index(job->assignment->outputs, i);
        stored =
            store_one(job, tools, output, g_ptr_array_index(result->outputs, output->plan_index),
                      source_etag, error);
    }
    job->store_ms += ms_since(start);
    return stored;
}

static gboolean is_current(Job *job, const JobTools *tools, const RuleOutput *output,
                           const char *source_etag)
{
    g_autoptr(ObjectInfo) info =
        object_store_head(tools->store, output->bucket, output->key, job->cancellable, NULL);
    if (info == NULL)
        return FALSE;
    g_autofree char *plan = plan_size_hash(&job->assignment->plan.sizes[output->plan_index]);
    return g_strcmp0(g_hash_table_lookup(info->metadata, "source-etag"), source_etag) == 0 &&
           g_strcmp0(g_hash_table_lookup(info->metadata, "plan"), plan) == 0;
}

/* Looks at the outputs first where looking costs no round trip; on a network store an upload is
 * nearly always new, and asking would only make each job slower. */
static gboolean is_fresh(Job *job, const JobTools *tools)
{
    if (!tools->store->class->head_is_cheap)
        return FALSE;
    g_autoptr(ObjectInfo) source =
        object_store_head(tools->store, job->event->bucket, job->key, job->cancellable, NULL);
    if (source == NULL || source->etag == NULL)
        return FALSE;
    for (guint i = 0; i < job->assignment->outputs->len; i++)
        if (!is_current(job, tools, g_ptr_array_index(job->assignment->outputs, i), source->etag))
            return FALSE;
    return TRUE;
}

static gboolean use_key(Job *job, const JobTools *tools, const char *key)
{
    job->key = key;
    return job_prepare(job, tools->rules);
}

/* The decoded key named nothing; perhaps the server sent it raw after all (versitygw says aws:s3).
 * A raw key that no rule takes changes nothing: then the object is gone. */
static gboolean try_raw_key(Job *job, const JobTools *tools, const GError *error)
{
    const Event *event = job->event;
    if (!g_error_matches(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_GONE) ||
        event->raw_key == NULL || job->key == event->raw_key)
        return FALSE;
    if (use_key(job, tools, event->raw_key))
        return TRUE;
    gboolean taken = use_key(job, tools, event->key);
    g_assert(taken);
    return FALSE;
}

static gboolean remove_outputs(Job *job, const JobTools *tools, GError **error)
{
    for (guint i = 0; i < job->assignment->outputs->len; i++) {
        const RuleOutput *output = g_ptr_array_index(job->assignment->outputs, i);
        if (!object_store_remove(tools->store, output->bucket, output->key, job->cancellable,
                                 error))
            return FALSE;
    }
    job_settle(job, JOB_SKIPPED, "gone", "the source went away while it was worked on");
    return TRUE;
}

/* Whether what was stored shows what the bucket holds now. */
typedef enum { SOURCE_SAME, SOURCE_CHANGED, SOURCE_GONE, SOURCE_UNKNOWN } SourceNow;

static SourceNow look_again(Job *job, const JobTools *tools, const char *etag, GError **error)
{
    g_autoptr(GError) problem = NULL;
    g_autoptr(ObjectInfo) now =
        object_store_head(tools->store, job->event->bucket, job->key, job->cancellable, &problem);
    if (now != NULL)
        return g_strcmp0(now->etag, etag) == 0 ? SOURCE_SAME : SOURCE_CHANGED;
    if (g_error_matches(problem, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_GONE))
        return SOURCE_GONE;
    g_propagate_error(error, g_steal_pointer(&problem));
    return SOURCE_UNKNOWN;
}

static gboolean settle_unwanted(Job *job, SourceVerdict verdict)
{
    job_settle(job, verdict == SOURCE_NOT_CLAIMED ? JOB_SKIPPED : JOB_DEAD_LETTER,
               source_type_reason(verdict), NULL);
    return TRUE;
}

static gboolean run_round(Job *job, const JobTools *tools, SourceNow *now, GError **error)
{
    g_auto(Holding) holding = {.tools = tools, .source_fd = -1};
    g_autoptr(GError) problem = NULL;
    *now = SOURCE_SAME;
    if (!fetch(job, tools, &holding, &problem)) {
        if (g_error_matches(problem, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_UNWANTED))
            return settle_unwanted(job, holding.verdict);
        g_propagate_error(error, g_steal_pointer(&problem));
        return FALSE;
    }
    g_autoptr(HandlerResult) result = resize(job, tools, &holding, error);
    if (result == NULL || !store(job, tools, result, holding.info->etag, error))
        return FALSE;
    job_settle(job, JOB_STORED, NULL, NULL);
    *now = look_again(job, tools, holding.info->etag, error);
    return *now != SOURCE_UNKNOWN;
}

gboolean job_attempt(Job *job, const JobTools *tools, GError **error)
{
    /* An earlier attempt may have ended on the raw key; the decoded one comes first each time. */
    if (job->key != job->event->key) {
        gboolean taken = use_key(job, tools, job->event->key);
        g_assert(taken);
    }
    if (is_fresh(job, tools)) {
        job_settle(job, JOB_SKIPPED, "unchanged", NULL);
        return TRUE;
    }
    for (guint round = 0; round < MAX_ROUNDS; round++) {
        SourceNow now;
        g_autoptr(GError) problem = NULL;
        gboolean finished = run_round(job, tools, &now, &problem);
        if (!finished && try_raw_key(job, tools, problem))
            continue;
        if (!finished) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return FALSE;
        } else if (now == SOURCE_GONE) {
            return remove_outputs(job, tools, error);
        } else if (now == SOURCE_SAME) {
            return TRUE;
        }
    }
    g_set_error_literal(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_UNAVAILABLE,
                        "the source keeps changing");
    return FALSE;
}
