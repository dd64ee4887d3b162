/* SPDX-License-Identifier: Apache-2.0
 *
 * The whole flow on librdkafka's mock cluster, with a directory store and real handler processes:
 * what was committed and what became a dead letter is read back by clients of their own. */
#include "pipeline/pipeline.h"

#include "pipeline/observe/log.h"
#include "tests/faulty_store.h"
#include "tests/kafka_fixture.h"

#include <glib/gstdio.h>
#include <string.h>

#define BUCKET     "photos"
#define PATIENCE_S 60

typedef struct {
    KafkaFixture *kafka;
    char *root;
    Config *config;
    Rules *rules;
    ObjectStore *store;
    HandlerPool *pool;
    MemoryBudget *budget;
    JobTools tools;
} World;

static char *handler_program;

static World *world_new(void)
{
    World *world = g_new0(World, 1);
    world->kafka = kafka_fixture_new();
    world->root = g_dir_make_tmp("pipeline-XXXXXX", NULL);
    g_autofree char *bucket = g_build_filename(world->root, BUCKET, NULL);
    g_assert_cmpint(g_mkdir(bucket, 0755), ==, 0);
    g_autofree char *text =
        g_strdup_printf("kafka: {brokers: \"b:1\", topics: [uploads]}\n"
                        "storage: {kind: directory, root: \"%s\"}\n"
                        "sizes: {small: {width: 64, height: 64}, wide: {width: 96}}\n"
                        "shutdown: {drain: 5s}\n",
                        world->root);
    static char *no_environment[] = {NULL};
    GError *error = NULL;
    world->config = config_parse("test.yaml", text, strlen(text), no_environment, &error);
    g_assert_no_error(error);
    world->rules = rules_new(world->config, &error);
    g_assert_no_error(error);
    ObjectStore *directory = object_store_new(&world->config->storage, &error);
    g_assert_no_error(error);
    world->store = faulty_store_new(directory);
    HandlerPoolOptions options = {
        .program = handler_program,
        .processes = 2,
        .memory_bytes = (guint64)1 << 30,
        .deadline_ms = 30000,
    };
    world->pool = handler_pool_new(&options, &error);
    g_assert_no_error(error);
    world->budget = memory_budget_new((guint64)64 << 20);
    world->tools =
        (JobTools){world->config, world->rules, world->store, world->pool, world->budget};
    /* The session timeout that the mock needs. */
    g_ptr_array_add(world->config->kafka.properties, g_strdup("session.timeout.ms"));
    g_ptr_array_add(world->config->kafka.properties, g_strdup("6000"));
    g_free(world->config->kafka.group);
    world->config->kafka.group = g_strdup(world->kafka->config.group);
    return world;
}

