/* SPDX-License-Identifier: Apache-2.0 */
#include "config/subscription.h"

#include <regex.h>
#include <string.h>

#define WORD "{topic}"

typedef struct {
    char *before; /* the text before {topic}, all of it when there is none */
    char *after;
    gboolean has_word;
} Template;

static void template_clear(Template *template)
{
    g_free(template->before);
    g_free(template->after);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Template, template_clear)

static Template template_from(const char *text)
{
    const char *word = strstr(text, WORD);
    if (word == NULL)
        return (Template){g_strdup(text), g_strdup(""), FALSE};
    return (Template){g_strndup(text, word - text), g_strdup(word + strlen(WORD)), TRUE};
}

static char *template_apply(const Template *template, const char *topic)
{
    return g_strconcat(template->before, template->has_word ? topic : "", template->after, NULL);
}

/* librdkafka reads its subscriptions with the same functions and flags (rdregex.c). */
static gboolean expression_matches(const char *expression, const char *topic)
{
    regex_t compiled;
    if (regcomp(&compiled, expression, REG_EXTENDED | REG_NOSUB) != 0)
        return FALSE;
    gboolean matches = regexec(&compiled, topic, 0, NULL, 0) == 0;
    regfree(&compiled);
    return matches;
}

static gboolean takes(const char *subscription, const char *topic)
{
    return *subscription == '^' ? expression_matches(subscription, topic)
                                : g_str_equal(subscription, topic);
}

/* The length of the bracket expression that starts at @text, "[^]a-z[:digit:]]". */
static gsize bracket_length(const char *text)
{
    const char *c = text + 1;
    c += *c == '^';
    c += *c == ']';
    while (*c != '\0' && *c != ']') {
        if (c[0] == '[' && c[1] != '\0' && strchr(":.=", c[1]) != NULL) {
            const char *end = c + 2;
            while (*end != '\0' && !(end[0] == c[1] && end[1] == ']'))
                end++;
            c = *end == '\0' ? end : end + 2;
        } else {
            c++;
        }
    }
    return c - text + (*c == ']');
}

/* The length of what stands for one character at @text. */
static gsize atom_length(const char *text)
{
    if (*text == '[')
        return bracket_length(text);
    return *text == '\\' && text[1] != '\0' ? 2 : 1;
}

/* Whether @expression is one sequence held at both ends, "^…$" without a choice at the top. */
static gboolean is_anchored(const char *expression)
{
    int depth = 0;
    gboolean ends = FALSE;
    for (const char *c = expression; *c != '\0'; c += atom_length(c)) {
        depth += *c == '(' ? 1 : *c == ')' ? -1 : 0;
        if (*c == '|' && depth == 0)
            return FALSE;
        ends = *c == '$' && depth == 0;
    }
    return *expression == '^' && ends;
}

/* Whether some part of @expression can stand for @wanted. Too often yes, never wrongly no:
 * operators and the digits of {2,3} are taken for characters. */
static gboolean can_hold(const char *expression, char wanted)
{
    const char text[] = {wanted, '\0'};
    for (const char *c = expression + 1; *c != '\0'; c += atom_length(c)) {
        gsize length = atom_length(c);
        if (length == 1 && *c != '.' && *c != wanted)
            continue;
        g_autofree char *alone = g_strdup_printf("^%.*s$", (int)length, c);
        if (length == 1 || expression_matches(alone, text))
            return TRUE;
    }
    return FALSE;
}

/* The text that whatever @expression matches must begin with. */
static char *fixed_beginning(const char *expression)
{
    GString *text = g_string_new(NULL);
    for (const char *c = expression + 1; g_ascii_isalnum(*c) || *c == '_' || *c == '-'; c++) {
        if (c[1] != '\0' && strchr("?*{", c[1]) != NULL)
            break;
        g_string_append_c(text, *c);
    }
    if (strchr(expression, '|') != NULL) /* some other branch may begin otherwise */
        g_string_truncate(text, 0);
    return g_string_free(text, FALSE);
}

