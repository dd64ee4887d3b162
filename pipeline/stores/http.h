/* SPDX-License-Identifier: Apache-2.0
 *
 * The only door to libcurl: one request, one answer, blocking, from any thread. Connections are
 * kept and used again. Nothing is decided here: no redirect is followed and no status is an error;
 * what comes back as an error is that there was no whole answer. */
#pragma once

#include <gio/gio.h>
#include <glib.h>

#define HTTP_ERROR http_error_quark()
GQuark http_error_quark(void);
typedef enum {
    HTTP_ERROR_UNREACHABLE = 1, /* no connection, a reset, a timeout: try again later */
    HTTP_ERROR_CUT,             /* the answer began and did not end */
    HTTP_ERROR_UNTRUSTED,       /* the server's certificate, or ours, or the CA file */
    HTTP_ERROR_UNUSABLE,        /* the URL or the proxy's makes no sense */
    HTTP_ERROR_CANCELLED,
} HttpError;

typedef struct {
    char *name;
    char *value;
} HttpHeader;
GPtrArray *http_headers_new(void); /* of HttpHeader */
void http_headers_add(GPtrArray *headers, const char *name, const char *value);

typedef struct {
    guint status;
    gint64 content_length; /* -1 when the server gave none */
    GHashTable *headers;   /* lower-case name → value */
    GByteArray *body;      /* of any status but 200: what came, up to HTTP_KEPT_BYTES */
} HttpResponse;
#define HTTP_KEPT_BYTES (64 * 1024)
void http_response_free(HttpResponse *response);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpResponse, http_response_free)
const char *http_response_header(const HttpResponse *response, const char *lower_case_name);
/* The server's time as its Date says, since 1970; -1 when it gave none. */
gint64 http_response_date_s(const HttpResponse *response);

typedef struct {
    const char *method;
    const char *url;    /* sent as it is: dot segments stay */
    GPtrArray *headers; /* of HttpHeader; values without control characters */
    GBytes *body;       /* NULL: none */
    /* Takes the body of a 200 piece by piece; FALSE with any error set ends the request with it.
     * NULL: such a body is dropped. */
    gboolean (*receive)(const HttpResponse *response, const guint8 *bytes, gsize size,
                        gpointer user_data, GError **error);
    gpointer user_data;
} HttpRequest;

typedef struct {
    gboolean tls_verify;
    const char *ca_file;        /* empty: the system's */
    const char *proxy;          /* empty: libcurl's environment variables */
    guint64 connect_timeout_ms; /* 0: libcurl's own */
    guint64 stall_timeout_ms;   /* less than a byte a second for so long; 0: none */
    guint64 timeout_ms;         /* of the whole request; 0: none */
} HttpOptions;

typedef struct HttpClient HttpClient;
HttpClient *http_client_new(const HttpOptions *options);
void http_client_free(HttpClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpClient, http_client_free)

/* A @cancellable is looked at about once a second. */
HttpResponse *http_client_send(HttpClient *client, const HttpRequest *request,
                               GCancellable *cancellable, GError **error) G_GNUC_WARN_UNUSED_RESULT;
