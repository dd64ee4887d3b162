/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/kafka/consumer.h"

#include "pipeline/kafka/partition.h"
#include "pipeline/observe/log.h"
#include "tests/kafka_fixture.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define PATIENCE_S 30

typedef struct {
    KafkaFixture *kafka;
    Consumer *consumer;
    int wake_fd;
    GPtrArray *messages; /* of Message, in order of arrival */
    guint drained;
    guint fenced;
    guint abandoned;
    guint records; /* in each message; 0: one */
} Member;

static guint keep(Message *message, gpointer user_data)
{
    Member *member = user_data;
    g_ptr_array_add(member->messages, message_ref(message));
    return MAX(1, member->records);
}

static void drain(const char *topic, gint32 partition, guint epoch, gint64 deadline_us,
                  gpointer user_data)
{
    (void)topic, (void)partition, (void)epoch, (void)deadline_us;
    ((Member *)user_data)->drained++;
}

static void fence(const char *topic, gint32 partition, guint epoch, guint abandoned,
                  gpointer user_data)
{
    (void)topic, (void)partition, (void)epoch;
    ((Member *)user_data)->fenced++;
    ((Member *)user_data)->abandoned += abandoned;
}

static void join(Member *member)
{
    static const ConsumerCallbacks callbacks = {keep, drain, fence};
    g_autoptr(GError) error = NULL;
    member->consumer = consumer_new(&member->kafka->config, kafka_fixture_brokers(member->kafka),
                                    5000, member->wake_fd, &callbacks, member, &error);
    g_assert_no_error(error);
}

static Member *member_new(void)
{
    Member *member = g_new0(Member, 1);
    member->kafka = kafka_fixture_new();
    member->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    member->messages = g_ptr_array_new_with_free_func((GDestroyNotify)message_unref);
    join(member);
    return member;
}

static void leave(Member *member)
{
    g_assert_true(
        consumer_close(member->consumer, g_get_monotonic_time() + 10 * G_TIME_SPAN_SECOND));
    g_clear_pointer(&member->consumer, consumer_free);
}

static void member_free(Member *member)
{
    if (member->consumer != NULL)
        leave(member);
    g_ptr_array_unref(member->messages);
    kafka_fixture_free(member->kafka);
    close(member->wake_fd);
    g_free(member);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Member, member_free)

static void turn(Member *member, guint room)
{
    guint taken;
    g_autoptr(GError) error = NULL;
    gboolean polled = consumer_poll(member->consumer, room, &taken, &error);
    g_assert_no_error(error);
    g_assert_true(polled);
    g_assert_cmpuint(taken, <=, room);
    consumer_commit(member->consumer, 100);
    struct pollfd descriptor = {.fd = member->wake_fd, .events = POLLIN};
    eventfd_t wakes;
    if (poll(&descriptor, 1, 20) > 0)
        eventfd_read(member->wake_fd, &wakes);
}

static void take(Member *member, guint expected)
{
    gint64 deadline = g_get_monotonic_time() + PATIENCE_S * G_TIME_SPAN_SECOND;
    while (member->messages->len < expected && g_get_monotonic_time() < deadline)
        turn(member, expected - member->messages->len);
    g_assert_cmpuint(member->messages->len, ==, expected);
}

static void turn_for(Member *member, guint ms)
{
    gint64 end = g_get_monotonic_time() + ms * G_TIME_SPAN_MILLISECOND;
    while (g_get_monotonic_time() < end)
        turn(member, 0);
}

static Message *message_at(const Member *member, guint index)
{
    return g_ptr_array_index(member->messages, index);
}

static void test_only_what_is_done_is_committed(void)
{
    g_autoptr(Member) member = member_new();
    for (guint i = 0; i < 5; i++)
        kafka_fixture_produce(member->kafka, 0, "{}");
    take(member, 5);
    turn_for(member, 300);
    g_assert_cmpint(kafka_fixture_committed(member->kafka), ==, 0);
    g_assert_true(consumer_finish(member->consumer, message_at(member, 1)));
    g_assert_true(consumer_finish(member->consumer, message_at(member, 0)));
    g_assert_true(consumer_finish(member->consumer, message_at(member, 4)));
    turn_for(member, 500);
    g_assert_cmpint(kafka_fixture_committed(member->kafka), ==, 2);
    g_assert_true(consumer_finish(member->consumer, message_at(member, 2)));
    g_assert_true(consumer_finish(member->consumer, message_at(member, 3)));
    turn_for(member, 500);
    g_assert_cmpint(kafka_fixture_committed(member->kafka), ==, 5);
}

static void test_leaving_commits_first_and_fences_what_is_open(void)
{
    g_autoptr(Member) member = member_new();
    for (guint i = 0; i < 4; i++)
        kafka_fixture_produce(member->kafka, 1, "{}");
    take(member, 4);
    g_assert_true(consumer_finish(member->consumer, message_at(member, 0)));
    g_assert_true(consumer_finish(member->consumer, message_at(member, 3)));
    leave(member);
    g_assert_cmpuint(member->drained, ==, KAFKA_FIXTURE_PARTITIONS);
    g_assert_cmpuint(member->fenced, ==, KAFKA_FIXTURE_PARTITIONS);
    g_assert_cmpuint(member->abandoned, ==, 2);
    g_assert_cmpint(kafka_fixture_committed(member->kafka), ==, 1);
}

