/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/http_fixture.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct {
    char *bytes;
    HttpFixtureEnd end;
} Answer;

struct HttpFixture {
    int listener;
    guint port;
    GThread *acceptor;
    struct {
        GMutex lock;
        GQueue answers;      /* of Answer */
        GPtrArray *requests; /* of char * */
        GArray *sockets;     /* of int, -1 when closed */
        GPtrArray *threads;  /* of GThread, one for each socket */
    } synced;
};

typedef struct {
    HttpFixture *fixture;
    guint index;
    int fd;
} Connection;

static gsize body_length(const char *head)
{
    g_autofree char *lower = g_ascii_strdown(head, -1);
    const char *field = strstr(lower, "\r\ncontent-length:");
    return field != NULL ? g_ascii_strtoull(field + strlen("\r\ncontent-length:"), NULL, 10) : 0;
}

/* NULL when the client has gone. */
static char *read_request(int fd)
{
    g_autoptr(GString) request = g_string_new(NULL);
    const char *end = NULL;
    char buffer[4096];
    while (end == NULL ||
           request->len < (gsize)(end + 4 - request->str) + body_length(request->str)) {
        gssize size = recv(fd, buffer, sizeof buffer, 0);
        if (size <= 0)
            return NULL;
        g_string_append_len(request, buffer, size);
        end = strstr(request->str, "\r\n\r\n");
    }
    return g_strdup(request->str);
}

static Answer *next_answer(HttpFixture *self, char *request)
{
    g_mutex_lock(&self->synced.lock);
    g_ptr_array_add(self->synced.requests, request);
    Answer *answer = g_queue_pop_head(&self->synced.answers);
    g_mutex_unlock(&self->synced.lock);
    return answer;
}

static void hang_up(const Connection *connection, gboolean reset)
{
    struct linger at_once = {1, 0};
    if (reset)
        setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    HttpFixture *self = connection->fixture;
    g_mutex_lock(&self->synced.lock);
    close(connection->fd);
    g_array_index(self->synced.sockets, int, connection->index) = -1;
    g_mutex_unlock(&self->synced.lock);
}

static gpointer serve(gpointer data)
{
    g_autofree Connection *connection = data;
    HttpFixtureEnd end = HTTP_FIXTURE_KEEP;
    while (end == HTTP_FIXTURE_KEEP || end == HTTP_FIXTURE_STALL) {
        char *request = read_request(connection->fd);
        Answer *answer = request != NULL ? next_answer(connection->fixture, request) : NULL;
        end = answer != NULL ? answer->end : HTTP_FIXTURE_CLOSE;
        if (answer == NULL)
            break;
        (void)!send(connection->fd, answer->bytes, strlen(answer->bytes), MSG_NOSIGNAL);
        if (end == HTTP_FIXTURE_RESET)
            g_usleep(50 * 1000); /* what was said should be read before the RST drops it */
        g_free(answer->bytes);
        g_free(answer);
    }
    hang_up(connection, end == HTTP_FIXTURE_RESET);
    return NULL;
}

static gpointer accept_all(gpointer data)
{
    HttpFixture *self = data;
    int fd;
    while ((fd = accept(self->listener, NULL, NULL)) >= 0) {
        g_mutex_lock(&self->synced.lock);
        Connection *connection = g_new0(Connection, 1);
        *connection = (Connection){self, self->synced.sockets->len, fd};
        g_array_append_val(self->synced.sockets, fd);
        g_ptr_array_add(self->synced.threads, g_thread_new("serve", serve, connection));
        g_mutex_unlock(&self->synced.lock);
    }
    return NULL;
}

HttpFixture *http_fixture_new(void)
{
    HttpFixture *self = g_new0(HttpFixture, 1);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    self->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(self->listener, (struct sockaddr *)&address, size), ==, 0);
    g_assert_cmpint(listen(self->listener, 16), ==, 0);
    g_assert_cmpint(getsockname(self->listener, (struct sockaddr *)&address, &size), ==, 0);
    self->port = ntohs(address.sin_port);
    g_mutex_init(&self->synced.lock);
    g_queue_init(&self->synced.answers);
    self->synced.requests = g_ptr_array_new_with_free_func(g_free);
    self->synced.sockets = g_array_new(FALSE, FALSE, sizeof(int));
    self->synced.threads = g_ptr_array_new();
    self->acceptor = g_thread_new("accept", accept_all, self);
    return self;
}

static void free_answer(gpointer data)
{
    Answer *answer = data;
    g_free(answer->bytes);
    g_free(answer);
}

void http_fixture_free(HttpFixture *self)
{
    shutdown(self->listener, SHUT_RDWR);
    g_thread_join(self->acceptor);
    close(self->listener);
    g_mutex_lock(&self->synced.lock);
    for (guint i = 0; i < self->synced.sockets->len; i++)
        if (g_array_index(self->synced.sockets, int, i) >= 0)
            shutdown(g_array_index(self->synced.sockets, int, i), SHUT_RDWR);
    g_mutex_unlock(&self->synced.lock);
    for (guint i = 0; i < self->synced.threads->len; i++)
        g_thread_join(self->synced.threads->pdata[i]);
    g_queue_clear_full(&self->synced.answers, free_answer);
    g_ptr_array_unref(self->synced.requests);
    g_array_unref(self->synced.sockets);
    g_ptr_array_unref(self->synced.threads);
    g_mutex_clear(&self->synced.lock);
    g_free(self);
}

guint http_fixture_port(HttpFixture *self)
{
    return self->port;
}

void http_fixture_answer(HttpFixture *self, const char *bytes, HttpFixtureEnd end)
{
    Answer *answer = g_new0(Answer, 1);
    answer->bytes = g_strdup(bytes);
    answer->end = end;
    g_mutex_lock(&self->synced.lock);
    g_queue_push_tail(&self->synced.answers, answer);
    g_mutex_unlock(&self->synced.lock);
}

guint http_fixture_requests(HttpFixture *self)
{
    g_mutex_lock(&self->synced.lock);
    guint count = self->synced.requests->len;
    g_mutex_unlock(&self->synced.lock);
    return count;
}

char *http_fixture_request(HttpFixture *self, guint index)
{
    g_mutex_lock(&self->synced.lock);
    g_assert_cmpuint(index, <, self->synced.requests->len);
    char *request = g_strdup(self->synced.requests->pdata[index]);
    g_mutex_unlock(&self->synced.lock);
    return request;
}

guint http_fixture_connections(HttpFixture *self)
{
    g_mutex_lock(&self->synced.lock);
    guint count = self->synced.sockets->len;
    g_mutex_unlock(&self->synced.lock);
    return count;
}
