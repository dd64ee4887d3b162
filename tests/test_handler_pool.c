/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/pool/handler_pool.h"

#include "handlers/memfd.h"
#include "tests/handler_double.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MEMORY (256 << 20)

static HandlerPool *start(const char *wrong, guint processes, guint64 deadline_ms)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *program = handler_double_program(wrong);
    HandlerPoolOptions options = {.program = program,
                                  .processes = processes,
                                  .memory_bytes = MEMORY,
                                  .deadline_ms = deadline_ms};
    HandlerPool *pool = handler_pool_new(&options, &error);
    g_assert_no_error(error);
    return pool;
}

static HandlerResult *run(HandlerPool *pool, guint width, GCancellable *cancellable, GError **error)
{
    Plan plan = handler_double_plan(width, 2);
    double queue_ms = -1;
    int source = memfd_new("source", NULL);
    g_assert_true(memfd_write(source, "image", 5, NULL) && memfd_seal(source, NULL));
    HandlerResult *result = handler_pool_run(pool, source, &plan, cancellable, &queue_ms, error);
    g_assert_cmpfloat(queue_ms, >=, 0);
    close(source);
    return result;
}

static void assert_runs(HandlerPool *pool)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HandlerResult) result = run(pool, 10, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(result->outputs->len, ==, 2);
}

static pid_t first_pid(HandlerPool *pool)
{
    g_autoptr(GArray) pids = handler_pool_pids(pool);
    return pids->len > 0 ? g_array_index(pids, pid_t, 0) : 0;
}

static gboolean is_running(pid_t pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/stat", (int)pid);
    g_autofree char *stat = NULL;
    if (!g_file_get_contents(path, &stat, NULL, NULL))
        return FALSE;
    const char *state = strrchr(stat, ')');
    return state[2] != 'Z'; /* where nobody reaps orphans */
}

static gboolean ends_soon(pid_t pid)
{
    for (guint i = 0; i < 200 && is_running(pid); i++)
        g_usleep(10000);
    return !is_running(pid);
}

static void test_outputs_come_in_the_order_of_the_plan(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HandlerPool) pool = start("works", 1, 5000);
    g_autoptr(HandlerResult) result = run(pool, 10, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(result->source.width, ==, 100);
    for (guint i = 0; i < 2; i++) {
        const HandlerOutput *output = result->outputs->pdata[i];
        g_assert_cmpuint(output->image.index, ==, i);
        g_assert_cmpuint(output->image.width, ==, 10 + i);
        g_assert_cmpuint(g_bytes_get_size(output->bytes), >, 8);
    }
}

typedef struct {
    const char *wrong;
    HandlerError code;
    const char *message; /* how it begins */
} WrongRow;

