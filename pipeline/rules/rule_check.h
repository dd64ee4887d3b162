/* SPDX-License-Identifier: Apache-2.0
 *
 * What is proven of all rules together before any of them runs: no output becomes an input, no two
 * outputs of one object share a key, one object never needs more sizes than a plan holds. When in
 * doubt it refuses, and says what to write. */
#pragma once

#include "pipeline/rules/rule.h"

#include <glib.h>

/* @rules: of Rule. Appends a line "file:line:col: …" to @problems for each thing wrong. */
void rule_check(const GPtrArray *rules, GPtrArray *problems);
