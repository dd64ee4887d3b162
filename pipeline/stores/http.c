/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/stores/http.h"

#include <curl/curl.h>
#include <string.h>

/* Load balancers drop idle connections after 60 s (AWS, nginx: 75 s); we let go first. */
#define MAX_IDLE_SECONDS 50L

struct HttpClient {
    gboolean tls_verify;
    char *ca_file;
    char *proxy;
    guint64 connect_timeout_ms;
    guint64 stall_timeout_ms;
    guint64 timeout_ms;
    struct {
        GMutex lock;
        GQueue idle; /* of CURL *; each keeps its own connections: a CURLSH with a shared connection
                      * cache is not thread-safe (libcurl-share(3)) */
    } synced;
};

/* One request under way: what the callbacks share. */
typedef struct {
    const HttpRequest *request;
    HttpResponse *response;
    GCancellable *cancellable;
    gsize sent;
    GError *error; /* of `receive` */
} Exchange;

static const struct {
    CURLcode code;
    HttpError error;
} curl_codes[] = {
    {CURLE_PARTIAL_FILE, HTTP_ERROR_CUT},
    {CURLE_PEER_FAILED_VERIFICATION, HTTP_ERROR_UNTRUSTED},
    {CURLE_SSL_CACERT_BADFILE, HTTP_ERROR_UNTRUSTED},
    {CURLE_SSL_CERTPROBLEM, HTTP_ERROR_UNTRUSTED},
    {CURLE_SSL_ISSUER_ERROR, HTTP_ERROR_UNTRUSTED},
    {CURLE_SSL_INVALIDCERTSTATUS, HTTP_ERROR_UNTRUSTED},
    {CURLE_SSL_CRL_BADFILE, HTTP_ERROR_UNTRUSTED},
    {CURLE_URL_MALFORMAT, HTTP_ERROR_UNUSABLE},
    /* What is no HTTP is called HTTP/0.9 by libcurl 7.88 and a weird reply by 8.x. */
    {CURLE_UNSUPPORTED_PROTOCOL, HTTP_ERROR_UNUSABLE},
    {CURLE_WEIRD_SERVER_REPLY, HTTP_ERROR_UNUSABLE},
    {CURLE_NOT_BUILT_IN, HTTP_ERROR_UNUSABLE},
    {CURLE_BAD_FUNCTION_ARGUMENT, HTTP_ERROR_UNUSABLE},
    {CURLE_ABORTED_BY_CALLBACK, HTTP_ERROR_CANCELLED},
};

GQuark http_error_quark(void)
{
    return g_quark_from_static_string("http_error");
}

static void http_header_free(gpointer data)
{
    HttpHeader *header = data;
    g_free(header->name);
    g_free(header->value);
    g_free(header);
}

GPtrArray *http_headers_new(void)
{
    return g_ptr_array_new_with_free_func(http_header_free);
}

void http_headers_add(GPtrArray *headers, const char *name, const char *value)
{
    HttpHeader *header = g_new0(HttpHeader, 1);
    header->name = g_strdup(name);
    header->value = g_strdup(value);
    g_ptr_array_add(headers, header);
}

static HttpResponse *http_response_new(void)
{
    HttpResponse *response = g_new0(HttpResponse, 1);
    response->content_length = -1;
    response->headers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    response->body = g_byte_array_new();
    return response;
}

void http_response_free(HttpResponse *response)
{
    if (response == NULL)
        return;
    g_hash_table_unref(response->headers);
    g_byte_array_unref(response->body);
    g_free(response);
}

const char *http_response_header(const HttpResponse *response, const char *lower_case_name)
{
    return g_hash_table_lookup(response->headers, lower_case_name);
}

gint64 http_response_date_s(const HttpResponse *response)
{
    const char *date = http_response_header(response, "date");
    return date != NULL ? curl_getdate(date, NULL) : -1;
}

HttpClient *http_client_new(const HttpOptions *options)
{
    static gsize initialised;
    if (g_once_init_enter(&initialised)) {
        curl_global_init(CURL_GLOBAL_DEFAULT);
        g_once_init_leave(&initialised, 1);
    }
    HttpClient *client = g_new0(HttpClient, 1);
    client->tls_verify = options->tls_verify;
    client->ca_file = g_strdup(options->ca_file);
    client->proxy = g_strdup(options->proxy);
    client->connect_timeout_ms = options->connect_timeout_ms;
    client->stall_timeout_ms = options->stall_timeout_ms;
    client->timeout_ms = options->timeout_ms;
    g_mutex_init(&client->synced.lock);
    g_queue_init(&client->synced.idle);
    return client;
}

