/* SPDX-License-Identifier: Apache-2.0 */
#include "config/yaml.h"

#include <libfyaml.h>
#include <string.h>

/* Far more than any setting needs; keeps the recursion below away from the stack's end. */
#define MAX_DEPTH 16

typedef struct fy_diag FyDiag;
typedef struct fy_parser FyParser;
typedef struct fy_document FyDocument;
/* Not fy_diag_unref(), which leaves the collected errors behind (0.7.12, seen by the leak checker).
 */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FyDiag, fy_diag_destroy)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FyParser, fy_parser_destroy)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FyDocument, fy_document_destroy)

typedef struct {
    const char *name; /* interned */
    Problems *problems;
} Reader;

static YamlNode *read_node(Reader *self, struct fy_node *from, Location parent, guint depth);

void yaml_node_free(YamlNode *node)
{
    if (node == NULL)
        return;
    g_free(node->text);
    g_clear_pointer(&node->nodes, g_ptr_array_unref);
    g_free(node);
}

static YamlNode *node_new(YamlKind kind, Location at)
{
    YamlNode *node = g_new0(YamlNode, 1);
    node->kind = kind;
    node->at = at;
    if (kind == YAML_LIST || kind == YAML_MAP)
        node->nodes = g_ptr_array_new_with_free_func((GDestroyNotify)yaml_node_free);
    return node;
}

static YamlNode *read_scalar(Reader *self, struct fy_node *from, Location at)
{
    gsize length = 0;
    const char *text = fy_node_get_scalar(from, &length);
    if (fy_node_is_alias(from))
        problems_add(self->problems, at, "aliases are not taken; write the value out");
    else if (text != NULL && memchr(text, '\0', length) != NULL)
        problems_add(self->problems, at, "a zero byte within a text");
    if (fy_node_get_style(from) == FYNS_PLAIN) {
        g_autofree char *plain = g_strndup(text, length);
        if (g_str_equal(plain, "") || g_str_equal(plain, "~") || g_str_equal(plain, "null"))
            return node_new(YAML_NULL, at);
    }
    YamlNode *node = node_new(YAML_TEXT, at);
    node->text = length == 0 ? g_strdup("") : g_strndup(text, length);
    return node;
}

/* libfyaml tells no place of a list or a map itself; that of what comes first in it is what one
 * looks for. */
static void begin_at_first_child(YamlNode *node)
{
    if (node->nodes->len > 0)
        node->at = ((YamlNode *)node->nodes->pdata[0])->at;
}

static YamlNode *read_list(Reader *self, struct fy_node *from, Location at, guint depth)
{
    YamlNode *node = node_new(YAML_LIST, at);
    void *position = NULL;
    struct fy_node *item;
    while ((item = fy_node_sequence_iterate(from, &position)) != NULL)
        g_ptr_array_add(node->nodes, read_node(self, item, at, depth + 1));
    begin_at_first_child(node);
    return node;
}

static YamlNode *read_map(Reader *self, struct fy_node *from, Location at, guint depth)
{
    YamlNode *node = node_new(YAML_MAP, at);
    void *position = NULL;
    struct fy_node_pair *pair;
    while ((pair = fy_node_mapping_iterate(from, &position)) != NULL) {
        g_autoptr(YamlNode) key = read_node(self, fy_node_pair_key(pair), at, depth + 1);
        if (key->kind != YAML_TEXT) {
            problems_add(self->problems, key->at, "a key must be text, not %s",
                         yaml_kind_name(key->kind));
            continue;
        }
        if (yaml_node_find(node, key->text) != NULL)
            problems_add(self->problems, key->at, "key '%s' stands here twice", key->text);
        YamlNode *value = read_node(self, fy_node_pair_value(pair), key->at, depth + 1);
        g_ptr_array_add(node->nodes, g_steal_pointer(&key));
        g_ptr_array_add(node->nodes, value);
    }
    begin_at_first_child(node);
    return node;
}

