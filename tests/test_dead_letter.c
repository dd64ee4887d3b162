/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/kafka/dead_letter.h"

#include "pipeline/observe/log.h"
#include "tests/kafka_fixture.h"

#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

typedef struct {
    KafkaFixture *kafka;
    DeadLetterQueue *queue;
    int wake_fd;
    GPtrArray *acknowledged; /* of tickets */
} Desk;

static void acknowledge(gpointer ticket, gpointer user_data)
{
    g_ptr_array_add(((Desk *)user_data)->acknowledged, ticket);
}

static Desk *desk_new(void)
{
    Desk *desk = g_new0(Desk, 1);
    desk->kafka = kafka_fixture_new();
    desk->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    desk->acknowledged = g_ptr_array_new();
    g_autoptr(GError) error = NULL;
    desk->queue = dead_letter_queue_new(&desk->kafka->config, kafka_fixture_brokers(desk->kafka),
                                        desk->wake_fd, acknowledge, desk, &error);
    g_assert_no_error(error);
    return desk;
}

static void desk_free(Desk *desk)
{
    dead_letter_queue_free(desk->queue);
    kafka_fixture_free(desk->kafka);
    g_ptr_array_unref(desk->acknowledged);
    close(desk->wake_fd);
    g_free(desk);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Desk, desk_free)

static void wait_for(Desk *desk, guint acknowledged, guint seconds)
{
    gint64 deadline = g_get_monotonic_time() + seconds * G_TIME_SPAN_SECOND;
    while (desk->acknowledged->len < acknowledged && g_get_monotonic_time() < deadline) {
        struct pollfd descriptor = {.fd = desk->wake_fd, .events = POLLIN};
        eventfd_t wakes;
        if (poll(&descriptor, 1, 100) > 0)
            eventfd_read(desk->wake_fd, &wakes);
        dead_letter_queue_poll(desk->queue);
    }
}

static Message *make_message(const char *value)
{
    Message *message = message_new(KAFKA_FIXTURE_TOPIC, 2, 1, 41);
    message->key = g_bytes_new("the key", 7);
    if (value != NULL)
        message->value = g_bytes_new(value, strlen(value));
    message_add_header(message, "traceparent", "00-x", 4);
    return message;
}

static void assert_header(const Message *letter, const char *name, const char *expected)
{
    g_autofree char *value = kafka_fixture_header(letter, name);
    g_assert_cmpstr(value, ==, expected);
}

static void send_letter(Desk *desk, Message *message, gpointer ticket)
{
    DeadLetter letter = {
        .message = message,
        .record = 3,
        .reason = "corrupt",
        .detail = "premature end",
        .bucket = "photos",
        .key = "a b.jpg",
        .attempts = 2,
    };
    dead_letter_queue_send(desk->queue, &letter, ticket);
}

static void test_a_letter_is_the_message_with_its_reason(void)
{
    g_autoptr(Desk) desk = desk_new();
    g_autoptr(Message) message = make_message("{\"what\": 1}");
    send_letter(desk, message, desk);
    g_assert_cmpuint(desk->acknowledged->len, ==, 0);
    wait_for(desk, 1, 20);
    g_assert_cmpuint(desk->acknowledged->len, ==, 1);
    g_assert_true(g_ptr_array_index(desk->acknowledged, 0) == desk);

    g_autoptr(GPtrArray) letters = kafka_fixture_read(desk->kafka, KAFKA_FIXTURE_DEAD, 1);
    g_assert_cmpuint(letters->len, ==, 1);
    const Message *letter = g_ptr_array_index(letters, 0);
    g_assert_true(g_bytes_equal(letter->value, message->value));
    assert_header(letter, "traceparent", "00-x");
    assert_header(letter, "__connect.errors.topic", KAFKA_FIXTURE_TOPIC);
    assert_header(letter, "__connect.errors.partition", "2");
    assert_header(letter, "__connect.errors.offset", "41");
    assert_header(letter, "__connect.errors.exception.message", "premature end");
    assert_header(letter, "thumbpipe.reason", "corrupt");
    assert_header(letter, "thumbpipe.bucket", "photos");
    assert_header(letter, "thumbpipe.key", "a b.jpg");
    assert_header(letter, "thumbpipe.record", "3");
    assert_header(letter, "thumbpipe.attempts", "2");
}

