/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/stores/s3_client.h"

#include "pipeline/stores/credentials.h"
#include "pipeline/stores/s3_address.h"
#include "pipeline/stores/s3_error.h"
#include "pipeline/stores/sigv4.h"

#include <libxml/parser.h>
#include <string.h>

/* Servers refuse a signature that is further from their clock. */
#define MAX_SKEW_SECONDS (15 * 60)

struct S3Client {
    S3Address *address;
    CredentialsSource *credentials;
    HttpClient *http;
    char *region;
    gint clock_offset_s; /* atomic: the server's clock less ours, once it has complained */
};

S3Client *s3_client_new(const StorageConfig *config, GError **error)
{
    gboolean aws = config->endpoint == NULL || *config->endpoint == '\0';
    gboolean no_region = config->region == NULL || *config->region == '\0';
    if (aws && no_region) {
        g_set_error_literal(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_MISCONFIGURED,
                            "neither storage.endpoint nor storage.region is set");
        return NULL;
    }
    g_auto(GStrv) environment = g_get_environ();
    g_autoptr(S3Address) address = s3_address_new(config, error);
    g_autoptr(CredentialsSource) credentials =
        address != NULL ? credentials_source_new(environment, error) : NULL;
    if (credentials == NULL)
        return NULL;
    xmlInitParser(); /* before threads use it */
    HttpOptions options = {
        .tls_verify = config->tls_verify,
        .ca_file = config->ca_file,
        .proxy = config->proxy,
        .connect_timeout_ms = config->connect_timeout_ms,
        .stall_timeout_ms = config->stall_timeout_ms,
        .timeout_ms = config->timeout_ms,
    };
    S3Client *client = g_new0(S3Client, 1);
    client->address = g_steal_pointer(&address);
    client->credentials = g_steal_pointer(&credentials);
    client->http = http_client_new(&options);
    /* What servers that have no regions take. */
    client->region = g_strdup(no_region ? "us-east-1" : config->region);
    return client;
}

void s3_client_free(S3Client *client)
{
    if (client == NULL)
        return;
    s3_address_free(client->address);
    credentials_source_free(client->credentials);
    http_client_free(client->http);
    g_free(client->region);
    g_free(client);
}

static gint64 now_s(void)
{
    return g_get_real_time() / G_USEC_PER_SEC;
}

static GPtrArray *make_signed_headers(S3Client *self, const S3Request *request,
                                      const S3Location *location, const Credentials *credentials,
                                      const char *payload_hash)
{
    GPtrArray *headers = http_headers_new();
    http_headers_add(headers, "Host", location->host);
    http_headers_add(headers, "x-amz-content-sha256", payload_hash);
    for (guint i = 0; request->headers != NULL && i < request->headers->len; i++) {
        const HttpHeader *header = request->headers->pdata[i];
        http_headers_add(headers, header->name, header->value);
    }
    Sigv4Request to_sign = {
        .method = request->method,
        .path = location->path,
        .query = "",
        .headers = headers,
        .payload_hash = payload_hash,
        .region = self->region,
        .service = "s3",
        .time_s = now_s() + g_atomic_int_get(&self->clock_offset_s),
    };
    sigv4_sign(&to_sign, credentials);
    return headers;
}

static HttpResponse *send_once(S3Client *self, const S3Request *request, const char *what,
                               GCancellable *cancellable, GError **error)
{
    g_autoptr(S3Location) location =
        s3_address_locate(self->address, request->bucket, request->key, error);
    if (location == NULL)
        return NULL;
    g_autoptr(Credentials) credentials =
        credentials_source_get(self->credentials, cancellable, error);
    if (credentials == NULL)
        return NULL;
    gsize size = 0;
    gconstpointer body = request->body != NULL ? g_bytes_get_data(request->body, &size) : NULL;
    g_autofree char *payload_hash = sigv4_hash(body, size);
    g_autoptr(GPtrArray) headers =
        make_signed_headers(self, request, location, credentials, payload_hash);
    HttpRequest http_request = {
        .method = request->method,
        .url = location->url,
        .headers = headers,
        .body = request->body,
        .receive = request->receive,
        .user_data = request->user_data,
    };
    GError *problem = NULL;
    HttpResponse *response = http_client_send(self->http, &http_request, cancellable, &problem);
    if (response == NULL)
        s3_error_set_from_transport(error, what, problem);
    return response;
}

/* Whether @response says that our clock is off, and by how much. An answer to HEAD has no body to
 * say so: there a 403 with another time speaks for itself. */
static gboolean find_skew(S3Client *self, const HttpResponse *response, gint *offset_s)
{
    if (response->status != 403 && response->status != 400)
        return FALSE;
    gint64 server_s = http_response_date_s(response);
    if (server_s < 0)
        return FALSE;
    g_autoptr(S3Error) answer = s3_error_parse(response->body->data, response->body->len);
    gint64 difference = server_s - now_s() - g_atomic_int_get(&self->clock_offset_s);
    *offset_s = CLAMP(server_s - now_s(), G_MININT, G_MAXINT);
    return g_strcmp0(answer->code, "RequestTimeTooSkewed") == 0 ||
           (answer->code == NULL && ABS(difference) > MAX_SKEW_SECONDS);
}

static gboolean is_success(const S3Request *request, const HttpResponse *response)
{
    return response->status == 200 ||
           (response->status == 204 && strcmp(request->method, "DELETE") == 0);
}

HttpResponse *s3_client_send(S3Client *self, const S3Request *request, GCancellable *cancellable,
                             GError **error)
{
    g_autofree char *what =
        g_strdup_printf("%s %s/%s", request->method, request->bucket, request->key);
    g_autoptr(HttpResponse) response = send_once(self, request, what, cancellable, error);
    gint offset_s;
    if (response != NULL && find_skew(self, response, &offset_s)) {
        g_atomic_int_set(&self->clock_offset_s, offset_s);
        http_response_free(response);
        response = send_once(self, request, what, cancellable, error);
    }
    if (response == NULL)
        return NULL;
    if (!is_success(request, response)) {
        s3_error_set_from_answer(error, what, response,
                                 !g_str_equal(request->method, "GET") &&
                                     !g_str_equal(request->method, "HEAD"));
        return NULL;
    }
    return g_steal_pointer(&response);
}
