/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/retry.h"

#include "handlers/image_engine.h"
#include "pipeline/pool/handler.h"
#include "pipeline/stores/object_store.h"

#define FIRST_DELAY_MS 250u
#define LAST_DELAY_MS  30000u
#define LEAST_DELAY_MS 50

typedef struct {
    GQuark (*domain)(void);
    gint code;
    guint tries; /* attempts before the verdict falls; until then it is RETRY_LATER */
    RetryVerdict verdict;
    const char *reason;
    const char *reason_until_then;
} Row;

#define FOR_EVER G_MAXUINT

static const Row rows[] = {
    /* Ceph announces multipart uploads before they exist: look again once. */
    {object_store_error_quark, OBJECT_STORE_ERROR_GONE, 2, RETRY_SKIP, "gone", "gone"},
    {object_store_error_quark, OBJECT_STORE_ERROR_DENIED, 1, RETRY_DEAD_LETTER, "access_denied",
     NULL},
    {object_store_error_quark, OBJECT_STORE_ERROR_MISCONFIGURED, FOR_EVER, RETRY_LATER,
     "misconfigured", "misconfigured"},
    {object_store_error_quark, OBJECT_STORE_ERROR_UNAVAILABLE, FOR_EVER, RETRY_LATER, "unavailable",
     "unavailable"},
    {object_store_error_quark, OBJECT_STORE_ERROR_TOO_LARGE, 1, RETRY_DEAD_LETTER, "too_large",
     NULL},
    {object_store_error_quark, OBJECT_STORE_ERROR_CORRUPT, FOR_EVER, RETRY_LATER,
     "corrupt_transfer", "corrupt_transfer"},
    {object_store_error_quark, OBJECT_STORE_ERROR_CANCELLED, 1, RETRY_ABANDON, "stopping", NULL},
    {handler_error_quark, HANDLER_ERROR_CANCELLED, 1, RETRY_ABANDON, "stopping", NULL},
    {handler_error_quark, HANDLER_ERROR_SPAWN, FOR_EVER, RETRY_LATER, "no_handler", "no_handler"},
    {handler_error_quark, HANDLER_ERROR_MEMORY, 1, RETRY_DEAD_LETTER, "handler_memory", NULL},
    {handler_error_quark, HANDLER_ERROR_DEADLINE, 1, RETRY_DEAD_LETTER, "handler_deadline", NULL},
    /* A second process settles whether it was the image or the first process. */
    {handler_error_quark, HANDLER_ERROR_CRASHED, 2, RETRY_DEAD_LETTER, "handler_crashed",
     "handler_died"},
};

guint retry_delay_ms(guint attempt)
{
    guint most = LAST_DELAY_MS;
    if (attempt < 8)
        most = MIN(most, FIRST_DELAY_MS << (attempt - 1));
    return (guint)g_random_int_range(LEAST_DELAY_MS, (gint32)most + 1);
}

RetryAdvice retry_advise(const GError *error, guint attempt)
{
    if (error->domain == IMAGE_ERROR)
        return (RetryAdvice){RETRY_DEAD_LETTER, image_error_reason(error->code), 0};
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const Row *row = &rows[i];
        if (!g_error_matches(error, row->domain(), row->code))
            continue;
        if (attempt < row->tries)
            return (RetryAdvice){RETRY_LATER, row->reason_until_then, retry_delay_ms(attempt)};
        return (RetryAdvice){row->verdict, row->reason, 0};
    }
    /* What is left is this machine's own trouble: no descriptors, no memory for a memfd. */
    return (RetryAdvice){RETRY_LATER, "unavailable", retry_delay_ms(attempt)};
}