static const WrongRow wrong_rows[] = {
    {"leaves-unsealed", HANDLER_ERROR_CRASHED,
     "broke the protocol: an output in a memfd that can still be changed"},
    {"truncates", HANDLER_ERROR_CRASHED,
     "broke the protocol: an output in a memfd that can still be changed"},
    {"sends-too-much", HANDLER_ERROR_CRASHED,
     "broke the protocol: an output in a memfd of 65537 bytes where 65536 are allowed"},
    {"sends-no-memfd", HANDLER_ERROR_CRASHED, "broke the protocol: an output in reading the seals"},
    {"sends-empty", HANDLER_ERROR_CRASHED,
     "broke the protocol: an output whose bytes are of another format"},
    {"names-no-size", HANDLER_ERROR_CRASHED,
     "broke the protocol: an output of a size nobody asked"},
    {"sends-twice", HANDLER_ERROR_CRASHED, "broke the protocol: an output of a size sent before"},
    {"changes-format", HANDLER_ERROR_CRASHED,
     "broke the protocol: an output of another format than asked for"},
    {"names-no-format", HANDLER_ERROR_CRASHED, "broke the protocol: an output of no known format"},
    {"is-flat", HANDLER_ERROR_CRASHED, "broke the protocol: an output of impossible dimensions"},
    {"leaves-the-box", HANDLER_ERROR_CRASHED, "broke the protocol: an output that exceeds its box"},
    {"answers-another", HANDLER_ERROR_CRASHED, "broke the protocol: a message out of turn"},
    {"is-brief", HANDLER_ERROR_CRASHED, "broke the protocol: a message of a wrong length"},
    {"skips-outputs", HANDLER_ERROR_CRASHED,
     "broke the protocol: a verdict without the output of size 0"},
    {"refuses-oddly", HANDLER_ERROR_CRASHED, "broke the protocol: a refusal 1 for reason"},
    {"greets-again", HANDLER_ERROR_CRASHED, "broke the protocol: a message out of turn"},
    {"sends-two-descriptors", HANDLER_ERROR_CRASHED,
     "broke the protocol: a message with a wrong number of descriptors"},
    {"segfaults", HANDLER_ERROR_CRASHED, "died of signal 11 (Segmentation fault)"},
    {"leaves", HANDLER_ERROR_CRASHED, "ended with exit status 3"},
    {"hangs-up", HANDLER_ERROR_CRASHED, "closed its socket"},
    {"aborts-with-little", HANDLER_ERROR_CRASHED, "died of signal 6 (Aborted)"},
    {"fails-to-allocate", HANDLER_ERROR_MEMORY, "ran out of memory"},
    {"aborts-with-much", HANDLER_ERROR_MEMORY, "ran out of memory"},
    {"hangs", HANDLER_ERROR_DEADLINE, "passed the deadline"},
    {"talks", HANDLER_ERROR_DEADLINE, "passed the deadline"},
};

static guint count_descriptors(void)
{
    guint count = 0;
    g_autoptr(GDir) folder = g_dir_open("/proc/self/fd", 0, NULL);
    while (g_dir_read_name(folder) != NULL)
        count++;
    return count;
}

static void cost_one_image(const WrongRow *row)
{
    gboolean slow = row->code == HANDLER_ERROR_DEADLINE;
    g_autoptr(GError) error = NULL;
    g_autoptr(HandlerPool) pool = start(row->wrong, 1, slow ? 400 : 10000);
    pid_t before = first_pid(pool);

    gint64 begin = g_get_monotonic_time();
    g_assert_null(run(pool, HANDLER_DOUBLE_TRIGGER, NULL, &error));
    g_assert_error(error, HANDLER_ERROR, (gint)row->code);
    if (!g_str_has_prefix(error->message, row->message))
        g_assert_cmpstr(error->message, ==, row->message);
    g_assert_cmpint(g_get_monotonic_time() - begin, <, 5 * G_TIME_SPAN_SECOND);
    g_assert_false(is_running(before));

    assert_runs(pool);
    g_assert_cmpint(first_pid(pool), !=, before);
}

static void test_wrong(gconstpointer data)
{
    guint before = count_descriptors();
    cost_one_image(data);
    g_assert_cmpuint(count_descriptors(), ==, before);
}

static void test_a_process_killed_while_idle_costs_no_image(void)
{
    g_autoptr(HandlerPool) pool = start("works", 2, 5000);
    g_autoptr(GArray) pids = handler_pool_pids(pool);
    for (guint i = 0; i < pids->len; i++) {
        kill(g_array_index(pids, pid_t, i), SIGKILL);
        g_assert_true(ends_soon(g_array_index(pids, pid_t, i)));
    }
    for (guint i = 0; i < 4; i++)
        assert_runs(pool);
}

static void test_a_process_is_replaced_after_its_share(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *program = handler_double_program("works");
    HandlerPoolOptions options = {.program = program,
                                  .processes = 1,
                                  .memory_bytes = MEMORY,
                                  .deadline_ms = 5000,
                                  .recycle_after = 2};
    g_autoptr(HandlerPool) pool = handler_pool_new(&options, &error);
    g_assert_no_error(error);
    pid_t first = first_pid(pool);
    assert_runs(pool);
    g_assert_cmpint(first_pid(pool), ==, first);
    assert_runs(pool);
    assert_runs(pool);
    g_assert_cmpint(first_pid(pool), !=, first);
    g_assert_false(is_running(first));
}

