/* SPDX-License-Identifier: Apache-2.0
 *
 * What of librdkafka an operator may set, which is all but what would break a promise of ours.
 * Values may be passwords: no message holds one. */
#pragma once

#include "config/problems.h"
#include "config/yaml.h"

#include <glib.h>

/* Why @name must not be set to @value; NULL when it may be. */
const char *kafka_properties_refusal(const char *name, const char *value);
/* Append name, value, name, value, … to @properties (of char *). */
void kafka_properties_read(GPtrArray *properties, const YamlNode *map, Problems *problems);
void kafka_properties_load(GPtrArray *properties, const char *path, Location named_at,
                           Problems *problems);
