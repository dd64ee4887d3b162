/* SPDX-License-Identifier: Apache-2.0
 *
 * Sends one signed request about one object and says what became of it. Any thread. */
#pragma once

#include "pipeline/stores/http.h"
#include "pipeline/stores/object_store.h"

typedef struct S3Client S3Client;
S3Client *s3_client_new(const StorageConfig *config, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void s3_client_free(S3Client *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(S3Client, s3_client_free)

typedef struct {
    const char *method;
    const char *bucket;
    const char *key;
    GPtrArray *headers; /* of HttpHeader, without those of signing; NULL: none */
    GBytes *body;       /* NULL: none */
    /* As in HttpRequest; its errors are OBJECT_STORE_ERROR. */
    gboolean (*receive)(const HttpResponse *response, const guint8 *bytes, gsize size,
                        gpointer user_data, GError **error);
    gpointer user_data;
} S3Request;

/* The whole answer when its status is 200 (or 204, to a DELETE), else an OBJECT_STORE_ERROR that
 * begins with "METHOD bucket/key: ". Where only the clocks disagree it asks again under the
 * server's time. */
HttpResponse *s3_client_send(S3Client *client, const S3Request *request, GCancellable *cancellable,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
