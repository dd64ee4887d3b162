/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/rules/output_key.h"

#include "config/nearest.h"

#include <string.h>

typedef enum {
    WORD_KEY,
    WORD_DIR,
    WORD_NAME,
    WORD_EXT,
    WORD_BUCKET,
    WORD_SIZE,
    WORD_WIDTH,
    WORD_HEIGHT,
    WORD_COUNT,
    PART_TEXT = WORD_COUNT,
} PartKind;

static const char *const words[WORD_COUNT + 1] = {"key",    "dir",  "name",  "ext",
                                                  "bucket", "size", "width", "height"};
static const char *const bucket_words[] = {"bucket", "size", "width", "height", NULL};

typedef struct {
    PartKind kind;
    char *text; /* PART_TEXT */
} Part;

struct OutputKey {
    GArray *parts; /* of Part */
};

static void part_clear(gpointer data)
{
    g_free(((Part *)data)->text);
}

void output_key_free(OutputKey *self)
{
    if (self == NULL)
        return;
    g_array_unref(self->parts);
    g_free(self);
}

static void add(OutputKey *self, PartKind kind, char *text)
{
    Part part = {kind, text};
    g_array_append_val(self->parts, part);
}

static gboolean add_word(OutputKey *self, const char *word, const char *const *known,
                         GError **error)
{
    g_autofree char *suggestion = nearest_suggestion(word, known);
    if (!g_strv_contains(known, word)) {
        g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_INVALID, "unknown word '{%s}'%s", word,
                    suggestion);
        return FALSE;
    }
    PartKind kind = WORD_KEY;
    while (!g_str_equal(words[kind], word))
        kind++;
    add(self, kind, NULL);
    return TRUE;
}

static OutputKey *parse(const char *template, const char *const *known, GError **error)
{
    g_autoptr(OutputKey) self = g_new0(OutputKey, 1);
    self->parts = g_array_new(FALSE, FALSE, sizeof(Part));
    g_array_set_clear_func(self->parts, part_clear);
    for (const char *c = template; *c != '\0';) {
        gsize text = strcspn(c, "{}");
        if (text > 0) {
            add(self, PART_TEXT, g_strndup(c, text));
            c += text;
            continue;
        }
        gsize length = strcspn(c + 1, "{}");
        if (*c == '}' || c[1 + length] != '}') {
            g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_INVALID,
                        "a brace without its other half");
            return NULL;
        }
        g_autofree char *word = g_strndup(c + 1, length);
        if (!add_word(self, word, known, error))
            return NULL;
        c += length + 2;
    }
    return g_steal_pointer(&self);
}

static gboolean has_word(const OutputKey *self, PartKind kind)
{
    for (guint i = 0; i < self->parts->len; i++)
        if (g_array_index(self->parts, Part, i).kind == kind)
            return TRUE;
    return FALSE;
}

/* S3 takes "a//b" and "../a" as names like any other; a folder as bucket cannot. */
static gboolean has_odd_folder(const char *template)
{
    g_auto(GStrv) names = g_strsplit(template, "/", 0);
    for (char **name = names; *name != NULL; name++)
        if (g_str_equal(*name, "") || g_str_equal(*name, ".") || g_str_equal(*name, ".."))
            return TRUE;
    return FALSE;
}

OutputKey *output_key_parse(const char *template, GError **error)
{
    g_autoptr(OutputKey) self = parse(template, words, error);
    if (self == NULL)
        return NULL;
    if (has_odd_folder(template)) {
        g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_INVALID,
                    "has an empty, '.' or '..' folder, or begins or ends with /");
        return NULL;
    }
    if (strstr(template, "{dir}/") != NULL || g_str_has_suffix(template, "{dir}")) {
        g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_INVALID,
                    "{dir} ends with its own /; write a name right after it");
        return NULL;
    }
    if (!has_word(self, WORD_KEY) && !has_word(self, WORD_NAME)) {
        g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_INVALID,
                    "needs {key} or {name}: all objects would be written to one key");
        return NULL;
    }
    return g_steal_pointer(&self);
}

OutputKey *output_key_parse_bucket(const char *template, GError **error)
{
    g_autoptr(OutputKey) self = parse(template, bucket_words, error);
    for (guint i = 0; self != NULL && i < self->parts->len; i++) {
        const Part *part = &g_array_index(self->parts, Part, i);
        for (const char *c = part->text; c != NULL && *c != '\0'; c++)
            if (!g_ascii_isalnum(*c) && strchr("._-", *c) == NULL) {
                g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_INVALID,
                            "'%c' cannot be in a bucket's name", *c);
                return NULL;
            }
    }
    return g_steal_pointer(&self);
}

