/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/pool/handler_process.h"

#include "handlers/wire.h"
#include "pipeline/observe/log.h"
#include "pipeline/pool/handler_death.h"
#include "pipeline/pool/handler_result.h"
#include "pipeline/pool/handler_spawn.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define GREETING_MS 10000 /* libvips takes 50 ms; a loaded machine with sanitizers more */
#define SEND_MS     1000  /* a request always fits, unless the process does not read them */
#define MAX_LINES   100   /* of log for one image */

struct HandlerProcess {
    pid_t pid; /* never changes: handler_pool_pids() reads it from other threads */
    gboolean reaped;
    int socket;
    guint64 deadline_ms;
    guint64 request; /* the number of the last one */
    guint lines;     /* of log since then */
    HandlerMemory memory;
};

static const char *const memory_texts[] = {"failed to allocate", "out of memory"};

HandlerProcess *handler_process_spawn(const HandlerPoolOptions *options, GError **error)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
        g_set_error(error, HANDLER_ERROR, HANDLER_ERROR_SPAWN, "making a socket pair: %s",
                    g_strerror(errno));
        return NULL;
    }
    struct timeval timeout = {.tv_sec = SEND_MS / 1000};
    setsockopt(ends[0], SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);

    struct rusage own;
    getrusage(RUSAGE_SELF, &own);
    pid_t pid = handler_spawn(options, ends[1], error);
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return NULL;
    }
    HandlerProcess *self = g_new(HandlerProcess, 1);
    *self = (HandlerProcess){.pid = pid,
                             .socket = ends[0],
                             .deadline_ms = options->deadline_ms,
                             .memory = {.limit_bytes = options->memory_bytes,
                                        .inherited_bytes = (guint64)own.ru_maxrss * 1024}};
    return self;
}

static void end(HandlerProcess *self)
{
    if (!self->reaped)
        handler_death_bring(self->pid);
    self->reaped = TRUE;
}

void handler_process_free(HandlerProcess *self)
{
    if (self == NULL)
        return;
    end(self);
    close(self->socket);
    g_free(self);
}

static void forward_line(HandlerProcess *self, const WireMessage *message)
{
    for (gsize i = 0; i < G_N_ELEMENTS(memory_texts); i++)
        if (strstr(message->log.text, memory_texts[i]) != NULL)
            self->memory.lacking = TRUE;
    if (!log_enabled(message->log.level) || self->lines++ >= MAX_LINES)
        return;
    LogLine *line = log_line_new(message->log.level, "handler.log");
    log_line_integer(line, "handler_pid", self->pid);
    log_line_write(line, "%s", message->log.text);
}

/* The next message that is no line for the log, until @end_us on the monotonic clock. */
static WireStatus receive(HandlerProcess *self, gint64 end_us, WireMessage *message, int *fd,
                          GError **error)
{
    for (;;) {
        gint64 left_ms = MAX((end_us - g_get_monotonic_time() + 999) / 1000, 0);
        WireStatus status =
            wire_receive(self->socket, message, fd, (int)MIN(left_ms, G_MAXINT), error);
        if (status != WIRE_RECEIVED || message->kind != WIRE_LOG)
            return status;
        forward_line(self, message);
        /* One that only talks must not outlast its deadline. */
        if (left_ms == 0)
            return WIRE_TIMED_OUT;
    }
}

static void set_death(HandlerProcess *self, GError **error)
{
    handler_death_explain(self->pid, &self->memory, error);
    self->reaped = TRUE;
}

/* Makes an error of a status that is no message of the kind hoped for. */
static void set_silence(HandlerProcess *self, WireStatus status, const GError *broken,
                        GCancellable *cancellable, GError **error)
{
    if (g_cancellable_is_cancelled(cancellable)) /* then we closed it ourselves */
        g_set_error_literal(error, HANDLER_ERROR, HANDLER_ERROR_CANCELLED, "cancelled");
    else if (status == WIRE_CLOSED)
        set_death(self, error);
    else if (status == WIRE_TIMED_OUT)
        g_set_error_literal(error, HANDLER_ERROR, HANDLER_ERROR_DEADLINE, "passed the deadline");
    else
        g_set_error(error, HANDLER_ERROR, HANDLER_ERROR_CRASHED, "broke the protocol: %s",
                    broken != NULL ? broken->message : "a message out of turn");
}

static void close_if_open(int fd)
{
    if (fd >= 0)
        close(fd);
}