static void test_what_was_not_done_comes_again_under_another_epoch(void)
{
    g_autoptr(Member) member = member_new();
    for (guint i = 0; i < 3; i++)
        kafka_fixture_produce(member->kafka, 0, "{}");
    take(member, 3);
    g_assert_true(consumer_finish(member->consumer, message_at(member, 0)));
    leave(member);
    join(member);
    take(member, 5);
    g_assert_cmpint(message_at(member, 3)->offset, ==, 1);
    /* The process is another after a restart; within one, epochs tell assignments apart. */
    Message *stale = message_at(member, 1);
    stale->epoch = message_at(member, 3)->epoch + 100;
    g_assert_false(consumer_finish(member->consumer, stale));
    g_assert_true(consumer_finish(member->consumer, message_at(member, 3)));
    g_assert_false(consumer_finish(member->consumer, message_at(member, 3)));
}

static void test_no_more_is_taken_than_there_is_room_for(void)
{
    g_autoptr(Member) member = member_new();
    for (guint i = 0; i < 40; i++)
        kafka_fixture_produce(member->kafka, (gint32)(i % KAFKA_FIXTURE_PARTITIONS), "{}");
    take(member, 4);
    turn_for(member, 1000);
    g_assert_cmpuint(member->messages->len, ==, 4);
    take(member, 40);
}

static void test_a_message_takes_the_room_of_its_records(void)
{
    g_autoptr(Member) member = member_new();
    member->records = 50;
    for (guint i = 0; i < 8; i++)
        kafka_fixture_produce(member->kafka, 0, "{}");
    gint64 deadline = g_get_monotonic_time() + PATIENCE_S * G_TIME_SPAN_SECOND;
    guint taken = 0;
    while (taken == 0 && g_get_monotonic_time() < deadline)
        g_assert_true(consumer_poll(member->consumer, 60, &taken, NULL));
    g_assert_cmpuint(taken, <=, 100);
    g_assert_cmpuint(member->messages->len, ==, taken / 50);
    g_assert_cmpuint(member->messages->len, <=, 2);
}

static void test_one_open_offset_holds_back_only_so_many(void)
{
    g_autoptr(Member) member = member_new();
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char text[256];
    rd_kafka_conf_set(conf, "bootstrap.servers", kafka_fixture_brokers(member->kafka), text,
                      sizeof text);
    rd_kafka_t *producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    for (guint i = 0; i < PARTITION_MAX_SPAN + 500; i++)
        rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(KAFKA_FIXTURE_TOPIC), RD_KAFKA_V_PARTITION(0),
                          RD_KAFKA_V_VALUE((void *)"{}", 2), RD_KAFKA_V_END);
    g_assert_cmpint(rd_kafka_flush(producer, 20000), ==, RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_destroy(producer);
    take(member, 1);
    gint64 deadline = g_get_monotonic_time() + PATIENCE_S * G_TIME_SPAN_SECOND;
    guint done = 1; /* the first stays open */
    while (member->messages->len < PARTITION_MAX_SPAN && g_get_monotonic_time() < deadline) {
        turn(member, 1000);
        for (; done < member->messages->len; done++)
            g_assert_true(consumer_finish(member->consumer, message_at(member, done)));
    }
    for (guint i = 0; i < 20; i++)
        turn(member, 1000);
    g_assert_cmpuint(member->messages->len, ==, PARTITION_MAX_SPAN);
    g_assert_true(consumer_finish(member->consumer, message_at(member, 0)));
    take(member, PARTITION_MAX_SPAN + 500);
}

static void test_an_unsafe_assignment_strategy_is_refused(void)
{
    if (rd_kafka_version() >= 0x020a0000) {
        g_test_skip("this librdkafka is safe with it");
        return;
    }
    g_autoptr(Member) member = member_new();
    g_ptr_array_add(member->kafka->config.properties, (char *)"partition.assignment.strategy");
    g_ptr_array_add(member->kafka->config.properties, (char *)"cooperative-sticky");
    static const ConsumerCallbacks callbacks = {keep, drain, fence};
    g_autoptr(GError) error = NULL;
    g_assert_null(consumer_new(&member->kafka->config, "127.0.0.1:1", 5000, member->wake_fd,
                               &callbacks, member, &error));
    g_assert_error(error, KAFKA_ERROR, KAFKA_ERROR_CONFIGURATION);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    log_set_level(LOG_LEVEL_ERROR);
    g_test_add_func("/consumer/only_what_is_done_is_committed",
                    test_only_what_is_done_is_committed);
    g_test_add_func("/consumer/leaving_commits_first_and_fences_what_is_open",
                    test_leaving_commits_first_and_fences_what_is_open);
    g_test_add_func("/consumer/what_was_not_done_comes_again_under_another_epoch",
                    test_what_was_not_done_comes_again_under_another_epoch);
    g_test_add_func("/consumer/no_more_is_taken_than_there_is_room_for",
                    test_no_more_is_taken_than_there_is_room_for);
    g_test_add_func("/consumer/a_message_takes_the_room_of_its_records",
                    test_a_message_takes_the_room_of_its_records);
    g_test_add_func("/consumer/one_open_offset_holds_back_only_so_many",
                    test_one_open_offset_holds_back_only_so_many);
    g_test_add_func("/consumer/an_unsafe_assignment_strategy_is_refused",
                    test_an_unsafe_assignment_strategy_is_refused);
    return g_test_run();
}
