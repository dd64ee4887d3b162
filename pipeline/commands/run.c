/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/capacity.h"
#include "pipeline/commands/command.h"
#include "pipeline/commands/signals.h"
#include "pipeline/embedded.h"
#include "pipeline/observe/log.h"
#include "pipeline/pipeline.h"

#include <unistd.h>

/* Beside the running program, as in a build folder, else where it is installed. */
static char *find_handler(void)
{
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    if (self != NULL) {
        g_autofree char *folder = g_path_get_dirname(self);
        g_autofree char *beside = g_build_filename(folder, "thumbpipe-handler", NULL);
        if (g_file_test(beside, G_FILE_TEST_IS_EXECUTABLE))
            return g_steal_pointer(&beside);
    }
    return g_strdup(LIBEXECDIR "/thumbpipe-handler");
}

static gboolean is_embedded(const Config *config)
{
    return g_str_equal(config->kafka.brokers, CONFIG_EMBEDDED_BROKERS);
}

static void log_start(const Config *config, const Capacity *capacity)
{
    g_autoptr(GString) topics = g_string_new(NULL);
    for (guint i = 0; i < config->kafka.topics->len; i++) {
        const TopicConfig *topic = g_ptr_array_index(config->kafka.topics, i);
        g_string_append_printf(topics, "%s%s", i == 0 ? "" : " ", topic->name);
    }
    LogLine *line = log_line_new(LOG_LEVEL_INFO, "service.start");
    log_line_text(line, "version", VERSION);
    log_line_text(line, "config", config->path);
    log_line_text(line, "brokers", config->kafka.brokers);
    log_line_text(line, "topics", topics->str);
    log_line_text(line, "group", config->kafka.group);
    log_line_integer(line, "sizes", config->sizes->len);
    log_line_integer(line, "processes", capacity->processes);
    log_line_text(line, "processes_because", capacity->why);
    log_line_integer(line, "in_flight", capacity->in_flight);
    log_line_write(line, NULL);
}

static void log_stop(const Pipeline *pipeline)
{
    PipelineTotals totals = pipeline_totals(pipeline);
    LogLine *line = log_line_new(LOG_LEVEL_INFO, "service.stop");
    log_line_integer(line, "received", (gint64)totals.received);
    log_line_integer(line, "stored", (gint64)totals.stored);
    log_line_integer(line, "removed", (gint64)totals.removed);
    log_line_integer(line, "skipped", (gint64)totals.skipped);
    log_line_integer(line, "dead_letter", (gint64)totals.dead_letter);
    log_line_integer(line, "abandoned", (gint64)totals.abandoned);
    log_line_write(line, NULL);
}

/* The log is open: whoever reads it reads this as well. */
static CommandStatus fail(const GError *error)
{
    log_message(LOG_LEVEL_ERROR, "service.failed", "%s", error->message);
    return command_status(error);
}

static gboolean serve(const JobTools *tools, const Capacity *capacity, GError **error)
{
    const Config *config = tools->config;
    g_autoptr(Embedded) embedded = NULL;
    const char *brokers = config->kafka.brokers;
    if (is_embedded(config)) {
        embedded = embedded_new(config, error);
        if (embedded == NULL)
            return FALSE;
        brokers = embedded_address(embedded);
    }
    g_autoptr(Pipeline) pipeline = pipeline_new(tools, brokers, capacity->in_flight, error);
    if (pipeline == NULL)
        return FALSE;
    log_start(config, capacity);
    signals_direct_to(pipeline);
    if (embedded != NULL && !embedded_watch(embedded, error))
        return FALSE;
    gboolean clean = FALSE;
    gboolean ran = pipeline_run(pipeline, &clean, error);
    signals_direct_to(NULL);
    log_stop(pipeline);
    /* What did not let go in time cannot be freed safely; nothing of it is needed again. */
    if (!clean)
        _exit(ran ? COMMAND_OK : fail(*error));
    return ran;
}

static CommandStatus run(const CommandOptions *options)
{
    g_autoptr(Config) config = command_load_config(options);
    if (config == NULL)
        return COMMAND_CONFIGURATION;
    log_init(config->log.format, config->log.level);
    signals_start(); /* before any thread: they inherit the mask */

    g_autoptr(GError) error = NULL;
    g_autoptr(Rules) rules = rules_new(config, &error);
    if (rules == NULL || (is_embedded(config) && !embedded_make_folders(config, &error)))
        return fail(error);
    g_autoptr(ObjectStore) store = object_store_new(&config->storage, &error);
    if (store == NULL)
        return fail(error);
    g_autofree char *cgroup = capacity_cgroup();
    g_auto(Capacity) capacity = capacity_choose(config, capacity_cpus(), cgroup);
    g_autofree char *program = find_handler();
    HandlerPoolOptions pool_options = {
        .program = program,
        .processes = capacity.processes,
        .memory_bytes = config->handlers.memory_bytes,
        .deadline_ms = config->handlers.deadline_ms,
        .recycle_after = config->handlers.recycle_after,
    };
    g_autoptr(HandlerPool) pool = handler_pool_new(&pool_options, &error);
    if (pool == NULL)
        return fail(error);
    g_autoptr(MemoryBudget) budget = memory_budget_new(config->jobs.memory_bytes);
    JobTools tools = {
        .config = config, .rules = rules, .store = store, .pool = pool, .budget = budget};
    if (!serve(&tools, &capacity, &error))
        return fail(error);
    return COMMAND_OK;
}

const Command run_command = {
    .name = "run",
    .summary = "make thumbnails of what the topic announces, until told to stop",
    .description =
        "SIGTERM or SIGINT finishes what is at work (shutdown.drain) and ends with 0; a second\n"
        "signal ends at once. Servers that are not up yet are waited for.",
    .run = run,
};