void http_client_free(HttpClient *client)
{
    if (client == NULL)
        return;
    g_queue_clear_full(&client->synced.idle, curl_easy_cleanup);
    g_mutex_clear(&client->synced.lock);
    g_free(client->ca_file);
    g_free(client->proxy);
    g_free(client);
}

static CURL *borrow_handle(HttpClient *client)
{
    g_mutex_lock(&client->synced.lock);
    CURL *handle = g_queue_pop_head(&client->synced.idle); /* the one with the warmest connection */
    g_mutex_unlock(&client->synced.lock);
    return handle != NULL ? handle : curl_easy_init();
}

static void return_handle(HttpClient *client, CURL *handle)
{
    curl_easy_reset(handle); /* keeps its connections */
    g_mutex_lock(&client->synced.lock);
    g_queue_push_head(&client->synced.idle, handle);
    g_mutex_unlock(&client->synced.lock);
}

/* "HTTP/1.1 404 Not Found": a new answer begins (after a 100, or after a proxy's own). */
static void start_answer(HttpResponse *response, const char *line)
{
    const char *space = strchr(line, ' ');
    response->status = space != NULL ? g_ascii_strtoull(space, NULL, 10) : 0;
    response->content_length = -1;
    g_hash_table_remove_all(response->headers);
    g_byte_array_set_size(response->body, 0);
}

static size_t take_header(char *bytes, size_t size, size_t count, void *data)
{
    HttpResponse *response = ((Exchange *)data)->response;
    g_autofree char *line = g_strndup(bytes, size * count);
    if (g_str_has_prefix(line, "HTTP/")) {
        start_answer(response, line);
        return size * count;
    }
    char *colon = strchr(line, ':');
    if (colon == NULL)
        return size * count;
    g_autofree char *name = g_ascii_strdown(line, colon - line);
    char *value = g_strstrip(colon + 1);
    if (strcmp(name, "content-length") == 0 &&
        !g_ascii_string_to_signed(value, 10, 0, G_MAXINT64, &response->content_length, NULL))
        response->content_length = -1;
    g_hash_table_replace(response->headers, g_steal_pointer(&name), g_strdup(value));
    return size * count;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *data)
{
    Exchange *exchange = data;
    const HttpRequest *request = exchange->request;
    GByteArray *kept = exchange->response->body;
    gsize length = size * count;
    if (exchange->response->status != 200)
        g_byte_array_append(kept, (guint8 *)bytes, MIN(length, HTTP_KEPT_BYTES - kept->len));
    else if (request->receive != NULL && length > 0 &&
             !request->receive(exchange->response, (guint8 *)bytes, length, request->user_data,
                               &exchange->error))
        return CURL_WRITEFUNC_ERROR;
    return length;
}

static size_t give_body(char *buffer, size_t size, size_t count, void *data)
{
    Exchange *exchange = data;
    gsize total;
    const guint8 *bytes = g_bytes_get_data(exchange->request->body, &total);
    gsize length = MIN(size * count, total - exchange->sent);
    memcpy(buffer, bytes + exchange->sent, length);
    exchange->sent += length;
    return length;
}

/* curl rewinds when a kept connection turns out to be dead after it began to send. */
static int rewind_body(void *data, curl_off_t offset, int origin)
{
    Exchange *exchange = data;
    if (origin != SEEK_SET || offset < 0 ||
        (guint64)offset > g_bytes_get_size(exchange->request->body))
        return CURL_SEEKFUNC_FAIL;
    exchange->sent = offset;
    return CURL_SEEKFUNC_OK;
}

static int look_at_cancellable(void *data, curl_off_t down_total, curl_off_t down,
                               curl_off_t up_total, curl_off_t up)
{
    (void)down_total, (void)down, (void)up_total, (void)up;
    return g_cancellable_is_cancelled(((Exchange *)data)->cancellable);
}

