/* SPDX-License-Identifier: Apache-2.0 */
#include "handlers/plan.h"

#include <string.h>

static const PlanSize valid_size = {
    .width = 320, .height = 240, .format = IMAGE_FORMAT_JPEG, .quality = 82};

static void test_the_box_rule_is_exact(void)
{
    static const struct {
        guint box_width, box_height, source_width, source_height, width, height;
    } cases[] = {
        {320, 320, 4000, 3000, 320, 240},
        {320, 320, 3000, 4000, 240, 320},
        {320, 240, 4000, 3000, 320, 240},
        {640, 640, 2600, 1733, 640, 427}, /* 426.58 */
        {4, 4, 8, 5, 4, 3},               /* 2.5 goes up */
        {4, 4, 8, 3, 4, 2},               /* 1.5 too */
        {320, 320, 100, 80, 100, 80},     /* never larger */
        {320, 320, 320, 10, 320, 10},
        {320, 0, 4000, 3000, 320, 240}, /* only one side asked for */
        {0, 240, 4000, 3000, 320, 240},
        {0, 5000, 4000, 3000, 4000, 3000},
        {100, 100, 10000, 3, 100, 1}, /* never nothing */
        {100, 100, 3, 10000, 1, 100},
        {1, 1, 1, 1, 1, 1},
        {1, 1, 4000, 3000, 1, 1},
        {300, 200, 1999, 1333, 300, 200}, /* both sides within one part in a thousand */
        {G_MAXUINT32, G_MAXUINT32, G_MAXUINT32, G_MAXUINT32, G_MAXUINT32, G_MAXUINT32},
        {G_MAXUINT32 - 1, 0, G_MAXUINT32, G_MAXUINT32, G_MAXUINT32 - 1, G_MAXUINT32 - 1},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        PlanSize size = {.width = cases[i].box_width, .height = cases[i].box_height};
        guint width, height;
        plan_size_fit(&size, cases[i].source_width, cases[i].source_height, &width, &height);
        g_assert_cmpuint(width, ==, cases[i].width);
        g_assert_cmpuint(height, ==, cases[i].height);
    }
}

static void test_an_output_never_leaves_its_box_nor_its_source(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    for (int i = 0; i < 100000; i++) {
        guint source_width = (guint)g_rand_int_range(random, 1, 70000);
        guint source_height = (guint)g_rand_int_range(random, 1, 70000);
        PlanSize size = {.width = (guint)g_rand_int_range(random, 0, 5000),
                         .height = (guint)g_rand_int_range(random, 1, 5000)};
        guint width, height, turned_width, turned_height;
        plan_size_fit(&size, source_width, source_height, &width, &height);
        g_assert_cmpuint(width, >=, 1);
        g_assert_cmpuint(height, >=, 1);
        g_assert_cmpuint(width, <=, size.width > 0 ? MIN(size.width, source_width) : source_width);
        g_assert_cmpuint(height, <=, MIN(size.height, source_height));

        PlanSize turned = {.width = size.height, .height = size.width};
        plan_size_fit(&turned, source_height, source_width, &turned_width, &turned_height);
        g_assert_cmpuint(turned_width, ==, height);
        g_assert_cmpuint(turned_height, ==, width);
    }
}

static void test_a_hash_changes_with_every_field(void)
{
    PlanSize variants[] = {valid_size, valid_size, valid_size, valid_size, valid_size};
    variants[1].width++;
    variants[2].height++;
    variants[3].format = IMAGE_FORMAT_SAME;
    variants[4].quality++;
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(variants); i++) {
        g_autofree char *again = plan_size_hash(&variants[i]);
        char *hash = plan_size_hash(&variants[i]);
        g_assert_cmpstr(hash, ==, again);
        g_assert_cmpuint(strspn(hash, "0123456789abcdef"), ==, 16);
        g_assert_cmpuint(strlen(hash), ==, 16);
        g_assert_true(g_hash_table_add(seen, hash));
        g_assert_true(plan_size_equal(&variants[i], &variants[i]));
        g_assert_cmpint(plan_size_equal(&variants[0], &variants[i]), ==, i == 0);
    }
}

/* A new value here makes every output in the field stale: PLAN_REVISION is the place for that. */
static void test_a_hash_is_the_same_in_every_release(void)
{
    g_autofree char *hash = plan_size_hash(&valid_size);
    g_assert_cmpstr(hash, ==, "57324c12e10c34a0");
}

static void test_a_plan_size_is_that_of_the_settings(void)
{
    Size size = {.width = 320, .height = 240, .format = IMAGE_FORMAT_JPEG, .quality = 82};
    PlanSize plan_size = plan_size_from(&size);
    g_assert_true(plan_size_equal(&plan_size, &valid_size));
}

static void test_plans_out_of_bounds_are_refused(void)
{
    Plan plan = {.formats = 1u << IMAGE_FORMAT_JPEG, .size_count = 1, .sizes = {valid_size}};
    g_assert_true(plan_is_valid(&plan));

    static const PlanSize bad_sizes[] = {
        {.width = 0, .height = 0, .quality = 82},
        {.width = 1, .fit = SIZE_FIT_COUNT, .quality = 82},
        {.width = 1, .format = IMAGE_FORMAT_COUNT, .quality = 82},
        {.width = 1, .quality = 0},
        {.width = 1, .quality = 101},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(bad_sizes); i++) {
        plan.sizes[0] = bad_sizes[i];
        g_assert_false(plan_is_valid(&plan));
    }
    plan.sizes[0] = valid_size;

    plan.size_count = 0;
    g_assert_false(plan_is_valid(&plan));
    plan.size_count = PLAN_MAX_SIZES + 1;
    g_assert_false(plan_is_valid(&plan));
    plan.size_count = G_MAXUINT32;
    g_assert_false(plan_is_valid(&plan));
    plan.size_count = 1;

    plan.formats = 1u << IMAGE_FORMAT_SAME;
    g_assert_false(plan_is_valid(&plan));
    plan.formats = 1u << IMAGE_FORMAT_COUNT;
    g_assert_false(plan_is_valid(&plan));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/plan/the_box_rule_is_exact", test_the_box_rule_is_exact);
    g_test_add_func("/plan/an_output_never_leaves_its_box_nor_its_source",
                    test_an_output_never_leaves_its_box_nor_its_source);
    g_test_add_func("/plan/a_hash_changes_with_every_field", test_a_hash_changes_with_every_field);
    g_test_add_func("/plan/a_hash_is_the_same_in_every_release",
                    test_a_hash_is_the_same_in_every_release);
    g_test_add_func("/plan/a_plan_size_is_that_of_the_settings",
                    test_a_plan_size_is_that_of_the_settings);
    g_test_add_func("/plan/plans_out_of_bounds_are_refused", test_plans_out_of_bounds_are_refused);
    return g_test_run();
}