static void test_a_missing_program_is_told_at_once(void)
{
    g_autoptr(GError) error = NULL;
    HandlerPoolOptions options = {
        .program = "/nowhere", .processes = 3, .memory_bytes = MEMORY, .deadline_ms = 5000};
    g_assert_null(handler_pool_new(&options, &error));
    g_assert_error(error, HANDLER_ERROR, HANDLER_ERROR_SPAWN);
}

static void test_a_program_that_comes_back_is_used(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HandlerPool) pool = start("leaves", 1, 200);
    g_autofree char *program = handler_double_program("leaves");
    g_assert_cmpint(unlink(program), ==, 0);
    g_assert_null(run(pool, HANDLER_DOUBLE_TRIGGER, NULL, &error));
    g_clear_error(&error);

    g_assert_null(run(pool, 10, NULL, &error));
    g_assert_error(error, HANDLER_ERROR, HANDLER_ERROR_SPAWN);
    g_assert_nonnull(strstr(error->message, "No such file or directory"));

    g_free(handler_double_program("leaves"));
    for (guint i = 0; i < 300 && first_pid(pool) == 0; i++)
        g_usleep(10000);
    assert_runs(pool);
}

typedef struct {
    HandlerPool *pool;
    guint width;
    GCancellable *cancellable;
    GError *error;
    guint runs;
    guint done;
} Job;

static gpointer work(gpointer data)
{
    Job *job = data;
    for (guint i = 0; i < job->runs && job->error == NULL; i++) {
        g_autoptr(HandlerResult) result = run(job->pool, job->width, job->cancellable, &job->error);
        job->done += result != NULL;
    }
    return NULL;
}

static void assert_cancelled_soon(Job *job, GThread *thread)
{
    gint64 begin = g_get_monotonic_time();
    g_cancellable_cancel(job->cancellable);
    g_thread_join(thread);
    g_assert_cmpint(g_get_monotonic_time() - begin, <, G_TIME_SPAN_SECOND / 2);
    g_assert_error(job->error, HANDLER_ERROR, HANDLER_ERROR_CANCELLED);
    g_clear_error(&job->error);
}

/* One job at work, a second waiting behind it. */
static void test_a_job_is_cancelled_at_work_or_waiting(void)
{
    g_autoptr(GCancellable) first = g_cancellable_new();
    g_autoptr(GCancellable) second = g_cancellable_new();
    g_autoptr(HandlerPool) pool = start("hangs", 1, 30000);
    pid_t before = first_pid(pool);
    Job at_work = {pool, HANDLER_DOUBLE_TRIGGER, first, NULL, 1, 0};
    Job waiting = {pool, 10, second, NULL, 1, 0};
    GThread *working = g_thread_new("at-work", work, &at_work);
    g_usleep(100000);
    GThread *queued = g_thread_new("waiting", work, &waiting);
    g_usleep(100000);

    assert_cancelled_soon(&waiting, queued);
    g_assert_true(is_running(before));
    assert_cancelled_soon(&at_work, working);
    g_assert_false(is_running(before));
    assert_runs(pool);
}

static void test_one_cancelled_before_takes_no_process(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_autoptr(HandlerPool) pool = start("works", 1, 5000);
    pid_t before = first_pid(pool);
    g_cancellable_cancel(cancellable);
    g_assert_null(run(pool, 10, cancellable, &error));
    g_assert_error(error, HANDLER_ERROR, HANDLER_ERROR_CANCELLED);
    assert_runs(pool);
    g_assert_cmpint(first_pid(pool), ==, before);
}