/* The extension in @key, without the dot; "" when it has none. A file ".jpg" is all name. */
static const char *extension_of(const char *key)
{
    const char *slash = strrchr(key, '/');
    const char *name = slash != NULL ? slash + 1 : key;
    const char *dot = strrchr(name, '.');
    return dot == NULL || dot == name ? "" : dot + 1;
}

static gboolean changes_format(const char *key, const Size *size)
{
    return size->format != IMAGE_FORMAT_SAME &&
           (*extension_of(key) == '\0' || size->format != image_format_of_name(key));
}

static void append_part(GString *made, const Part *part, const char *bucket, const char *key,
                        const Size *size)
{
    const char *slash = strrchr(key, '/');
    gsize dir = slash != NULL ? (gsize)(slash + 1 - key) : 0;
    const char *extension = extension_of(key);
    switch (part->kind) {
    case WORD_KEY:
        g_string_append(made, key);
        /* Appended, not replaced, so that a.jpg and a.png never meet. */
        if (changes_format(key, size))
            g_string_append_printf(made, ".%s", image_format_extension(size->format));
        break;
    case WORD_DIR:
        g_string_append_len(made, key, dir);
        break;
    case WORD_NAME:
        g_string_append_len(made, key + dir,
                            strlen(key + dir) - (*extension != '\0' ? strlen(extension) + 1 : 0));
        break;
    case WORD_EXT:
        g_string_append(made, changes_format(key, size) ? image_format_extension(size->format)
                                                        : extension);
        break;
    case WORD_BUCKET:
        g_string_append(made, bucket);
        break;
    case WORD_SIZE:
        g_string_append(made, size->name);
        break;
    case WORD_WIDTH:
    case WORD_HEIGHT:
        g_string_append_printf(made, "%u", part->kind == WORD_WIDTH ? size->width : size->height);
        break;
    case PART_TEXT:
        g_string_append(made, part->text);
        break;
    }
}

char *output_key_expand(const OutputKey *self, const char *bucket, const char *key,
                        const Size *size)
{
    GString *made = g_string_new(NULL);
    for (guint i = 0; i < self->parts->len; i++)
        append_part(made, &g_array_index(self->parts, Part, i), bucket, key, size);
    return g_string_free(made, FALSE);
}

char *output_key_folder(const OutputKey *self)
{
    const Part *first = &g_array_index(self->parts, Part, 0);
    if (self->parts->len == 0 || first->kind != PART_TEXT)
        return NULL;
    const char *slash = strrchr(first->text, '/');
    return slash == NULL ? NULL : g_strndup(first->text, slash + 1 - first->text);
}

/* What an output in @format ends with once folded: its own extension, or the source's which claims
 * the same format ("jpg", "jpeg", "jpe"). */
static const char *extension_glob(ImageFormat format)
{
    return format == IMAGE_FORMAT_SAME   ? "*"
           : format == IMAGE_FORMAT_JPEG ? "jp*"
                                         : image_format_extension(format);
}

/* As much of @rule's prefix as the first word of the template begins with. */
static void append_prefix(GString *glob, PartKind first, const RuleConfig *rule)
{
    const char *slash = strrchr(rule->prefix, '/');
    if (first == WORD_KEY)
        g_string_append(glob, rule->prefix);
    else if (first == WORD_DIR && slash != NULL)
        g_string_append_len(glob, rule->prefix, slash + 1 - rule->prefix);
}

char *output_key_glob(const OutputKey *self, const RuleConfig *rule, const Size *size,
                      gboolean folded)
{
    GString *glob = g_string_new(NULL);
    for (guint i = 0; i < self->parts->len; i++) {
        const Part *part = &g_array_index(self->parts, Part, i);
        gboolean from_key = part->kind <= WORD_EXT;
        if (i == 0)
            append_prefix(glob, part->kind, rule);
        if (part->kind == WORD_BUCKET)
            g_string_append(glob, rule->bucket);
        else if (!from_key)
            append_part(glob, part, "", "", size);
        else if (folded && part->kind == WORD_EXT)
            g_string_append(glob, extension_glob(size->format));
        else if (folded && part->kind == WORD_KEY && size->format != IMAGE_FORMAT_SAME &&
                 strchr(rule->prefix, '.') == NULL) /* else the extension may lie in the prefix */
            g_string_append_printf(glob, "*.%s", extension_glob(size->format));
        else
            g_string_append_c(glob, '*');
    }
    if (folded)
        g_string_ascii_down(glob);
    return g_string_free(glob, FALSE);
}
