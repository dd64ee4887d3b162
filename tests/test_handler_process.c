/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/pool/handler_process.h"

#include "handlers/memfd.h"
#include "tests/handler_double.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static HandlerPoolOptions options_for(const char *program)
{
    return (HandlerPoolOptions){
        .program = program, .processes = 1, .memory_bytes = 256 << 20, .deadline_ms = 5000};
}

static HandlerProcess *start(const char *wrong)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *program = handler_double_program(wrong);
    HandlerPoolOptions options = options_for(program);
    g_autoptr(HandlerProcess) process = handler_process_spawn(&options, &error);
    g_assert_no_error(error);
    g_assert_true(handler_process_greet(process, &error));
    return g_steal_pointer(&process);
}

static HandlerResult *run(HandlerProcess *process, guint width, GError **error)
{
    Plan plan = handler_double_plan(width, 1);
    int source = memfd_new("source", NULL);
    g_assert_true(memfd_seal(source, NULL));
    HandlerResult *result = handler_process_run(process, source, &plan, NULL, error);
    close(source);
    return result;
}

static gboolean stops_being_ready(HandlerProcess *process)
{
    for (guint i = 0; i < 200; i++) {
        if (!handler_process_is_ready(process))
            return TRUE;
        g_usleep(10000);
    }
    return FALSE;
}

/* A descriptor, a variable, a mask and a disposition that the child must not get. */
static void test_a_child_gets_nothing_of_ours(void)
{
    int leaks = open("/dev/null", O_RDONLY);
    g_assert_false(fcntl(leaks, F_GETFD) & FD_CLOEXEC);
    g_setenv("AWS_SECRET_ACCESS_KEY", "secret", TRUE);
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR2);
    sigprocmask(SIG_BLOCK, &mask, NULL);
    signal(SIGUSR1, SIG_IGN);

    g_autoptr(GError) error = NULL;
    g_autoptr(HandlerProcess) process = start("inspects");
    g_assert_null(run(process, HANDLER_DOUBLE_TRIGGER, &error));
    g_assert_cmpstr(error->message, ==,
                    "fds 0 1 2 3 blocked 0 ignored 0 LANG=C TZ=UTC0 VIPS_NOVECTOR=1 "
                    "MALLOC_ARENA_MAX=2");
    g_assert_cmpint(error->domain, ==, (gint)IMAGE_ERROR);
    g_assert_true(handler_process_is_alive(process));

    signal(SIGUSR1, SIG_DFL);
    sigprocmask(SIG_UNBLOCK, &mask, NULL);
    g_unsetenv("AWS_SECRET_ACCESS_KEY");
    close(leaks);
}

static void test_a_child_outlives_the_signals_meant_for_its_parent(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HandlerProcess) process = start("works");
    kill(handler_process_pid(process), SIGTERM);
    kill(handler_process_pid(process), SIGINT);
    g_autoptr(HandlerResult) result = run(process, 10, &error);
    g_assert_no_error(error);
    g_assert_nonnull(result);
}

static void test_a_missing_program_is_named(void)
{
    g_autoptr(GError) error = NULL;
    HandlerPoolOptions options = options_for("/nowhere/thumbpipe-handler");
    g_assert_null(handler_process_spawn(&options, &error));
    g_assert_error(error, HANDLER_ERROR, HANDLER_ERROR_SPAWN);
    g_assert_cmpstr(error->message, ==,
                    "starting /nowhere/thumbpipe-handler: No such file or directory");
}

static void test_a_program_that_does_not_greet_is_refused(void)
{
    static const struct {
        const char *program; /* NULL: the double */
        const char *message;
    } rows[] = {
        {NULL, "a new handler process ended with exit status 4"},
        {"/bin/false", "a new handler process ended with exit status 1"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *program =
            rows[i].program ? g_strdup(rows[i].program) : handler_double_program("is-silent");
        HandlerPoolOptions options = options_for(program);
        g_autoptr(HandlerProcess) process = handler_process_spawn(&options, &error);
        g_assert_no_error(error);
        g_assert_false(handler_process_greet(process, &error));
        g_assert_error(error, HANDLER_ERROR, HANDLER_ERROR_SPAWN);
        g_assert_cmpstr(error->message, ==, rows[i].message);
        g_assert_false(handler_process_is_alive(process));
    }
}

static void test_one_that_has_died_is_not_ready(void)
{
    g_autoptr(HandlerProcess) process = start("works");
    g_assert_true(handler_process_is_ready(process));
    kill(handler_process_pid(process), SIGKILL);
    g_assert_true(stops_being_ready(process));
}

static void test_one_that_talks_out_of_turn_is_not_ready(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HandlerProcess) process = start("talks-out-of-turn");
    g_autoptr(HandlerResult) result = run(process, HANDLER_DOUBLE_TRIGGER, &error);
    g_assert_no_error(error);
    g_assert_nonnull(result);
    g_assert_true(stops_being_ready(process));
}

#define ADD(path, function) g_test_add_func("/handler_process/" path, function)

int main(int argc, char **argv)
{
    handler_double_serve_if_asked(argc, argv);
    g_test_init(&argc, &argv, NULL);
    ADD("a child gets nothing of ours", test_a_child_gets_nothing_of_ours);
    ADD("a child outlives the signals meant for its parent",
        test_a_child_outlives_the_signals_meant_for_its_parent);
    ADD("a missing program is named", test_a_missing_program_is_named);
    ADD("a program that does not greet is refused", test_a_program_that_does_not_greet_is_refused);
    ADD("one that has died is not ready", test_one_that_has_died_is_not_ready);
    ADD("one that talks out of turn is not ready", test_one_that_talks_out_of_turn_is_not_ready);
    return g_test_run();
}
