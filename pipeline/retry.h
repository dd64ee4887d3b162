/* SPDX-License-Identifier: Apache-2.0
 *
 * Again? When? One table says what each error means for its event. Pure but for the jitter. */
#pragma once

#include <glib.h>

typedef enum {
    RETRY_LATER,
    RETRY_SKIP,        /* nothing to do, for the named reason */
    RETRY_DEAD_LETTER, /* trying again would fail again */
    RETRY_ABANDON,     /* we were told to stop */
} RetryVerdict;

typedef struct {
    RetryVerdict verdict;
    const char *reason; /* as in logs and dead letters; static */
    guint delay_ms;     /* of RETRY_LATER */
} RetryAdvice;

/* After @attempt (from 1) failed with @error. */
RetryAdvice retry_advise(const GError *error, guint attempt);
/* Exponential with full jitter: a random time up to 250 ms × 2^(attempt−1), at most 30 s, at least
 * 50 ms (AWS, "Exponential Backoff And Jitter"). */
guint retry_delay_ms(guint attempt);
