/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/key_lanes.h"

static void test_one_object_runs_one_job_at_a_time_in_order(void)
{
    g_autoptr(KeyLanes) lanes = key_lanes_new();
    char first, second, third;
    g_assert_true(key_lanes_enter(lanes, "b", "k", &first));
    g_assert_false(key_lanes_enter(lanes, "b", "k", &second));
    g_assert_false(key_lanes_enter(lanes, "b", "k", &third));
    g_assert_true(key_lanes_leave(lanes, "b", "k") == &second);
    g_assert_true(key_lanes_leave(lanes, "b", "k") == &third);
    g_assert_null(key_lanes_leave(lanes, "b", "k"));
    g_assert_true(key_lanes_enter(lanes, "b", "k", &first));
}

static void test_other_objects_are_not_held_up(void)
{
    static const struct {
        const char *bucket;
        const char *key;
    } rows[] = {{"b", "k"}, {"b", "k/"}, {"b", "K"}, {"c", "k"}, {"b", "b/k"}, {"b", "\xff"}};
    g_autoptr(KeyLanes) lanes = key_lanes_new();
    char job;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        g_assert_true(key_lanes_enter(lanes, rows[i].bucket, rows[i].key, &job));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/key_lanes/one_object_runs_one_job_at_a_time_in_order",
                    test_one_object_runs_one_job_at_a_time_in_order);
    g_test_add_func("/key_lanes/other_objects_are_not_held_up", test_other_objects_are_not_held_up);
    return g_test_run();
}
