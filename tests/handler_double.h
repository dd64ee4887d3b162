/* SPDX-License-Identifier: Apache-2.0
 *
 * A handler program that makes no images: the test program itself, started by the name of what it
 * is to do wrong. It does so when the width of the plan's first size is HANDLER_DOUBLE_TRIGGER, and
 * answers every other plan as a good handler would. */
#pragma once

#include "handlers/plan.h"

#include <glib.h>

#define HANDLER_DOUBLE_TRIGGER    666
#define HANDLER_DOUBLE_MAX_OUTPUT 65536

/* To be called first in main(): returns only when the program was not started as a handler. */
void handler_double_serve_if_asked(int argc, char **argv);
/* Path of the program that does @wrong ("hangs", …); free with g_free(). */
char *handler_double_program(const char *wrong);
/* A plan of @sizes sizes, the first @width pixels wide. */
Plan handler_double_plan(guint width, guint sizes);