static void test_a_letter_put_back_keeps_where_it_came_from_at_first(void)
{
    g_autoptr(Desk) desk = desk_new();
    g_autoptr(Message) message = make_message("{}");
    message_add_header(message, "__connect.errors.offset", "7", 1);
    message_add_header(message, "thumbpipe.reason", "truncated", 9);
    send_letter(desk, message, desk);
    wait_for(desk, 1, 20);
    g_autoptr(GPtrArray) letters = kafka_fixture_read(desk->kafka, KAFKA_FIXTURE_DEAD, 1);
    assert_header(g_ptr_array_index(letters, 0), "__connect.errors.offset", "7");
    assert_header(g_ptr_array_index(letters, 0), "thumbpipe.reason", "corrupt");
}

static void test_a_letter_too_large_goes_without_its_value(void)
{
    g_autoptr(Desk) desk = desk_new();
    rd_kafka_mock_push_request_errors(desk->kafka->cluster, /* Produce */ 0, 1,
                                      RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    g_autoptr(Message) message = make_message("{\"large\": true}");
    send_letter(desk, message, desk);
    wait_for(desk, 1, 20);
    g_assert_cmpuint(desk->acknowledged->len, ==, 1);
    g_autoptr(GPtrArray) letters = kafka_fixture_read(desk->kafka, KAFKA_FIXTURE_DEAD, 1);
    g_assert_cmpuint(letters->len, ==, 1);
    const Message *letter = g_ptr_array_index(letters, 0);
    g_assert_null(letter->value);
    assert_header(letter, "__connect.errors.offset", "41");
}

static void test_a_refused_letter_is_not_acknowledged_and_sent_again(void)
{
    g_autoptr(Desk) desk = desk_new();
    rd_kafka_mock_push_request_errors(desk->kafka->cluster, /* Produce */ 0, 1,
                                      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    g_autoptr(Message) message = make_message(NULL);
    send_letter(desk, message, desk);
    wait_for(desk, 1, 2);
    g_assert_cmpuint(desk->acknowledged->len, ==, 0);
    wait_for(desk, 1, 30);
    g_assert_cmpuint(desk->acknowledged->len, ==, 1);
    g_autoptr(GPtrArray) letters = kafka_fixture_read(desk->kafka, KAFKA_FIXTURE_DEAD, 1);
    g_assert_cmpuint(letters->len, ==, 1);
}

static void test_letters_under_way_are_dropped_with_the_queue(void)
{
    g_autoptr(Desk) desk = desk_new();
    rd_kafka_mock_broker_set_down(desk->kafka->cluster, 1);
    g_autoptr(Message) message = make_message("{}");
    send_letter(desk, message, desk);
    wait_for(desk, 1, 1);
    g_assert_cmpuint(desk->acknowledged->len, ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    log_set_level(LOG_LEVEL_ERROR);
    g_test_add_func("/dead_letter/a_letter_is_the_message_with_its_reason",
                    test_a_letter_is_the_message_with_its_reason);
    g_test_add_func("/dead_letter/a_letter_put_back_keeps_where_it_came_from_at_first",
                    test_a_letter_put_back_keeps_where_it_came_from_at_first);
    g_test_add_func("/dead_letter/a_letter_too_large_goes_without_its_value",
                    test_a_letter_too_large_goes_without_its_value);
    g_test_add_func("/dead_letter/a_refused_letter_is_not_acknowledged_and_sent_again",
                    test_a_refused_letter_is_not_acknowledged_and_sent_again);
    g_test_add_func("/dead_letter/letters_under_way_are_dropped_with_the_queue",
                    test_letters_under_way_are_dropped_with_the_queue);
    return g_test_run();
}
