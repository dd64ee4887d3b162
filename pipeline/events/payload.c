/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/events/payload.h"

/* EventBridge through SNS through SQS is two, a CloudEvent around that three. */
#define MAX_ENVELOPES 3
/* S3 records nest five deep. Bounds the recursion of the parser, whose own limit is 2048. */
#define MAX_NESTING 32

static const struct {
    gboolean (*match)(const json_t *json);
    void (*read)(Payload *self, json_t *json);
} shapes[] = {
    {cloudevents_match, cloudevents_read},   {records_match, records_read},
    {records_match_bare, records_read_bare}, {records_match_test, records_read_test},
    {eventbridge_match, eventbridge_read},   {envelopes_match, envelopes_read},
};

GQuark event_error_quark(void)
{
    return g_quark_from_static_string("event_error");
}

gsize payload_enter(Payload *self, const char *format, ...)
{
    gsize mark = self->path->len;
    if (mark > 0)
        g_string_append_c(self->path, '.');
    va_list arguments;
    va_start(arguments, format);
    g_string_append_vprintf(self->path, format, arguments);
    va_end(arguments);
    return mark;
}

void payload_leave(Payload *self, gsize mark)
{
    g_string_truncate(self->path, mark);
}

void payload_take(Payload *self, Event *event, const GError *error)
{
    if (error != NULL) {
        g_autofree char *problem = self->path->len == 0
                                       ? g_strdup(error->message)
                                       : g_strdup_printf("%s: %s", self->path->str, error->message);
        event->kind = EVENT_UNPARSABLE;
        event->skip_reason = NULL;
        event->problem = g_utf8_make_valid(problem, -1); /* it may quote half a character */
    }
    g_ptr_array_add(self->events, event);
}

void payload_take_unparsable(Payload *self, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autoptr(GError) error =
        g_error_new_valist(EVENT_ERROR, EVENT_ERROR_UNPARSABLE, format, arguments);
    va_end(arguments);
    payload_take(self, event_new(EVENT_UNPARSABLE), error);
}

/* Where brackets open for the first time more than MAX_NESTING deep; NULL: nowhere. */
static const char *find_too_deep(const char *text, gsize size)
{
    gsize depth = 0;
    gboolean in_string = FALSE;
    for (const char *at = text; at < text + size; at++) {
        if (in_string && *at == '\\')
            at++;
        else if (*at == '"')
            in_string = !in_string;
        else if (!in_string && (*at == '{' || *at == '[') && ++depth > MAX_NESTING)
            return at;
        else if (!in_string && (*at == '}' || *at == ']') && depth > 0)
            depth--;
    }
    return NULL;
}

void payload_read_text(Payload *self, const char *text, gsize size)
{
    const char *deep = find_too_deep(text, size);
    if (deep != NULL) {
        payload_take_unparsable(self, "JSON nested more than %d deep, at byte %zu", MAX_NESTING,
                                (gsize)(deep - text));
        return;
    }
    json_error_t error;
    g_autoptr(json_t) json = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL) {
        gboolean nul = json_error_code(&error) == json_error_null_character;
        payload_take_unparsable(self, "not JSON: %d:%d: %s", error.line, error.column,
                                nul ? "\\u0000 in a text" : error.text);
        return;
    }
    payload_read_json(self, json);
}

void payload_read_json(Payload *self, json_t *json)
{
    for (gsize i = 0; i < G_N_ELEMENTS(shapes); i++)
        if (shapes[i].match(json)) {
            shapes[i].read(self, json);
            return;
        }
    payload_take_unparsable(self, "JSON, but not an event of any dialect known");
}

static gboolean open_envelope(Payload *self)
{
    if (self->envelopes == MAX_ENVELOPES) {
        payload_take_unparsable(self, "more than %d envelopes inside one another", MAX_ENVELOPES);
        return FALSE;
    }
    self->envelopes++;
    return TRUE;
}

void payload_unwrap_text(Payload *self, const char *text, gsize size)
{
    if (!open_envelope(self))
        return;
    payload_read_text(self, text, size);
    self->envelopes--;
}

void payload_unwrap(Payload *self, json_t *content)
{
    if (json_is_string(content)) {
        payload_unwrap_text(self, json_string_value(content), json_string_length(content));
    } else if (!json_is_object(content)) {
        payload_take_unparsable(self,
                                content == NULL ? "is missing" : "is neither a text nor an object");
    } else if (open_envelope(self)) {
        payload_read_json(self, content);
        self->envelopes--;
    }
}
