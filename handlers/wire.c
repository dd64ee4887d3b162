/* SPDX-License-Identifier: Apache-2.0 */
#include "handlers/wire.h"

#include "config/config.h"

#include <errno.h>
#include <gio/gio.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Room for more descriptors than are allowed, so that a second one is seen and closed rather than
 * slipped into the padding that CMSG_SPACE() of a single one has. */
#define DESCRIPTORS 4

typedef struct {
    int fds[DESCRIPTORS];
    gsize count;
} Received;

static gboolean text_ends(const char text[WIRE_MAX_TEXT])
{
    return memchr(text, '\0', WIRE_MAX_TEXT) != NULL;
}

static gboolean verdict_is_valid(const WireMessage *message)
{
    return text_ends(message->verdict.text);
}

static gboolean log_is_valid(const WireMessage *message)
{
    return message->log.level <= LOG_LEVEL_ERROR && text_ends(message->log.text);
}

static const struct {
    gsize descriptors; /* that come with it */
    gboolean (*is_valid)(const WireMessage *message);
} kinds[] = {
    [WIRE_HELLO] = {0, NULL},       [WIRE_REQUEST] = {1, NULL},
    [WIRE_OUTPUT] = {1, NULL},      [WIRE_VERDICT] = {0, verdict_is_valid},
    [WIRE_LOG] = {0, log_is_valid},
};

gboolean wire_send(int socket, const WireMessage *message, int fd, GError **error)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {.space = {0}};
    struct iovec part = {.iov_base = (gpointer)message, .iov_len = sizeof *message};
    struct msghdr packet = {.msg_iov = &part, .msg_iovlen = 1};
    if (fd >= 0) {
        packet.msg_control = &control;
        packet.msg_controllen = sizeof control;
        control.header = (struct cmsghdr){
            .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
    }

    ssize_t sent;
    do
        sent = sendmsg(socket, &packet, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent < 0) {
        int code = errno;
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(code), "sending a message: %s",
                    g_strerror(code));
        return FALSE;
    }
    return TRUE;
}

static void take_descriptors(struct msghdr *packet, Received *received)
{
    for (struct cmsghdr *part = CMSG_FIRSTHDR(packet); part; part = CMSG_NXTHDR(packet, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
            continue;
        gsize count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        g_assert(received->count + count <= DESCRIPTORS);
        memcpy(received->fds + received->count, CMSG_DATA(part), count * sizeof(int));
        received->count += count;
    }
}

/* What is wrong with a packet of @size bytes; NULL: nothing. */
static const char *find_fault(const struct msghdr *packet, gsize size, const WireMessage *message,
                              gsize descriptors)
{
    if (packet->msg_flags & MSG_CTRUNC)
        return "too many descriptors";
    if ((packet->msg_flags & MSG_TRUNC) || size != sizeof *message)
        return "a message of a wrong length";
    if (message->version != WIRE_VERSION)
        return "a message of another version";
    if (message->kind < WIRE_HELLO || message->kind > WIRE_LOG)
        return "a message of no known kind";
    if (descriptors != kinds[message->kind].descriptors)
        return "a message with a wrong number of descriptors";
    if (kinds[message->kind].is_valid && !kinds[message->kind].is_valid(message))
        return "a message with an unterminated text or a level out of range";
    return NULL;
}

static WireStatus refuse(GError **error, const char *fault)
{
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, fault);
    return WIRE_BROKEN;
}

/* One packet that poll() has announced; WIRE_TIMED_OUT when there is none after all. */
static WireStatus receive(int socket, WireMessage *message, int *fd, GError **error)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(DESCRIPTORS * sizeof(int))];
    } control;
    struct iovec part = {.iov_base = message, .iov_len = sizeof *message};
    struct msghdr packet = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = &control,
                            .msg_controllen = CMSG_LEN(DESCRIPTORS * sizeof(int))};
    ssize_t size = recvmsg(socket, &packet, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return WIRE_TIMED_OUT;
    if (size < 0 && errno == ECONNRESET)
        return WIRE_CLOSED;
    if (size < 0)
        return refuse(error, g_strerror(errno));

    Received received = {.count = 0};
    take_descriptors(&packet, &received);
    const char *fault = find_fault(&packet, (gsize)size, message, received.count);
    if (fault == NULL) {
        *fd = received.count > 0 ? received.fds[0] : -1;
        return WIRE_RECEIVED;
    }
    for (gsize i = 0; i < received.count; i++)
        close(received.fds[i]);
    /* An empty packet cannot be told from the end, and is no message either. */
    return size == 0 ? WIRE_CLOSED : refuse(error, fault);
}

WireStatus wire_receive(int socket, WireMessage *message, int *fd, int timeout_ms, GError **error)
{
    gint64 end = g_get_monotonic_time() + (gint64)timeout_ms * 1000;
    *fd = -1;
    for (;;) {
        /* Rounded up, so that the last millisecond is waited for and not spun through. */
        gint64 left_ms = MAX((end - g_get_monotonic_time() + 999) / 1000, 0);
        struct pollfd ready = {.fd = socket, .events = POLLIN};
        int count = poll(&ready, 1, timeout_ms < 0 ? -1 : (int)left_ms);
        if (count < 0 && errno != EINTR)
            return refuse(error, g_strerror(errno));
        WireStatus status = count > 0 ? receive(socket, message, fd, error) : WIRE_TIMED_OUT;
        if (status != WIRE_TIMED_OUT || (count == 0 && left_ms == 0))
            return status;
    }
}
