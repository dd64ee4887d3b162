/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/retry.h"

#include "handlers/image_engine.h"
#include "pipeline/pool/handler_pool.h"
#include "pipeline/stores/object_store.h"

#include <gio/gio.h>

typedef struct {
    const char *name;
    GQuark (*domain)(void);
    gint code;
    guint attempt;
    RetryVerdict verdict;
    const char *reason;
} Row;

static const Row rows[] = {
    {"a missing object is looked for once more", object_store_error_quark, OBJECT_STORE_ERROR_GONE,
     1, RETRY_LATER, "gone"},
    {"then it is gone", object_store_error_quark, OBJECT_STORE_ERROR_GONE, 2, RETRY_SKIP, "gone"},
    {"an outage is waited out", object_store_error_quark, OBJECT_STORE_ERROR_UNAVAILABLE, 100000,
     RETRY_LATER, "unavailable"},
    {"wrong credentials are waited out", object_store_error_quark, OBJECT_STORE_ERROR_MISCONFIGURED,
     100000, RETRY_LATER, "misconfigured"},
    {"one refused object is a dead letter", object_store_error_quark, OBJECT_STORE_ERROR_DENIED, 1,
     RETRY_DEAD_LETTER, "access_denied"},
    {"a large object is a dead letter", object_store_error_quark, OBJECT_STORE_ERROR_TOO_LARGE, 1,
     RETRY_DEAD_LETTER, "too_large"},
    {"a bad image is a dead letter at once", image_error_quark, IMAGE_ERROR_CORRUPT, 1,
     RETRY_DEAD_LETTER, "corrupt"},
    {"a handler may die once", handler_error_quark, HANDLER_ERROR_CRASHED, 1, RETRY_LATER,
     "handler_died"},
    {"the second death is the image's", handler_error_quark, HANDLER_ERROR_CRASHED, 2,
     RETRY_DEAD_LETTER, "handler_crashed"},
    {"a deadline is not tried again", handler_error_quark, HANDLER_ERROR_DEADLINE, 1,
     RETRY_DEAD_LETTER, "handler_deadline"},
    {"stopping is no failure", handler_error_quark, HANDLER_ERROR_CANCELLED, 1, RETRY_ABANDON,
     "stopping"},
    {"this machine's own trouble passes", g_io_error_quark, G_IO_ERROR_NO_SPACE, 3, RETRY_LATER,
     "unavailable"},
};

static void test_each_error_has_one_meaning(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_test_message("%s", rows[i].name);
        g_autoptr(GError) error = g_error_new_literal(rows[i].domain(), rows[i].code, "");
        RetryAdvice advice = retry_advise(error, rows[i].attempt);
        g_assert_cmpint(advice.verdict, ==, rows[i].verdict);
        g_assert_cmpstr(advice.reason, ==, rows[i].reason);
    }
}

static void test_delays_grow_to_a_bound_and_are_never_nothing(void)
{
    for (guint attempt = 1; attempt < 100; attempt++) {
        guint most = attempt < 8 ? 250u << (attempt - 1) : 30000;
        for (guint i = 0; i < 50; i++) {
            guint delay = retry_delay_ms(attempt);
            g_assert_cmpuint(delay, >=, 50);
            g_assert_cmpuint(delay, <=, MIN(most, 30000));
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/retry/each_error_has_one_meaning", test_each_error_has_one_meaning);
    g_test_add_func("/retry/delays_grow_to_a_bound_and_are_never_nothing",
                    test_delays_grow_to_a_bound_and_are_never_nothing);
    return g_test_run();
}