static void test_many_jobs_share_few_processes(void)
{
    g_autoptr(HandlerPool) pool = start("leaves", 2, 20000);
    Job jobs[12];
    GThread *threads[G_N_ELEMENTS(jobs)];
    for (guint i = 0; i < G_N_ELEMENTS(jobs); i++) {
        jobs[i] = (Job){.pool = pool, .width = 10, .runs = 40};
        threads[i] = g_thread_new("job", work, &jobs[i]);
    }
    /* Some die in between, which costs the others nothing. */
    for (guint i = 0; i < 5; i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(run(pool, HANDLER_DOUBLE_TRIGGER, NULL, &error));
        g_assert_error(error, HANDLER_ERROR, HANDLER_ERROR_CRASHED);
    }
    for (guint i = 0; i < G_N_ELEMENTS(jobs); i++) {
        g_thread_join(threads[i]);
        g_assert_no_error(jobs[i].error);
        g_assert_cmpuint(jobs[i].done, ==, jobs[i].runs);
    }
    g_autoptr(GArray) pids = handler_pool_pids(pool);
    g_assert_cmpuint(pids->len, <=, 2);
}

static void test_freeing_ends_every_process(void)
{
    HandlerPool *pool = start("works", 3, 5000);
    g_autoptr(GArray) pids = handler_pool_pids(pool);
    g_assert_cmpuint(pids->len, ==, 3);
    handler_pool_free(pool);
    for (guint i = 0; i < pids->len; i++)
        g_assert_false(is_running(g_array_index(pids, pid_t, i)));
}

/* This program again, as the parent to be killed: tells its handlers' ids, one of them at work. */
static void own_a_pool(void)
{
    HandlerPool *pool = start("hangs", 2, 60000);
    Job job = {.pool = pool, .width = HANDLER_DOUBLE_TRIGGER, .runs = 1};
    g_thread_new("job", work, &job);
    g_usleep(200000);
    g_autoptr(GArray) pids = handler_pool_pids(pool);
    printf("%d %d\n", g_array_index(pids, pid_t, 0), g_array_index(pids, pid_t, 1));
    fflush(stdout);
    for (;;)
        pause();
}

static void test_handlers_do_not_survive_a_killed_parent(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    char *arguments[] = {self, "--own-a-pool", NULL};
    GPid parent;
    int output;
    g_spawn_async_with_pipes(NULL, arguments, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &parent,
                             NULL, &output, NULL, &error);
    g_assert_no_error(error);
    FILE *stream = fdopen(output, "r");
    int handlers[2];
    g_assert_cmpint(fscanf(stream, "%d %d", &handlers[0], &handlers[1]), ==, 2);
    fclose(stream);
    g_assert_true(is_running(handlers[0]) && is_running(handlers[1]));

    kill(parent, SIGKILL);
    waitpid(parent, NULL, 0);
    g_assert_true(ends_soon(handlers[0]));
    g_assert_true(ends_soon(handlers[1]));
}

#define ADD(path, function) g_test_add_func("/handler_pool/" path, function)

int main(int argc, char **argv)
{
    handler_double_serve_if_asked(argc, argv);
    if (argc == 2 && g_str_equal(argv[1], "--own-a-pool"))
        own_a_pool();
    g_test_init(&argc, &argv, NULL);
    ADD("outputs come in the order of the plan", test_outputs_come_in_the_order_of_the_plan);
    for (gsize i = 0; i < G_N_ELEMENTS(wrong_rows); i++) {
        g_autofree char *path = g_strdup_printf(
            "/handler_pool/one that %s costs one image and is replaced", wrong_rows[i].wrong);
        g_test_add_data_func(path, &wrong_rows[i], test_wrong);
    }
    ADD("a process killed while idle costs no image",
        test_a_process_killed_while_idle_costs_no_image);
    ADD("a process is replaced after its share", test_a_process_is_replaced_after_its_share);
    ADD("a missing program is told at once", test_a_missing_program_is_told_at_once);
    ADD("a program that comes back is used", test_a_program_that_comes_back_is_used);
    ADD("a job is cancelled at work or waiting", test_a_job_is_cancelled_at_work_or_waiting);
    ADD("one cancelled before takes no process", test_one_cancelled_before_takes_no_process);
    ADD("many jobs share few processes", test_many_jobs_share_few_processes);
    ADD("freeing ends every process", test_freeing_ends_every_process);
    ADD("handlers do not survive a killed parent", test_handlers_do_not_survive_a_killed_parent);
    return g_test_run();
}