static void set_connection_options(CURL *handle, const HttpClient *client)
{
    long verify = client->tls_verify ? 1L : 0L;
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L); /* threads */
    curl_easy_setopt(handle, CURLOPT_USERAGENT, "thumbpipe/" VERSION);
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(handle, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(handle, CURLOPT_MAXAGE_CONN, MAX_IDLE_SECONDS);
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, verify);
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, verify * 2L);
    if (client->ca_file != NULL && *client->ca_file != '\0')
        curl_easy_setopt(handle, CURLOPT_CAINFO, client->ca_file);
    if (client->proxy != NULL && *client->proxy != '\0')
        curl_easy_setopt(handle, CURLOPT_PROXY, client->proxy);
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, (long)client->connect_timeout_ms);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, (long)client->timeout_ms);
    if (client->stall_timeout_ms > 0) {
        curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
        curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME,
                         (long)((client->stall_timeout_ms + 999) / 1000));
    }
}

static void set_request_options(CURL *handle, Exchange *exchange, struct curl_slist *headers)
{
    const HttpRequest *request = exchange->request;
    curl_easy_setopt(handle, CURLOPT_URL, request->url);
    curl_easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L); /* "a/../b" is a key like any other */
    if (strcmp(request->method, "HEAD") == 0)
        curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
    if (request->body != NULL) {
        curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(handle, CURLOPT_INFILESIZE_LARGE,
                         (curl_off_t)g_bytes_get_size(request->body));
        curl_easy_setopt(handle, CURLOPT_READFUNCTION, give_body);
        curl_easy_setopt(handle, CURLOPT_READDATA, exchange);
        curl_easy_setopt(handle, CURLOPT_SEEKFUNCTION, rewind_body);
        curl_easy_setopt(handle, CURLOPT_SEEKDATA, exchange);
    }
    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request->method);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, exchange);
    curl_easy_setopt(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, exchange);
    curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, look_at_cancellable);
    curl_easy_setopt(handle, CURLOPT_XFERINFODATA, exchange);
}

/* libcurl 7.88 asks for 100-continue before every upload, which costs a second where a server does
 * not know it; its `Accept` is of no use. A name with nothing after the colon takes either away. */
static struct curl_slist *make_header_list(const GPtrArray *headers)
{
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    list = curl_slist_append(list, "Accept:");
    for (guint i = 0; i < headers->len; i++) {
        const HttpHeader *header = headers->pdata[i];
        gboolean empty = *header->value == '\0'; /* "name;" sends it, "name:" would take it away */
        g_autofree char *line = empty ? g_strdup_printf("%s;", header->name)
                                      : g_strdup_printf("%s: %s", header->name, header->value);
        list = curl_slist_append(list, line);
    }
    return list;
}

static void set_error_from_curl(GError **error, CURLcode code, const char *details)
{
    HttpError meaning = HTTP_ERROR_UNREACHABLE;
    for (gsize i = 0; i < G_N_ELEMENTS(curl_codes); i++)
        if (curl_codes[i].code == code)
            meaning = curl_codes[i].error;
    g_set_error_literal(error, HTTP_ERROR, meaning,
                        *details != '\0' ? details : curl_easy_strerror(code));
}

HttpResponse *http_client_send(HttpClient *client, const HttpRequest *request,
                               GCancellable *cancellable, GError **error)
{
    g_autoptr(HttpResponse) response = http_response_new();
    Exchange exchange = {request, response, cancellable, 0, NULL};
    char details[CURL_ERROR_SIZE] = "";
    if (g_cancellable_is_cancelled(cancellable)) {
        g_set_error_literal(error, HTTP_ERROR, HTTP_ERROR_CANCELLED, "cancelled");
        return NULL;
    }
    CURL *handle = borrow_handle(client);
    struct curl_slist *headers = make_header_list(request->headers);
    set_connection_options(handle, client);
    set_request_options(handle, &exchange, headers);
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, details);
    CURLcode code = curl_easy_perform(handle);
    return_handle(client, handle);
    curl_slist_free_all(headers);

    if (exchange.error != NULL) {
        g_propagate_error(error, exchange.error);
        return NULL;
    }
    if (code != CURLE_OK) {
        set_error_from_curl(error, code, details);
        return NULL;
    }
    return g_steal_pointer(&response);
}
