/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/kafka/offset_tracker.h"

#include <glib.h>

static void test_nothing_is_committable_before_the_first_message(void)
{
    g_autoptr(OffsetTracker) tracker = offset_tracker_new();
    g_assert_cmpint(offset_tracker_committable(tracker), ==, -1);
    g_assert_false(offset_tracker_finish(tracker, 0));
}

static void test_a_slow_job_holds_back_those_after_it(void)
{
    g_autoptr(OffsetTracker) tracker = offset_tracker_new();
    for (gint64 offset = 10; offset < 14; offset++)
        g_assert_true(offset_tracker_receive(tracker, offset, 1));
    g_assert_true(offset_tracker_finish(tracker, 11));
    g_assert_true(offset_tracker_finish(tracker, 13));
    g_assert_cmpint(offset_tracker_committable(tracker), ==, 10);
    g_assert_cmpuint(offset_tracker_span(tracker), ==, 4);
    g_assert_true(offset_tracker_finish(tracker, 10));
    g_assert_cmpint(offset_tracker_committable(tracker), ==, 12);
    g_assert_true(offset_tracker_finish(tracker, 12));
    g_assert_cmpint(offset_tracker_committable(tracker), ==, 14);
    g_assert_cmpuint(offset_tracker_span(tracker), ==, 0);
}

static void test_an_offset_is_done_when_all_its_records_are(void)
{
    g_autoptr(OffsetTracker) tracker = offset_tracker_new();
    g_assert_true(offset_tracker_receive(tracker, 5, 3));
    g_assert_true(offset_tracker_finish(tracker, 5));
    g_assert_true(offset_tracker_finish(tracker, 5));
    g_assert_cmpint(offset_tracker_committable(tracker), ==, 5);
    g_assert_cmpuint(offset_tracker_open_records(tracker), ==, 1);
    g_assert_true(offset_tracker_finish(tracker, 5));
    g_assert_false(offset_tracker_finish(tracker, 5));
    g_assert_cmpint(offset_tracker_committable(tracker), ==, 6);
}

static void test_a_gap_holds_nothing_back(void)
{
    g_autoptr(OffsetTracker) tracker = offset_tracker_new();
    g_assert_true(offset_tracker_receive(tracker, 1, 1));
    g_assert_true(offset_tracker_receive(tracker, 900, 1));
    g_assert_true(offset_tracker_finish(tracker, 1));
    g_assert_cmpint(offset_tracker_committable(tracker), ==, 900);
    g_assert_cmpuint(offset_tracker_span(tracker), ==, 1);
}

static void test_a_repetition_is_refused(void)
{
    g_autoptr(OffsetTracker) tracker = offset_tracker_new();
    g_assert_true(offset_tracker_receive(tracker, 7, 1));
    g_assert_false(offset_tracker_receive(tracker, 7, 1));
    g_assert_false(offset_tracker_receive(tracker, 6, 1));
}

/* The oracle keeps every offset ever received with its open records and looks through them all. */
static gint64 oracle_committable(const GArray *open_records, const GArray *offsets)
{
    for (guint i = 0; i < offsets->len; i++)
        if (g_array_index(open_records, guint, i) > 0)
            return g_array_index(offsets, gint64, i);
    return offsets->len == 0 ? -1 : g_array_index(offsets, gint64, offsets->len - 1) + 1;
}

static void run_random_steps(guint steps)
{
    g_autoptr(OffsetTracker) tracker = offset_tracker_new();
    g_autoptr(GArray) offsets = g_array_new(FALSE, FALSE, sizeof(gint64));
    g_autoptr(GArray) open_records = g_array_new(FALSE, FALSE, sizeof(guint));
    gint64 next = g_test_rand_int_range(0, 1000);
    gint64 committable = -1;
    for (guint step = 0; step < steps; step++) {
        if (offsets->len == 0 || g_test_rand_int_range(0, 5) < 2) {
            guint records = (guint)g_test_rand_int_range(1, 4);
            next += g_test_rand_int_range(1, g_test_rand_bit() ? 2 : 50);
            g_assert_true(offset_tracker_receive(tracker, next, records));
            g_array_append_val(offsets, next);
            g_array_append_val(open_records, records);
        } else {
            guint i = (guint)g_test_rand_int_range(0, (gint)offsets->len);
            guint *open = &g_array_index(open_records, guint, i);
            g_assert_true(offset_tracker_finish(tracker, g_array_index(offsets, gint64, i)) ==
                          (*open > 0));
            *open -= *open > 0;
        }
        gint64 now = offset_tracker_committable(tracker);
        g_assert_cmpint(now, ==, oracle_committable(open_records, offsets));
        g_assert_cmpint(now, >=, committable);
        committable = now;
    }
}

static void test_it_agrees_with_a_naive_oracle(void)
{
    for (guint run = 0; run < 400; run++)
        run_random_steps(250);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/offset_tracker/nothing_is_committable_before_the_first_message",
                    test_nothing_is_committable_before_the_first_message);
    g_test_add_func("/offset_tracker/a_slow_job_holds_back_those_after_it",
                    test_a_slow_job_holds_back_those_after_it);
    g_test_add_func("/offset_tracker/an_offset_is_done_when_all_its_records_are",
                    test_an_offset_is_done_when_all_its_records_are);
    g_test_add_func("/offset_tracker/a_gap_holds_nothing_back", test_a_gap_holds_nothing_back);
    g_test_add_func("/offset_tracker/a_repetition_is_refused", test_a_repetition_is_refused);
    g_test_add_func("/offset_tracker/it_agrees_with_a_naive_oracle",
                    test_it_agrees_with_a_naive_oracle);
    return g_test_run();
}
