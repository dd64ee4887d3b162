/* SPDX-License-Identifier: Apache-2.0
 *
 * The real handler program, asked through the pool. */
#include "handlers/confine.h"
#include "handlers/memfd.h"
#include "pipeline/pool/handler_pool.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char *program;

static HandlerPool *start(guint64 memory_bytes)
{
    g_autoptr(GError) error = NULL;
    HandlerPoolOptions options = {
        .program = program, .processes = 1, .memory_bytes = memory_bytes, .deadline_ms = 20000};
    HandlerPool *pool = handler_pool_new(&options, &error);
    g_assert_no_error(error);
    return pool;
}

static Plan plan_of(guint64 max_pixels)
{
    return (Plan){.max_pixels = max_pixels,
                  .max_output_bytes = 10 << 20,
                  .formats = 1u << IMAGE_FORMAT_JPEG | 1u << IMAGE_FORMAT_PNG |
                             1u << IMAGE_FORMAT_WEBP | 1u << IMAGE_FORMAT_GIF,
                  .size_count = 3,
                  .sizes = {{64, 0, SIZE_FIT_INSIDE, IMAGE_FORMAT_WEBP, 80},
                            {0, 32, SIZE_FIT_INSIDE, IMAGE_FORMAT_JPEG, 80},
                            {20, 20, SIZE_FIT_INSIDE, IMAGE_FORMAT_SAME, 80}}};
}

static HandlerResult *run(HandlerPool *pool, const Plan *plan, gconstpointer bytes, gsize size,
                          GError **error)
{
    double queue_ms;
    int source = memfd_new("source", NULL);
    g_assert_true(memfd_write(source, bytes, size, NULL) && memfd_seal(source, NULL));
    HandlerResult *result = handler_pool_run(pool, source, plan, NULL, &queue_ms, error);
    close(source);
    return result;
}

static void assert_sizes(const HandlerResult *result, const Plan *plan)
{
    gboolean turned = result->source.orientation >= 5;
    guint width = turned ? result->source.height : result->source.width;
    guint height = turned ? result->source.width : result->source.height;
    for (guint i = 0; i < plan->size_count; i++) {
        const HandlerOutput *output = result->outputs->pdata[i];
        guint expected_width;
        guint expected_height;
        plan_size_fit(&plan->sizes[i], width, height, &expected_width, &expected_height);
        g_assert_cmpuint(output->image.width, ==, expected_width);
        g_assert_cmpuint(output->image.height, ==, expected_height);
    }
}

static void test_every_sample_is_made_in_every_size(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HandlerPool) pool = start(1 << 30);
    g_autoptr(GDir) folder = g_dir_open("testdata/images", 0, &error);
    g_assert_no_error(error);
    Plan plan = plan_of(50000000);
    for (const char *name; (name = g_dir_read_name(folder)) != NULL;) {
        if (image_format_of_name(name) == IMAGE_FORMAT_SAME)
            continue;
        g_autofree char *path = g_build_filename("testdata/images", name, NULL);
        g_autofree char *bytes = NULL;
        gsize size;
        g_assert_true(g_file_get_contents(path, &bytes, &size, NULL));
        g_autoptr(HandlerResult) result = run(pool, &plan, bytes, size, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(result->source.format, ==, image_format_of_name(name));
        assert_sizes(result, &plan);
    }
}

static void test_a_refusal_leaves_the_process_at_work(void)
{
    static const char *const sources[] = {"", "plain text", "<svg xmlns='…'/>", "\xff\xd8\xff"};
    g_autoptr(HandlerPool) pool = start(1 << 30);
    g_autoptr(GArray) before = handler_pool_pids(pool);
    Plan plan = plan_of(50000000);
    for (gsize i = 0; i < G_N_ELEMENTS(sources); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(run(pool, &plan, sources[i], strlen(sources[i]), &error));
        g_assert_nonnull(error);
        g_assert_cmpstr(g_quark_to_string(error->domain), ==, "image_error");
    }
    g_autoptr(GArray) after = handler_pool_pids(pool);
    g_assert_cmpint(g_array_index(before, pid_t, 0), ==, g_array_index(after, pid_t, 0));
}

/* A few bytes that ask for gigabytes end that image, whichever allocation meets the limit. */
static void test_an_image_beyond_the_limit_costs_itself(void)
{
    static const char bomb[] = "GIF89a\x00\x78\x00\x78\x80\x00\x00\x00\x00\x00\xff\xff\xff"
                               "\x2c\x00\x00\x00\x00\x00\x78\x00\x78\x00\x02\x02\x44\x01\x00\x3b";
    if (CONFINE_HAS_ADDRESS_SANITIZER) {
        g_test_skip("no RLIMIT_AS under AddressSanitizer");
        return;
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(HandlerPool) pool = start(400 << 20);
    Plan plan = plan_of(G_MAXUINT32);
    g_assert_null(run(pool, &plan, bomb, sizeof bomb - 1, &error));
    g_test_message("%s", error->message);
    g_assert_true(g_error_matches(error, IMAGE_ERROR, IMAGE_ERROR_NEEDS_MEMORY) ||
                  g_error_matches(error, HANDLER_ERROR, HANDLER_ERROR_MEMORY));
    g_clear_error(&error);

    static const char gif[] = "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff"
                              "\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3b";
    g_autoptr(HandlerResult) result = run(pool, &plan, gif, sizeof gif - 1, &error);
    g_assert_no_error(error);
    g_assert_nonnull(result);
}

static void test_it_says_that_it_is_not_for_hands(void)
{
    g_autofree char *said = NULL;
    int status = 0;
    char *arguments[] = {program, NULL};
    g_assert_true(g_spawn_sync(NULL, arguments, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, &said,
                               &status, NULL));
    g_assert_cmpint(WEXITSTATUS(status), ==, 64);
    g_assert_cmpstr(said, ==, "thumbpipe-handler: is started by thumbpipe, not by hand\n");
}

#define ADD(path, function) g_test_add_func("/handler_main/" path, function)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_autofree char *folder = g_path_get_dirname(argv[0]);
    program = g_build_filename(folder, "..", "thumbpipe-handler", NULL);
    g_assert_true(g_file_test(program, G_FILE_TEST_IS_EXECUTABLE));
    ADD("every sample is made in every size", test_every_sample_is_made_in_every_size);
    ADD("a refusal leaves the process at work", test_a_refusal_leaves_the_process_at_work);
    ADD("an image beyond the limit costs itself", test_an_image_beyond_the_limit_costs_itself);
    ADD("it says that it is not for hands", test_it_says_that_it_is_not_for_hands);
    int status = g_test_run();
    g_free(program);
    return status;
}
