/* SPDX-License-Identifier: Apache-2.0
 *
 * AWS Signature Version 4 in the Authorization header. Our own, because libcurl 7.88 signs headers
 * it does not send and sorts them by the whole line. Pure: no clock, no environment, any thread. */
#pragma once

#include "pipeline/stores/credentials.h"

#include <glib.h>

typedef struct {
    const char *method;
    const char *path;         /* encoded as it goes over the wire (S3: once, not normalised) */
    const char *query;        /* encoded and sorted, without the '?'; "" for none */
    GPtrArray *headers;       /* of HttpHeader: all are signed, `host` must be among them */
    const char *payload_hash; /* sigv4_hash() of the body */
    const char *region;
    const char *service;
    gint64 time_s; /* since 1970 */
} Sigv4Request;

/* Adds x-amz-date, x-amz-security-token (where there is one) and Authorization to the headers. */
void sigv4_sign(const Sigv4Request *request, const Credentials *credentials);

/* SHA-256 in lower-case hex. */
char *sigv4_hash(gconstpointer bytes, gsize size);
/* @text with every byte but A-Z a-z 0-9 - . _ ~ and those of @also as %XX. */
char *sigv4_encode(const char *text, const char *also);