/* Whether no name that @template makes from a topic which @source takes is taken by @reader; both
 * are expressions. Proven by a character of the template that @reader has no place for, or by how
 * both begin. */
static gboolean is_proven_apart(const char *source, const char *reader, const Template *template)
{
    g_autofree char *text = g_strconcat(template->before, template->after, NULL);
    if (is_anchored(reader))
        for (const char *c = text; *c != '\0'; c++)
            if (!can_hold(reader, *c))
                return TRUE;
    g_autofree char *taken = fixed_beginning(reader);
    g_autofree char *topic = fixed_beginning(source);
    g_autofree char *made = g_strconcat(template->before, topic, NULL);
    return strncmp(taken, made, MIN(strlen(taken), strlen(made))) != 0;
}

/* Whether @template makes the literal topic @name from one that @source takes. */
static gboolean makes(const Template *template, const char *source, const char *name)
{
    if (!template->has_word)
        return g_str_equal(template->before, name);
    gsize around = strlen(template->before) + strlen(template->after);
    if (strlen(name) <= around || !g_str_has_prefix(name, template->before) ||
        !g_str_has_suffix(name, template->after))
        return FALSE;
    g_autofree char *topic = g_strndup(name + strlen(template->before), strlen(name) - around);
    return takes(source, topic);
}

static void check_pair(const char *source, const char *reader, const char *setting,
                       const Template *template, Location at, Problems *problems)
{
    g_autofree char *made = template_apply(template, source);
    gboolean source_is_expression = *source == '^' && template->has_word;
    if (*reader != '^' ? makes(template, source, reader)
                       : !source_is_expression && takes(reader, made)) {
        problems_add_at(
            problems, at, "kafka.topics",
            "'%s' also takes what is written to kafka.%s for '%s'; leave that topic out "
            "of it, for an expression by ending it with [^.]*$",
            reader, setting, source);
    } else if (*reader == '^' && source_is_expression &&
               !is_proven_apart(source, reader, template)) {
        problems_add_at(
            problems, at, "kafka.topics",
            "'%s' may also take what is written to kafka.%s; let it match no dot, as in "
            "^uploads-[^.]*$, or set kafka.%s to one fixed topic",
            reader, setting, setting);
    }
}

static void check_template(const KafkaConfig *kafka, const char *setting, const char *text,
                           Location at, Problems *problems)
{
    if (text == NULL || *text == '\0')
        return;
    g_auto(Template) template = template_from(text);
    if (template.has_word && *template.before == '\0' && *template.after == '\0') {
        problems_add_at(problems, at, "kafka.topics",
                        "kafka.%s is the very topic that is read; add to {topic}", setting);
        return;
    }
    for (guint i = 0; i < kafka->topics->len; i++)
        for (guint j = 0; j < kafka->topics->len; j++) {
            const TopicConfig *source = kafka->topics->pdata[i], *reader = kafka->topics->pdata[j];
            check_pair(source->name, reader->name, setting, &template, at, problems);
            if (!template.has_word && i == 0 && j + 1 == kafka->topics->len)
                return; /* the source makes no difference */
        }
}

static void check_expression(const char *expression, Location at, Problems *problems)
{
    regex_t compiled;
    int code = regcomp(&compiled, expression, REG_EXTENDED | REG_NOSUB);
    if (code == 0) {
        regfree(&compiled);
        return;
    }
    char why[128];
    regerror(code, &compiled, why, sizeof why);
    problems_add_at(problems, at, "kafka.topics", "'%s' is no regular expression: %s", expression,
                    why);
}

void subscription_check(const KafkaConfig *kafka, Location at, Problems *problems)
{
    for (guint i = 0; i < kafka->topics->len; i++) {
        const TopicConfig *topic = kafka->topics->pdata[i];
        if (*topic->name == '^')
            check_expression(topic->name, at, problems);
    }
    check_template(kafka, "dead_letter_topic", kafka->dead_letter_topic, at, problems);
    check_template(kafka, "completion_topic", kafka->completion_topic, at, problems);
}
