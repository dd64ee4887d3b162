/* SPDX-License-Identifier: Apache-2.0
 *
 * One Kafka message while it is taken apart. payload.c recognises what a JSON value is by its shape
 * and hands it to one of the readers below; a reader adds Events, or unwraps what is inside and
 * hands that back. Private to this folder; a Payload lives on the stack of one event_parse(). */
#pragma once

#include "pipeline/events/event.h"

#include <jansson.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(json_t, json_decref)

#define EVENT_ERROR event_error_quark()
GQuark event_error_quark(void);
typedef enum {
    EVENT_ERROR_UNPARSABLE, /* this record goes to the dead letters */
} EventError;

/* What a CloudEvent around a record says, for records that leave it out. Borrowed, NULL: not said.
 */
typedef struct {
    const char *type;
    const char *source;
    const char *time;
} CloudEvent;

typedef struct {
    KeyEncoding encoding;   /* as configured for the topic */
    GPtrArray *events;      /* of Event: what was found so far */
    GString *path;          /* where we are: "Records[2].body" */
    guint envelopes;        /* how many of them we are inside of */
    CloudEvent cloud_event; /* the innermost around us */
} Payload;

/* payload.c */
void payload_read_text(Payload *self, const char *text, gsize size);
void payload_read_json(Payload *self, json_t *json);
/* Reads the content of an envelope: JSON in a string, or an object in place. */
void payload_unwrap(Payload *self, json_t *content);
void payload_unwrap_text(Payload *self, const char *text, gsize size);
/* Steps into a part of the message; pass the result to payload_leave(). */
gsize payload_enter(Payload *self, const char *format, ...) G_GNUC_PRINTF(2, 3);
void payload_leave(Payload *self, gsize mark);
/* Adds @event (transfer full); with an @error it becomes unparsable, whatever it was. */
void payload_take(Payload *self, Event *event, const GError *error);
void payload_take_unparsable(Payload *self, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* event.c */
Event *event_new(EventKind kind);
Event *event_new_skipped(const char *reason);
/* What "ObjectCreated:Put" (without "s3:") means to us; anything unknown is EVENT_SKIPPED. */
EventKind event_kind_of_name(const char *name);
/* Finishes @event, whose kind, bucket, size and raw_key are set: decodes the key as @encoding says
 * (@natural when that is AUTO) and finds reasons to skip it. */
gboolean event_settle(Event *event, KeyEncoding encoding, KeyEncoding natural,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* records.c: {"Records": […]}, one bare record, and S3's test message */
gboolean records_match(const json_t *json);
void records_read(Payload *self, json_t *json);
gboolean records_match_bare(const json_t *json);
void records_read_bare(Payload *self, json_t *json);
gboolean records_match_test(const json_t *json);
void records_read_test(Payload *self, json_t *json);

/* envelopes.c: SNS and SQS, as messages and as Lambda's records */
gboolean envelopes_match(const json_t *json);
void envelopes_read(Payload *self, json_t *json);

/* eventbridge.c */
gboolean eventbridge_match(const json_t *json);
void eventbridge_read(Payload *self, json_t *json);

/* cloudevents.c */
gboolean cloudevents_match(const json_t *json);
void cloudevents_read(Payload *self, json_t *json);
/* The whole Kafka message, whose headers may make it a CloudEvent. */
void cloudevents_read_message(Payload *self, const char *value, gsize size,
                              const EventHeader *headers, gsize header_count);
