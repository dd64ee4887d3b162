/* SPDX-License-Identifier: Apache-2.0
 *
 * THUMBPIPE_SECTION_KEY over what the file says. */
#pragma once

#include "config/config.h"
#include "config/problems.h"

/* @environment as in environ. Sets what it names in @config; refuses names it does not know. */
void environment_apply(char **environment, Config *config, Problems *problems);
/* The value of variable @name; NULL when it is not set. */
const char *environment_find(char **environment, const char *name);
