/* SPDX-License-Identifier: Apache-2.0
 *
 * The messages between thumbpipe and a handler process, over a SOCK_SEQPACKET pair: one message a
 * packet, at most one file descriptor with it. The parent sends a request with the sealed source;
 * the child answers with one message an output, each with its sealed memfd, then one verdict. */
#pragma once

#include "handlers/image_engine.h"
#include "handlers/plan.h"

#include <glib.h>

#define WIRE_VERSION   1
#define WIRE_MAX_TEXT  256
#define WIRE_SOCKET_FD 3 /* where the child finds its end */

typedef enum {
    WIRE_HELLO = 1, /* child → parent, once, when it is ready */
    WIRE_REQUEST,   /* parent → child, with the source */
    WIRE_OUTPUT,    /* child → parent, with the bytes */
    WIRE_VERDICT,   /* child → parent, ends a request */
    WIRE_LOG,       /* child → parent, between messages: a line for the log */
} WireKind;

typedef struct {
    guint32 kind;    /* WireKind */
    guint32 version; /* WIRE_VERSION */
    guint64 request; /* echoed in every answer; 0 in HELLO and LOG outside a request */
    union {
        struct {
            guint32 pid;
        } hello;
        Plan plan; /* REQUEST */
        ImageOutput output;
        struct {
            guint32 refused;          /* 0: every size was made */
            guint32 error;            /* ImageError when refused */
            guint32 outputs;          /* how many were sent */
            ImageInfo info;           /* as far as known */
            char text[WIRE_MAX_TEXT]; /* NUL-terminated, for people */
        } verdict;
        struct {
            guint32 level; /* LogLevel of config.h */
            char text[WIRE_MAX_TEXT];
        } log;
    };
} WireMessage;

/* Sends @message, with @fd unless it is -1 (borrowed). */
gboolean wire_send(int socket, const WireMessage *message, int fd,
                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

typedef enum {
    WIRE_RECEIVED,
    WIRE_CLOSED,    /* the other end is gone */
    WIRE_TIMED_OUT, /* nothing within @timeout_ms */
    WIRE_BROKEN,    /* what came is no message of ours; @error says how */
} WireStatus;

/* Waits up to @timeout_ms (-1: for ever) for one message. A descriptor that came with it is put
 * into
 * @fd (the caller's, close-on-exec), else @fd is -1; more than one, or a message of a wrong length,
 * version, kind or with unterminated text, is WIRE_BROKEN and leaks no descriptor. */
WireStatus wire_receive(int socket, WireMessage *message, int *fd, int timeout_ms, GError **error);
