/* SPDX-License-Identifier: Apache-2.0
 *
 * `rules`: which sizes for which objects, as written. What the templates mean is known to
 * pipeline/rules.c, which checks them. */
#pragma once

#include "config/config.h"
#include "config/problems.h"
#include "config/yaml.h"

/* Of RuleConfig (transfer full), their sizes borrowed from @sizes; @list NULL: the one default
 * rule. */
GPtrArray *rule_config_read(const YamlNode *list, const GPtrArray *sizes, Location sizes_at,
                            Problems *problems);