gboolean handler_process_greet(HandlerProcess *self, GError **error)
{
    WireMessage message;
    int fd;
    g_autoptr(GError) broken = NULL;
    WireStatus status =
        receive(self, g_get_monotonic_time() + GREETING_MS * 1000LL, &message, &fd, &broken);
    close_if_open(fd);
    if (status == WIRE_RECEIVED && message.kind == WIRE_HELLO &&
        message.hello.pid == (guint32)self->pid)
        return TRUE;

    g_autoptr(GError) reason = NULL;
    set_silence(self, status, broken, NULL, &reason);
    end(self);
    g_set_error(error, HANDLER_ERROR, HANDLER_ERROR_SPAWN, "a new handler process %s",
                reason->message);
    return FALSE;
}

gboolean handler_process_is_ready(HandlerProcess *self)
{
    WireMessage message;
    int fd;
    WireStatus status = receive(self, 0, &message, &fd, NULL);
    close_if_open(fd);
    return status == WIRE_TIMED_OUT;
}

static gboolean send_request(HandlerProcess *self, int source, const Plan *plan, GError **error)
{
    WireMessage message;
    memset(&message, 0, sizeof message); /* the child sees nothing of our stack */
    message.kind = WIRE_REQUEST;
    message.version = WIRE_VERSION;
    message.request = ++self->request;
    message.plan = *plan;
    self->lines = 0;
    self->memory.lacking = FALSE;

    g_autoptr(GError) sending = NULL;
    if (wire_send(self->socket, &message, source, &sending))
        return TRUE;
    /* It never saw the image. */
    g_set_error_literal(error, HANDLER_ERROR, HANDLER_ERROR_SPAWN, sending->message);
    return FALSE;
}

/* Outputs until the verdict, or whatever else becomes of it. */
static HandlerResult *collect(HandlerProcess *self, const Plan *plan, GCancellable *cancellable,
                              GError **error)
{
    gint64 end_us = g_get_monotonic_time() + (gint64)self->deadline_ms * 1000;
    g_autoptr(HandlerResult) result = handler_result_new(plan);
    for (;;) {
        WireMessage message;
        int fd;
        g_autoptr(GError) broken = NULL;
        WireStatus status = receive(self, end_us, &message, &fd, &broken);
        if (status == WIRE_RECEIVED && message.request == self->request) {
            if (message.kind == WIRE_VERDICT)
                return handler_result_finish(result, plan, &message, error)
                           ? g_steal_pointer(&result)
                           : NULL;
            if (message.kind == WIRE_OUTPUT) {
                gboolean added = handler_result_add(result, plan, &message.output, fd, error);
                close(fd);
                if (added)
                    continue;
                return NULL;
            }
        }
        close_if_open(fd);
        set_silence(self, status, broken, cancellable, error);
        return NULL;
    }
}

/* Wakes the thread that waits for the process. */
static void hang_up(G_GNUC_UNUSED GCancellable *cancellable, gpointer user_data)
{
    HandlerProcess *self = user_data;
    shutdown(self->socket, SHUT_RDWR);
}

HandlerResult *handler_process_run(HandlerProcess *self, int source, const Plan *plan,
                                   GCancellable *cancellable, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autoptr(HandlerResult) result = NULL;
    gulong hook = cancellable != NULL
                      ? g_cancellable_connect(cancellable, G_CALLBACK(hang_up), self, NULL)
                      : 0;
    if (send_request(self, source, plan, &failure))
        result = collect(self, plan, cancellable, &failure);
    if (cancellable != NULL)
        g_cancellable_disconnect(cancellable, hook);

    /* Even with everything made: its socket is shut. */
    if (g_cancellable_is_cancelled(cancellable)) {
        end(self);
        g_set_error_literal(error, HANDLER_ERROR, HANDLER_ERROR_CANCELLED, "cancelled");
        return NULL;
    }
    if (result != NULL)
        return g_steal_pointer(&result);
    if (failure->domain == HANDLER_ERROR)
        end(self);
    g_propagate_error(error, g_steal_pointer(&failure));
    return NULL;
}

gboolean handler_process_is_alive(const HandlerProcess *self)
{
    return !self->reaped;
}

pid_t handler_process_pid(const HandlerProcess *self)
{
    return self->pid;
}

guint handler_process_images(const HandlerProcess *self)
{
    return (guint)self->request;
}