static YamlNode *read_node(Reader *self, struct fy_node *from, Location parent, guint depth)
{
    struct fy_token *token = from != NULL ? fy_node_get_scalar_token(from) : NULL;
    const struct fy_mark *mark = token != NULL ? fy_token_start_mark(token) : NULL;
    Location at = parent;
    if (mark != NULL)
        at = (Location){self->name, mark->line + 1, mark->column + 1};
    if (depth > MAX_DEPTH) {
        problems_add(self->problems, at, "nested too deeply");
        return node_new(YAML_NULL, at);
    }
    if (from == NULL)
        return node_new(YAML_NULL, at);
    switch (fy_node_get_type(from)) {
    case FYNT_SEQUENCE:
        return read_list(self, from, at, depth);
    case FYNT_MAPPING:
        return read_map(self, from, at, depth);
    default:
        return read_scalar(self, from, at);
    }
}

static void report(Reader *self, FyDiag *diag)
{
    void *position = NULL;
    struct fy_diag_error *error;
    while ((error = fy_diag_errors_iterate(diag, &position)) != NULL) {
        Location at = {self->name, MAX(error->line, 1), MAX(error->column, 1)};
        problems_add(self->problems, at, "%s", error->msg);
    }
    if (problems_is_empty(self->problems))
        problems_add(self->problems, (Location){self->name, 1, 1}, "is not YAML");
}

static gboolean is_utf8(Reader *self, const char *text, gsize size)
{
    const char *end = NULL;
    if (g_utf8_validate(text, size, &end))
        return TRUE;
    Location at = {self->name, 1, 1};
    for (const char *c = text; c < end; c++) {
        at.line += *c == '\n';
        at.column = *c == '\n' ? 1 : at.column + 1;
    }
    problems_add(self->problems, at, "is not UTF-8 text");
    return FALSE;
}

YamlNode *yaml_parse(const char *name, const char *text, gsize size, Problems *problems)
{
    Reader self = {g_intern_string(name), problems};
    if (!is_utf8(&self, text, size))
        return NULL;

    struct fy_diag_cfg quiet;
    fy_diag_cfg_default(&quiet);
    quiet.fp = NULL;
    g_autoptr(FyDiag) diag = fy_diag_create(&quiet);
    fy_diag_set_collect_errors(diag, true);
    struct fy_parse_cfg settings = {
        /* Duplicates are ours to report, so that they come along with everything else. */
        .flags = FYPCF_ALLOW_DUPLICATE_KEYS | FYPCF_JSON_NONE,
        .diag = diag,
    };
    g_autoptr(FyParser) parser = fy_parser_create(&settings);
    int given = parser != NULL ? fy_parser_set_string(parser, text, size) : -1;
    g_assert(given == 0);

    Location start = {self.name, 1, 1};
    g_autoptr(FyDocument) document = fy_parse_load_document(parser);
    if (document == NULL && fy_diag_got_error(diag)) {
        report(&self, diag);
        return NULL;
    }
    g_autoptr(YamlNode) root =
        read_node(&self, document != NULL ? fy_document_root(document) : NULL, start, 0);
    g_autoptr(FyDocument) second = fy_parse_load_document(parser);
    if (fy_diag_got_error(diag)) {
        report(&self, diag);
        return NULL;
    }
    if (second != NULL)
        problems_add(problems, start, "holds more than one document; only one is taken");
    return g_steal_pointer(&root);
}

const YamlNode *yaml_node_find(const YamlNode *map, const char *key)
{
    if (map == NULL || map->kind != YAML_MAP)
        return NULL;
    for (guint i = 0; i < map->nodes->len; i += 2) {
        const YamlNode *name = map->nodes->pdata[i];
        if (g_str_equal(name->text, key))
            return map->nodes->pdata[i + 1];
    }
    return NULL;
}

const char *yaml_kind_name(YamlKind kind)
{
    static const char *const names[] = {
        [YAML_NULL] = "nothing",
        [YAML_TEXT] = "text",
        [YAML_LIST] = "a list",
        [YAML_MAP] = "a mapping",
    };
    return names[kind];
}
