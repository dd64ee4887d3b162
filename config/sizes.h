/* SPDX-License-Identifier: Apache-2.0
 *
 * `sizes`: what can be made, by name, in the file's order. */
#pragma once

#include "config/problems.h"
#include "config/size.h"
#include "config/yaml.h"

/* Of Size (transfer full); what is wrong is reported and left out. */
GPtrArray *sizes_read(const YamlNode *map, Location section, Problems *problems);
/* Those of @sizes that @list names, in its order; all when it is NULL. Borrows from @sizes. */
GPtrArray *sizes_pick(const GPtrArray *sizes, const YamlNode *list, const char *path,
                      Problems *problems);
