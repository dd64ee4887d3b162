/* SPDX-License-Identifier: Apache-2.0
 *
 * What happened to which object, whatever dialect the message spoke. This folder alone knows the
 * JSON of AWS, MinIO, RustFS, Ceph, versitygw, EventBridge, SNS, SQS and CloudEvents. Pure
 * functions; any thread. */
#pragma once

#include "config/config.h"

#include <glib.h>

typedef enum {
    EVENT_CREATED,
    EVENT_REMOVED,
    EVENT_SKIPPED,    /* understood, nothing to do: see skip_reason */
    EVENT_UNPARSABLE, /* not understood: see problem */
} EventKind;

typedef struct {
    EventKind kind;
    char *bucket;  /* NULL when not known */
    char *key;     /* decoded; UTF-8 or not, without NUL, at most 1024 bytes; NULL when not known */
    char *raw_key; /* as it stood in the message, when that differs from key; else NULL */
    gint64 size;   /* bytes; -1: not said */
    char *etag;    /* without quotes; NULL: not said */
    char *version_id;   /* NULL: none */
    char *content_type; /* NULL: not said */
    char *name;         /* "ObjectCreated:Put": without "s3:"; NULL when not known */
    const char
        *dialect; /* "aws", "minio", "rustfs", "ceph", "versitygw", "eventbridge", "cloudevents" */
    gint64 time_ms;          /* when it happened, since 1970, UTC; -1: not said */
    const char *skip_reason; /* "test_event", "null_message", "not_created_event", "folder_marker",
                                "empty_object"; NULL unless kind is EVENT_SKIPPED */
    char *problem;           /* for people; NULL unless kind is EVENT_UNPARSABLE */
} Event;
void event_free(Event *event);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Event, event_free)

typedef struct {
    const char *name;
    const void *value; /* not NUL-terminated; may be NULL */
    gsize size;
} EventHeader;

/* The records of one Kafka message (@value NULL: a null message): of Event, never empty, never
 * NULL. A message that holds nothing understandable is one record of kind EVENT_UNPARSABLE.
 * @headers may be NULL when @header_count is 0. */
GPtrArray *event_parse(const void *value, gsize size, const EventHeader *headers,
                       gsize header_count, KeyEncoding encoding);

/* A message as AWS would send it, for @key (form-encoded within): what the directory watcher
 * publishes. (transfer full) */
char *event_format(const char *bucket, const char *key, gint64 size, const char *etag,
                   gint64 time_ms);