static void world_free(World *world)
{
    handler_pool_free(world->pool);
    memory_budget_free(world->budget);
    object_store_free(world->store);
    rules_free(world->rules);
    config_free(world->config);
    kafka_fixture_free(world->kafka);
    g_autofree char *command = g_strdup_printf("rm -rf '%s'", world->root);
    g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
    g_free(world->root);
    g_free(world);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(World, world_free)

static void put_file(const World *world, const char *key, const char *source)
{
    g_autofree char *path = g_build_filename(world->root, BUCKET, key, NULL);
    g_autofree char *text = NULL;
    gsize size;
    if (source == NULL) {
        g_assert_true(g_file_set_contents(path, "no image", -1, NULL));
        return;
    }
    g_assert_true(g_file_get_contents(source, &text, &size, NULL));
    g_assert_true(g_file_set_contents(path, text, (gssize)size, NULL));
}

static const char *const sample = "testdata/images/phone-portrait.jpg";

static void announce(const World *world, gint32 partition, const char *key)
{
    g_autofree char *event = event_format(BUCKET, key, 1000, NULL, 0);
    kafka_fixture_produce(world->kafka, partition, event);
}

static void upload(const World *world, guint from, guint to)
{
    for (guint i = from; i < to; i++) {
        g_autofree char *key = g_strdup_printf("%u.jpg", i);
        put_file(world, key, sample);
        announce(world, (gint32)(i % KAFKA_FIXTURE_PARTITIONS), key);
    }
}

static guint count_thumbnails(const World *world)
{
    guint found = 0;
    for (guint i = 0; i < 2; i++) {
        g_autofree char *folder =
            g_build_filename(world->root, BUCKET, "resized", i == 0 ? "small" : "wide", NULL);
        GDir *dir = g_dir_open(folder, 0, NULL);
        if (dir == NULL)
            continue;
        for (const char *name; (name = g_dir_read_name(dir)) != NULL;)
            found += name[0] != '.';
        g_dir_close(dir);
    }
    return found;
}

/* A pipeline in a thread of its own. */
typedef struct {
    Pipeline *pipeline;
    GThread *thread;
    gboolean clean;
} Member;

static gpointer run_member(gpointer data)
{
    Member *member = data;
    g_autoptr(GError) error = NULL;
    g_assert_true(pipeline_run(member->pipeline, &member->clean, &error));
    g_assert_no_error(error);
    return NULL;
}

static void member_start(Member *member, World *world)
{
    g_autoptr(GError) error = NULL;
    member->pipeline = pipeline_new(&world->tools, kafka_fixture_brokers(world->kafka), 4, &error);
    g_assert_no_error(error);
    member->thread = g_thread_new("member", run_member, member);
}

static PipelineTotals member_stop(Member *member)
{
    pipeline_stop(member->pipeline);
    g_thread_join(member->thread);
    g_assert_true(member->clean);
    PipelineTotals totals = pipeline_totals(member->pipeline);
    g_assert_cmpuint(totals.received, ==,
                     totals.stored + totals.removed + totals.skipped + totals.dead_letter +
                         totals.abandoned);
    pipeline_free(member->pipeline);
    return totals;
}

static void wait_for_commit(World *world, gint64 expected)
{
    gint64 deadline = g_get_monotonic_time() + PATIENCE_S * G_TIME_SPAN_SECOND;
    gint64 committed = 0;
    while ((committed = kafka_fixture_committed(world->kafka)) < expected &&
           g_get_monotonic_time() < deadline)
        g_usleep(100 * G_TIME_SPAN_MILLISECOND);
    g_assert_cmpint(committed, ==, expected);
}

static void test_an_upload_becomes_thumbnails_and_is_committed(void)
{
    g_autoptr(World) world = world_new();
    upload(world, 0, 12);
    Member member;
    member_start(&member, world);
    wait_for_commit(world, 12);
    PipelineTotals totals = member_stop(&member);
    g_assert_cmpuint(totals.stored, ==, 12);
    g_assert_cmpuint(count_thumbnails(world), ==, 24);
}

static void test_every_record_of_a_message_is_handled(void)
{
    g_autoptr(World) world = world_new();
    put_file(world, "a.jpg", sample);
    put_file(world, "b.jpg", sample);
    kafka_fixture_produce(
        world->kafka, 0,
        "{\"Records\":["
        "{\"eventVersion\":\"2.1\",\"eventSource\":\"aws:s3\",\"eventName\":\"ObjectCreated:Put\","
        "\"s3\":{\"bucket\":{\"name\":\"photos\"},\"object\":{\"key\":\"a.jpg\",\"size\":9}}},"
        "{\"eventVersion\":\"2.1\",\"eventSource\":\"aws:s3\",\"eventName\":\"ObjectTagging:Put\","
        "\"s3\":{\"bucket\":{\"name\":\"photos\"},\"object\":{\"key\":\"c.jpg\",\"size\":9}}},"
        "{\"eventVersion\":\"2.1\",\"eventSource\":\"aws:s3\",\"eventName\":\"ObjectCreated:Copy\","
        "\"s3\":{\"bucket\":{\"name\":\"photos\"},\"object\":{\"key\":\"b.jpg\",\"size\":9}}}]}");
    Member member;
    member_start(&member, world);
    wait_for_commit(world, 1);
    PipelineTotals totals = member_stop(&member);
    g_assert_cmpuint(totals.stored, ==, 2);
    g_assert_cmpuint(totals.skipped, ==, 1);
    g_assert_cmpuint(count_thumbnails(world), ==, 4);
}

static void test_what_cannot_be_done_is_a_dead_letter_with_its_reason(void)
{
    g_autoptr(World) world = world_new();
    put_file(world, "bad.jpg", NULL);
    put_file(world, "notes.txt", NULL);
    kafka_fixture_produce(world->kafka, 0, "{\"what\": \"is this?\"}");
    announce(world, 0, "bad.jpg");
    announce(world, 0, "notes.txt");
    announce(world, 0, "missing.jpg");
    announce(world, 0, "resized/small/0.jpg");
    kafka_fixture_produce(world->kafka, 0, NULL);
    upload(world, 0, 1);
    Member member;
    member_start(&member, world);
    wait_for_commit(world, 7);
    PipelineTotals totals = member_stop(&member);
    g_assert_cmpuint(totals.stored, ==, 1);
    g_assert_cmpuint(totals.dead_letter, ==, 2);
    g_assert_cmpuint(totals.skipped, ==, 4);

    g_autoptr(GPtrArray) letters = kafka_fixture_read(world->kafka, KAFKA_FIXTURE_DEAD, 2);
    g_assert_cmpuint(letters->len, ==, 2);
    g_autoptr(GHashTable) reasons = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (guint i = 0; i < letters->len; i++) {
        const Message *letter = g_ptr_array_index(letters, i);
        g_autofree char *trace = kafka_fixture_header(letter, "traceparent");
        g_assert_cmpstr(trace, ==, "00-test");
        g_hash_table_insert(reasons, kafka_fixture_header(letter, "__connect.errors.offset"),
                            kafka_fixture_header(letter, "thumbpipe.reason"));
    }
    g_assert_cmpstr(g_hash_table_lookup(reasons, "0"), ==, "unparsable");
    g_assert_cmpstr(g_hash_table_lookup(reasons, "1"), ==, "not_an_image");
}

static void test_an_outage_is_waited_out(void)
{
    g_autoptr(World) world = world_new();
    upload(world, 0, 8);
    faulty_store_fail(world->store, 20, OBJECT_STORE_ERROR_UNAVAILABLE);
    Member member;
    member_start(&member, world);
    wait_for_commit(world, 8);
    PipelineTotals totals = member_stop(&member);
    g_assert_cmpuint(totals.stored, ==, 8);
    g_assert_cmpuint(totals.dead_letter, ==, 0);
    g_assert_cmpuint(count_thumbnails(world), ==, 16);
}

static void test_nothing_is_committed_before_it_is_done(void)
{
    g_autoptr(World) world = world_new();
    upload(world, 0, 4);
    faulty_store_fail(world->store, G_MAXINT, OBJECT_STORE_ERROR_UNAVAILABLE);
    Member member;
    member_start(&member, world);
    gint64 deadline = g_get_monotonic_time() + 30 * G_TIME_SPAN_SECOND;
    while (faulty_store_gets(world->store) < 8 && g_get_monotonic_time() < deadline)
        g_usleep(50 * G_TIME_SPAN_MILLISECOND);
    PipelineTotals totals = member_stop(&member);
    g_assert_cmpuint(totals.abandoned, ==, 4);
    g_assert_cmpint(kafka_fixture_committed(world->kafka), ==, 0);

    faulty_store_fail(world->store, 0, OBJECT_STORE_ERROR_UNAVAILABLE);
    member_start(&member, world);
    wait_for_commit(world, 4);
    totals = member_stop(&member);
    g_assert_cmpuint(totals.stored, ==, 4);
}

static void test_stopping_finishes_what_is_at_work(void)
{
    g_autoptr(World) world = world_new();
    upload(world, 0, 40);
    faulty_store_slow_down(world->store, 500);
    Member member;
    member_start(&member, world);
    while (faulty_store_gets(world->store) < 6)
        g_usleep(10 * G_TIME_SPAN_MILLISECOND);
    PipelineTotals first = member_stop(&member);
    g_assert_cmpuint(first.stored, ==, count_thumbnails(world) / 2);
    g_assert_cmpuint(first.stored, >=, 4);
    g_assert_cmpuint(first.abandoned, >, 0);

    faulty_store_slow_down(world->store, 0);
    guint gets_before = faulty_store_gets(world->store);
    member_start(&member, world);
    wait_for_commit(world, 40);
    PipelineTotals second = member_stop(&member);
    g_assert_cmpuint(count_thumbnails(world), ==, 80);
    g_test_message("stored %u, then %u of 40", (guint)first.stored, (guint)second.stored);
    g_assert_cmpuint(faulty_store_gets(world->store) - gets_before, ==, second.stored);
}

static void test_two_members_share_and_lose_nothing(void)
{
    g_autoptr(World) world = world_new();
    upload(world, 0, 40);
    faulty_store_slow_down(world->store, 100);
    Member first, second;
    member_start(&first, world);
    while (faulty_store_gets(world->store) < 4)
        g_usleep(10 * G_TIME_SPAN_MILLISECOND);
    member_start(&second, world); /* takes partitions away while their jobs are at work */
    upload(world, 40, 120);
    wait_for_commit(world, 120);
    member_stop(&first);
    member_stop(&second);
    g_assert_cmpuint(count_thumbnails(world), ==, 240);
}

static void test_failing_commits_are_sent_again(void)
{
    g_autoptr(World) world = world_new();
    rd_kafka_mock_push_request_errors(
        world->kafka->cluster, /* OffsetCommit */ 8, 4,
        RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
        RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT);
    upload(world, 0, 8);
    Member member;
    member_start(&member, world);
    wait_for_commit(world, 8);
    PipelineTotals totals = member_stop(&member);
    g_assert_cmpuint(totals.stored, >=, 8);
}

int main(int argc, char **argv)
{
    g_autofree char *folder = g_path_get_dirname(argv[0]);
    handler_program = g_build_filename(folder, "..", "thumbpipe-handler", NULL);
    g_test_init(&argc, &argv, NULL);
    log_set_level(LOG_LEVEL_ERROR);
    g_test_add_func("/pipeline/an_upload_becomes_thumbnails_and_is_committed",
                    test_an_upload_becomes_thumbnails_and_is_committed);
    g_test_add_func("/pipeline/every_record_of_a_message_is_handled",
                    test_every_record_of_a_message_is_handled);
    g_test_add_func("/pipeline/what_cannot_be_done_is_a_dead_letter_with_its_reason",
                    test_what_cannot_be_done_is_a_dead_letter_with_its_reason);
    g_test_add_func("/pipeline/an_outage_is_waited_out", test_an_outage_is_waited_out);
    g_test_add_func("/pipeline/nothing_is_committed_before_it_is_done",
                    test_nothing_is_committed_before_it_is_done);
    g_test_add_func("/pipeline/stopping_finishes_what_is_at_work",
                    test_stopping_finishes_what_is_at_work);
    g_test_add_func("/pipeline/two_members_share_and_lose_nothing",
                    test_two_members_share_and_lose_nothing);
    g_test_add_func("/pipeline/failing_commits_are_sent_again",
                    test_failing_commits_are_sent_again);
    return g_test_run();
}
