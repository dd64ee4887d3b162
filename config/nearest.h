/* SPDX-License-Identifier: Apache-2.0
 *
 * Which known name a mistyped one was probably meant to be. */
#pragma once

#include <glib.h>

/* The nearest of the NULL-terminated @names; NULL when none is near enough to be worth naming. */
const char *nearest_name(const char *word, const char *const *names);
/* "; did you mean 'width'?", or "" when nothing is near (transfer full). */
char *nearest_suggestion(const char *word, const char *const *names);
