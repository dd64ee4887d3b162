/* SPDX-License-Identifier: Apache-2.0
 *
 * A YAML document as a plain tree with the place of every node. The one door to libfyaml, whose
 * interface is still moving towards 1.0. Refused on top of bad syntax: duplicate keys, aliases,
 * keys that are not text, a second document. */
#pragma once

#include "config/problems.h"

#include <glib.h>

typedef enum { YAML_NULL, YAML_TEXT, YAML_LIST, YAML_MAP } YamlKind;

typedef struct YamlNode YamlNode;
struct YamlNode {
    YamlKind kind;
    Location at;
    char *text;       /* YAML_TEXT */
    GPtrArray *nodes; /* YAML_LIST: the items; YAML_MAP: key, value, key, value, … */
};

/* The document's root, YAML_NULL for an empty one; NULL when the syntax is bad. @name stands for
 * the file. */
YamlNode *yaml_parse(const char *name, const char *text, gsize size, Problems *problems);
void yaml_node_free(YamlNode *node);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(YamlNode, yaml_node_free)

/* The value under @key; NULL when @map has none, is no map, or is NULL. */
const YamlNode *yaml_node_find(const YamlNode *map, const char *key);
/* "text", "a list", … for messages. */
const char *yaml_kind_name(YamlKind kind);
