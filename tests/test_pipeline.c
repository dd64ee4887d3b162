/* SPDX-License-Identifier: Apache-2.0
 *
 * The whole flow on librdkafka's mock cluster, with a directory store and real handler processes:
 * what was committed and what became a dead letter is read back by clients of their own. */
#include "pipeline/pipeline.h"

#include "tests/faulty_store.h"
#include "tests/kafka_fixture.h"
#include "tests/world.h"

#include <string.h>

#define PATIENCE_S 60

static World *with_kafka(KafkaFixture *kafka)
{
    World *world = world_new();
    /* The session timeout that the mock needs. */
    g_ptr_array_add(world->config->kafka.properties, g_strdup("session.timeout.ms"));
    g_ptr_array_add(world->config->kafka.properties, g_strdup("6000"));
    g_free(world->config->kafka.group);
    world->config->kafka.group = g_strdup(kafka->config.group);
    return world;
}

static void announce(KafkaFixture *kafka, gint32 partition, const char *key)
{
    g_autofree char *event = event_format(WORLD_BUCKET, key, 1 << 20, NULL, 0);
    kafka_fixture_produce(kafka, partition, event);
}

static void upload(const World *world, KafkaFixture *kafka, guint from, guint to)
{
    for (guint i = from; i < to; i++) {
        g_autofree char *key = g_strdup_printf("%u.jpg", i);
        world_put(world, key, WORLD_PHOTO);
        announce(kafka, (gint32)(i % KAFKA_FIXTURE_PARTITIONS), key);
    }
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

static void member_start(Member *member, World *world, KafkaFixture *kafka)
{
    g_autoptr(GError) error = NULL;
    member->pipeline = pipeline_new(&world->tools, kafka_fixture_brokers(kafka), 4, &error);
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

static void wait_for_commit(KafkaFixture *kafka, gint64 expected)
{
    gint64 deadline = g_get_monotonic_time() + PATIENCE_S * G_TIME_SPAN_SECOND;
    gint64 committed = 0;
    while ((committed = kafka_fixture_committed(kafka)) < expected &&
           g_get_monotonic_time() < deadline)
        g_usleep(100 * G_TIME_SPAN_MILLISECOND);
    g_assert_cmpint(committed, ==, expected);
}

static void test_an_upload_becomes_thumbnails_and_is_committed(void)
{
    g_autoptr(KafkaFixture) kafka = kafka_fixture_new();
    g_autoptr(World) world = with_kafka(kafka);
    upload(world, kafka, 0, 12);
    Member member;
    member_start(&member, world, kafka);
    wait_for_commit(kafka, 12);
    PipelineTotals totals = member_stop(&member);
    g_assert_cmpuint(totals.stored, ==, 12);
    g_assert_cmpuint(world_count_thumbnails(world), ==, 24);
}

static void test_every_record_of_a_message_is_handled(void)
{
    g_autoptr(KafkaFixture) kafka = kafka_fixture_new();
    g_autoptr(World) world = with_kafka(kafka);
    world_put(world, "a.jpg", WORLD_PHOTO);
    world_put(world, "b.jpg", WORLD_PHOTO);
    kafka_fixture_produce(
        kafka, 0,
        "{\"Records\":["
        "{\"eventVersion\":\"2.1\",\"eventSource\":\"aws:s3\",\"eventName\":\"ObjectCreated:Put\","
        "\"s3\":{\"bucket\":{\"name\":\"photos\"},\"object\":{\"key\":\"a.jpg\",\"size\":9}}},"
        "{\"eventVersion\":\"2.1\",\"eventSource\":\"aws:s3\",\"eventName\":\"ObjectTagging:Put\","
        "\"s3\":{\"bucket\":{\"name\":\"photos\"},\"object\":{\"key\":\"c.jpg\",\"size\":9}}},"
        "{\"eventVersion\":\"2.1\",\"eventSource\":\"aws:s3\",\"eventName\":\"ObjectCreated:Copy\","
        "\"s3\":{\"bucket\":{\"name\":\"photos\"},\"object\":{\"key\":\"b.jpg\",\"size\":9}}}]}");
    Member member;
    member_start(&member, world, kafka);
    wait_for_commit(kafka, 1);
    PipelineTotals totals = member_stop(&member);
    g_assert_cmpuint(totals.stored, ==, 2);
    g_assert_cmpuint(totals.skipped, ==, 1);
    g_assert_cmpuint(world_count_thumbnails(world), ==, 4);
}

static void test_what_cannot_be_done_is_a_dead_letter_with_its_reason(void)
{
    g_autoptr(KafkaFixture) kafka = kafka_fixture_new();
    g_autoptr(World) world = with_kafka(kafka);
    world_put_text(world, "bad.jpg", "no image");
    world_put_text(world, "notes.txt", "no image");
    kafka_fixture_produce(kafka, 0, "{\"what\": \"is this?\"}");
    announce(kafka, 0, "bad.jpg");
    announce(kafka, 0, "notes.txt");
    announce(kafka, 0, "missing.jpg");
    announce(kafka, 0, "resized/small/0.jpg");
    kafka_fixture_produce(kafka, 0, NULL);
    upload(world, kafka, 0, 1);
    Member member;
    member_start(&member, world, kafka);
    wait_for_commit(kafka, 7);
    PipelineTotals totals = member_stop(&member);
    g_assert_cmpuint(totals.stored, ==, 1);
    g_assert_cmpuint(totals.dead_letter, ==, 2);
    g_assert_cmpuint(totals.skipped, ==, 4);

    g_autoptr(GPtrArray) letters = kafka_fixture_read(kafka, KAFKA_FIXTURE_DEAD, 2);
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
    g_autoptr(KafkaFixture) kafka = kafka_fixture_new();
    g_autoptr(World) world = with_kafka(kafka);
    upload(world, kafka, 0, 8);
    faulty_store_fail(world->store, 20, OBJECT_STORE_ERROR_UNAVAILABLE);
    Member member;
    member_start(&member, world, kafka);
    wait_for_commit(kafka, 8);
    PipelineTotals totals = member_stop(&member);
    g_assert_cmpuint(totals.stored, ==, 8);
    g_assert_cmpuint(totals.dead_letter, ==, 0);
    g_assert_cmpuint(world_count_thumbnails(world), ==, 16);
}

static void test_nothing_is_committed_before_it_is_done(void)
{
    g_autoptr(KafkaFixture) kafka = kafka_fixture_new();
    g_autoptr(World) world = with_kafka(kafka);
    upload(world, kafka, 0, 4);
    faulty_store_fail(world->store, G_MAXINT, OBJECT_STORE_ERROR_UNAVAILABLE);
    Member member;
    member_start(&member, world, kafka);
    gint64 deadline = g_get_monotonic_time() + 30 * G_TIME_SPAN_SECOND;
    while (faulty_store_gets(world->store) < 8 && g_get_monotonic_time() < deadline)
        g_usleep(50 * G_TIME_SPAN_MILLISECOND);
    PipelineTotals totals = member_stop(&member);
    g_assert_cmpuint(totals.abandoned, ==, 4);
    g_assert_cmpint(kafka_fixture_committed(kafka), ==, 0);

    faulty_store_fail(world->store, 0, OBJECT_STORE_ERROR_UNAVAILABLE);
    member_start(&member, world, kafka);
    wait_for_commit(kafka, 4);
    totals = member_stop(&member);
    g_assert_cmpuint(totals.stored, ==, 4);
}

static void test_stopping_finishes_what_is_at_work(void)
{
    g_autoptr(KafkaFixture) kafka = kafka_fixture_new();
    g_autoptr(World) world = with_kafka(kafka);
    upload(world, kafka, 0, 40);
    faulty_store_slow_down(world->store, 500);
    Member member;
    member_start(&member, world, kafka);
    while (faulty_store_gets(world->store) < 6)
        g_usleep(10 * G_TIME_SPAN_MILLISECOND);
    PipelineTotals first = member_stop(&member);
    g_assert_cmpuint(first.stored, ==, world_count_thumbnails(world) / 2);
    g_assert_cmpuint(first.stored, >=, 4);
    g_assert_cmpuint(first.abandoned, >, 0);

    faulty_store_slow_down(world->store, 0);
    guint gets_before = faulty_store_gets(world->store);
    member_start(&member, world, kafka);
    wait_for_commit(kafka, 40);
    PipelineTotals second = member_stop(&member);
    g_assert_cmpuint(world_count_thumbnails(world), ==, 80);
    g_test_message("stored %u, then %u of 40", (guint)first.stored, (guint)second.stored);
    g_assert_cmpuint(faulty_store_gets(world->store) - gets_before, ==, second.stored);
}

static void test_two_members_share_and_lose_nothing(void)
{
    g_autoptr(KafkaFixture) kafka = kafka_fixture_new();
    g_autoptr(World) world = with_kafka(kafka);
    upload(world, kafka, 0, 40);
    faulty_store_slow_down(world->store, 100);
    Member first, second;
    member_start(&first, world, kafka);
    while (faulty_store_gets(world->store) < 4)
        g_usleep(10 * G_TIME_SPAN_MILLISECOND);
    member_start(&second, world, kafka); /* takes partitions away while their jobs are at work */
    upload(world, kafka, 40, 120);
    wait_for_commit(kafka, 120);
    member_stop(&first);
    member_stop(&second);
    g_assert_cmpuint(world_count_thumbnails(world), ==, 240);
}

static void test_failing_commits_are_sent_again(void)
{
    g_autoptr(KafkaFixture) kafka = kafka_fixture_new();
    g_autoptr(World) world = with_kafka(kafka);
    rd_kafka_mock_push_request_errors(
        kafka->cluster, /* OffsetCommit */ 8, 4, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
        RD_KAFKA_RESP_ERR_NOT_COORDINATOR, RD_KAFKA_RESP_ERR__TRANSPORT,
        RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT);
    upload(world, kafka, 0, 8);
    Member member;
    member_start(&member, world, kafka);
    wait_for_commit(kafka, 8);
    PipelineTotals totals = member_stop(&member);
    g_assert_cmpuint(totals.stored, >=, 8);
}

/* Five seconds of draining, three for what was cancelled, five for the broker: not that for each
 * partition. */
static void test_stopping_is_bounded_while_dead_letters_are_refused(void)
{
    g_autoptr(KafkaFixture) kafka = kafka_fixture_new();
    g_autoptr(World) world = with_kafka(kafka);
    for (gint32 partition = 0; partition < KAFKA_FIXTURE_PARTITIONS; partition++)
        kafka_fixture_produce(kafka, partition, "{}");
    /* On the requests: librdkafka 2.8.0 crashes on the mock's answer about a topic with an error.
     */
    rd_kafka_resp_err_t refusals[64];
    for (gsize i = 0; i < G_N_ELEMENTS(refusals); i++)
        refusals[i] = RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
    rd_kafka_mock_push_request_errors_array(kafka->cluster, /* Produce */ 0, G_N_ELEMENTS(refusals),
                                            refusals);
    Member member;
    member_start(&member, world, kafka);
    g_usleep(6 * G_TIME_SPAN_SECOND);
    gint64 start = g_get_monotonic_time();
    PipelineTotals totals = member_stop(&member);
    g_assert_cmpfloat((double)(g_get_monotonic_time() - start) / G_TIME_SPAN_SECOND, <, 15);
    g_assert_cmpuint(totals.received, >, 0);
    g_assert_cmpuint(totals.abandoned, ==, totals.received);
    g_assert_cmpint(kafka_fixture_committed(kafka), ==, 0);
}

int main(int argc, char **argv)
{
    world_init(argv[0]);
    g_test_init(&argc, &argv, NULL);
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
    g_test_add_func("/pipeline/stopping_is_bounded_while_dead_letters_are_refused",
                    test_stopping_is_bounded_while_dead_letters_are_refused);
    return g_test_run();
}
