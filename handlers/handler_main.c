/* SPDX-License-Identifier: Apache-2.0
 *
 * thumbpipe-handler: one image at a time, from the socket that its parent left at WIRE_SOCKET_FD.
 * It keeps nothing between images and ends when the socket closes. */
#include "config/config.h"
#include "handlers/confine.h"
#include "handlers/image_engine.h"
#include "handlers/memfd.h"
#include "handlers/wire.h"

#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

static const ImageEngine *const engines[] = {
    &vips_engine,
};

typedef struct {
    const Plan *plan;
    guint outputs; /* sent so far */
} Request;

/* The request at work, for the lines of the log that belong to it. Libraries log from their own
 * threads too, but only during a request. */
static guint64 request_at_work;

static void message_init(WireMessage *message, WireKind kind)
{
    memset(message, 0, sizeof *message); /* the parent sees nothing of our stack */
    message->kind = kind;
    message->version = WIRE_VERSION;
    message->request = request_at_work;
}

static GLogWriterOutput write_log(GLogLevelFlags level, const GLogField *fields, gsize count,
                                  G_GNUC_UNUSED gpointer user_data)
{
    WireMessage message;
    message_init(&message, WIRE_LOG);
    message.log.level = level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING)
                            ? LOG_LEVEL_WARN
                            : LOG_LEVEL_DEBUG;
    for (gsize i = 0; i < count; i++)
        if (strcmp(fields[i].key, "MESSAGE") == 0 && fields[i].value != NULL)
            g_strlcpy(message.log.text, fields[i].value, sizeof message.log.text);
    /* No GError: memory may be what the line is about. */
    return wire_send(WIRE_SOCKET_FD, &message, -1, NULL) ? G_LOG_WRITER_HANDLED
                                                         : G_LOG_WRITER_UNHANDLED;
}

static gboolean send_output(const ImageOutput *output, gconstpointer bytes, gsize size,
                            gpointer user_data, GError **error)
{
    Request *request = user_data;
    if (size > request->plan->max_output_bytes) {
        g_set_error(error, IMAGE_ERROR, IMAGE_ERROR_TOO_LARGE,
                    "size %u takes %" G_GSIZE_FORMAT " bytes, more than %" G_GUINT64_FORMAT,
                    output->index, size, request->plan->max_output_bytes);
        return FALSE;
    }
    WireMessage message;
    message_init(&message, WIRE_OUTPUT);
    message.output = *output;

    int fd = memfd_new("output", error);
    if (fd < 0)
        return FALSE;
    gboolean sent = memfd_write(fd, bytes, size, error) && memfd_seal(fd, error) &&
                    wire_send(WIRE_SOCKET_FD, &message, fd, error);
    close(fd);
    request->outputs += sent;
    return sent;
}

/* Lets the first engine that takes the source make the sizes; the last one's refusal stands. */
static gboolean make_outputs(GBytes *source, Request *request, ImageInfo *info, GError **error)
{
    gsize size;
    gconstpointer bytes = g_bytes_get_data(source, &size);
    for (gsize i = 0; i < G_N_ELEMENTS(engines); i++) {
        g_clear_error(error);
        if (engines[i]->probe(bytes, size, request->plan, info, error))
            return engines[i]->run(bytes, size, request->plan, info, send_output, request, error);
    }
    return FALSE;
}

/* FALSE when what failed is not the image but this process. */
static gboolean is_refusal(const GError *error, guint32 *code)
{
    if (error->domain == IMAGE_ERROR)
        *code = (guint32)error->code;
    else if (g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOMEM))
        *code = IMAGE_ERROR_NEEDS_MEMORY;
    else
        return FALSE;
    return TRUE;
}

static gboolean answer_request(const WireMessage *asked, int source_fd, GError **error)
{
    if (!plan_is_valid(&asked->plan)) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "a plan out of bounds");
        return FALSE;
    }
    g_autoptr(GError) failure = NULL;
    g_autoptr(GBytes) source = memfd_map(source_fd, G_MAXSSIZE, &failure);
    Request request = {.plan = &asked->plan};
    ImageInfo info = {.orientation = 1};
    gboolean made = source != NULL && make_outputs(source, &request, &info, &failure);

    WireMessage message;
    message_init(&message, WIRE_VERDICT);
    message.verdict.outputs = request.outputs;
    message.verdict.info = info;
    if (!made) {
        message.verdict.refused = 1;
        if (!is_refusal(failure, &message.verdict.error)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
        g_strlcpy(message.verdict.text, failure->message, sizeof message.verdict.text);
    }
    return wire_send(WIRE_SOCKET_FD, &message, -1, error);
}

/* Until the parent closes the socket. */
static gboolean serve(GError **error)
{
    for (;;) {
        WireMessage message;
        int source;
        WireStatus status = wire_receive(WIRE_SOCKET_FD, &message, &source, -1, error);
        if (status == WIRE_CLOSED)
            return TRUE;
        if (status != WIRE_RECEIVED)
            return FALSE;
        if (message.kind != WIRE_REQUEST) {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                        "a message of kind %u where a request belongs", message.kind);
            return FALSE;
        }
        request_at_work = message.request;
        gboolean answered = answer_request(&message, source, error);
        request_at_work = 0;
        close(source);
        if (!answered)
            return FALSE;
    }
}

static gboolean get_ready(gint64 memory_bytes, gint parent, GError **error)
{
    if (!confine_self((guint64)memory_bytes, parent, error))
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(engines); i++)
        if (!engines[i]->start(error)) {
            g_prefix_error(error, "starting %s: ", engines[i]->name);
            return FALSE;
        }
    WireMessage hello;
    message_init(&hello, WIRE_HELLO);
    hello.hello.pid = (guint32)getpid();
    return wire_send(WIRE_SOCKET_FD, &hello, -1, error);
}

static gboolean has_socket(void)
{
    int type = 0;
    socklen_t size = sizeof type;
    return getsockopt(WIRE_SOCKET_FD, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
           type == SOCK_SEQPACKET;
}

int main(int argc, char **argv)
{
    gint64 memory_bytes = 0;
    gint parent = 0;
    const GOptionEntry options[] = {
        {"memory", 0, 0, G_OPTION_ARG_INT64, &memory_bytes, "Address space it may use", "BYTES"},
        {"parent", 0, 0, G_OPTION_ARG_INT, &parent, "Process whose end is its own", "PID"},
        {0},
    };
    g_autoptr(GOptionContext) context = g_option_context_new("- the image work of thumbpipe");
    g_autoptr(GError) error = NULL;
    g_option_context_add_main_entries(context, options, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error)) {
        g_printerr("thumbpipe-handler: %s\n", error->message);
        return EX_USAGE;
    }
    if (memory_bytes <= 0 || parent <= 0 || !has_socket()) {
        g_printerr("thumbpipe-handler: is started by thumbpipe, not by hand\n");
        return EX_USAGE;
    }

    g_log_set_writer_func(write_log, NULL, NULL);
    if (!get_ready(memory_bytes, parent, &error) || !serve(&error)) {
        g_warning("%s", error->message);
        return EX_SOFTWARE;
    }
    return EX_OK;
}
