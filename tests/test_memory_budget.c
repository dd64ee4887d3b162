/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/memory_budget.h"

static gint never;

static void test_what_fits_is_admitted_at_once(void)
{
    g_autoptr(MemoryBudget) budget = memory_budget_new(100);
    g_assert_true(memory_budget_take(budget, 60, &never));
    g_assert_true(memory_budget_take(budget, 40, &never));
    g_assert_cmpuint(memory_budget_used(budget), ==, 100);
}

static void test_a_source_larger_than_the_budget_is_admitted_alone(void)
{
    g_autoptr(MemoryBudget) budget = memory_budget_new(100);
    g_assert_true(memory_budget_take(budget, 1000, &never));
    gint stop = TRUE;
    g_assert_false(memory_budget_take(budget, 1, &stop));
    g_assert_cmpuint(memory_budget_used(budget), ==, 1000);
}

static gpointer take_fifty(gpointer budget)
{
    return GINT_TO_POINTER(memory_budget_take(budget, 50, &never));
}

static void test_a_source_waits_until_there_is_room(void)
{
    g_autoptr(MemoryBudget) budget = memory_budget_new(100);
    g_assert_true(memory_budget_take(budget, 80, &never));
    GThread *waiting = g_thread_new("waiting", take_fifty, budget);
    g_usleep(50 * G_TIME_SPAN_MILLISECOND);
    g_assert_cmpuint(memory_budget_used(budget), ==, 80);
    memory_budget_change(budget, 80, 50);
    g_assert_true(GPOINTER_TO_INT(g_thread_join(waiting)));
    g_assert_cmpuint(memory_budget_used(budget), ==, 100);
}

static void test_outputs_are_added_without_waiting(void)
{
    g_autoptr(MemoryBudget) budget = memory_budget_new(100);
    g_assert_true(memory_budget_take(budget, 90, &never));
    memory_budget_change(budget, 90, 250);
    gint stop = TRUE;
    g_assert_false(memory_budget_take(budget, 1, &stop));
    memory_budget_change(budget, 250, 0);
    g_assert_true(memory_budget_take(budget, 1, &never));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/memory_budget/what_fits_is_admitted_at_once",
                    test_what_fits_is_admitted_at_once);
    g_test_add_func("/memory_budget/a_source_larger_than_the_budget_is_admitted_alone",
                    test_a_source_larger_than_the_budget_is_admitted_alone);
    g_test_add_func("/memory_budget/a_source_waits_until_there_is_room",
                    test_a_source_waits_until_there_is_room);
    g_test_add_func("/memory_budget/outputs_are_added_without_waiting",
                    test_outputs_are_added_without_waiting);
    return g_test_run();
}
