/* SPDX-License-Identifier: Apache-2.0
 *
 * `kafka.topics`: names, or mappings with how the keys in their events are encoded. */
#pragma once

#include "config/config.h"
#include "config/problems.h"
#include "config/yaml.h"

/* Into TopicConfig (transfer full). */
GPtrArray *topics_read(const YamlNode *list, Problems *problems);
GPtrArray *topics_parse(const char *comma_list, Location at, Problems *problems);
