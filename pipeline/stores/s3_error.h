/* SPDX-License-Identifier: Apache-2.0
 *
 * What a failed request means for what we do next: the one table over S3's error codes, HTTP's
 * statuses and the transport's failures. No message holds a credential. */
#pragma once

#include "pipeline/stores/http.h"
#include "pipeline/stores/object_store.h"

typedef struct {
    char *code;    /* "NoSuchKey"; NULL when the body was no error document of S3's */
    char *message; /* NULL likewise */
} S3Error;
/* Reads <Code> and <Message> of an untrusted error document. Any bytes will do; never NULL. */
S3Error *s3_error_parse(gconstpointer bytes, gsize size);
void s3_error_free(S3Error *error);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(S3Error, s3_error_free)

/* @code may be NULL (an answer to HEAD has no body). @hint: what to look at, or NULL. */
ObjectStoreError s3_error_of_answer(guint status, const char *code, const char **hint);
ObjectStoreError s3_error_of_transport(HttpError transport, const char **hint);

/* "GET bucket/key: 503 SlowDown: Please reduce your request rate". */
/* @writing: one refused write speaks of every output, not of one object. */
void s3_error_set_from_answer(GError **error, const char *what, const HttpResponse *response,
                              gboolean writing);
/* Turns an HTTP_ERROR into ours under the same prefix; any other is passed on. Takes @problem. */
void s3_error_set_from_transport(GError **error, const char *what, GError *problem);
