/* SPDX-License-Identifier: Apache-2.0 */
#include "handlers/wire.h"

#include "config/config.h"
#include "handlers/memfd.h"

#include <dirent.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct {
    int ours;
    int theirs;
    guint descriptors; /* open before the test */
} Pair;

static guint count_descriptors(void)
{
    guint count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

static void set_up(Pair *pair, G_GNUC_UNUSED gconstpointer data)
{
    int ends[2];
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), ==, 0);
    *pair = (Pair){.ours = ends[0], .theirs = ends[1], .descriptors = count_descriptors()};
}

static void tear_down(Pair *pair, G_GNUC_UNUSED gconstpointer data)
{
    g_assert_cmpuint(count_descriptors(), ==, pair->descriptors);
    close(pair->ours);
    if (pair->theirs >= 0)
        close(pair->theirs);
}

static WireMessage message_of(WireKind kind)
{
    WireMessage message;
    memset(&message, 0, sizeof message);
    message.kind = kind;
    message.version = WIRE_VERSION;
    return message;
}

static void test_a_message_arrives_with_its_descriptor(Pair *pair, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    WireMessage sent = message_of(WIRE_OUTPUT);
    sent.request = 7;
    sent.output = (ImageOutput){.index = 3, .format = IMAGE_FORMAT_PNG, .width = 20, .height = 10};
    int source = memfd_new("test", NULL);
    g_assert_true(memfd_write(source, "abc", 3, NULL) && memfd_seal(source, NULL));
    g_assert_true(wire_send(pair->theirs, &sent, source, &error));
    close(source);

    WireMessage received;
    int fd;
    g_assert_cmpint(wire_receive(pair->ours, &received, &fd, 1000, &error), ==, WIRE_RECEIVED);
    g_assert_no_error(error);
    g_assert_cmpmem(&received, sizeof received, &sent, sizeof sent);
    g_autoptr(GBytes) bytes = memfd_map(fd, 3, &error);
    g_assert_no_error(error);
    g_assert_cmpmem(g_bytes_get_data(bytes, NULL), 3, "abc", 3);
    g_assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    close(fd);
}

static void test_messages_keep_their_order_and_bounds(Pair *pair, G_GNUC_UNUSED gconstpointer data)
{
    for (guint i = 0; i < 5; i++) {
        WireMessage sent = message_of(WIRE_HELLO);
        sent.hello.pid = i;
        g_assert_true(wire_send(pair->theirs, &sent, -1, NULL));
    }
    for (guint i = 0; i < 5; i++) {
        WireMessage received;
        int fd;
        g_assert_cmpint(wire_receive(pair->ours, &received, &fd, 0, NULL), ==, WIRE_RECEIVED);
        g_assert_cmpuint(received.hello.pid, ==, i);
        g_assert_cmpint(fd, ==, -1);
    }
}

static void test_silence_times_out(Pair *pair, G_GNUC_UNUSED gconstpointer data)
{
    WireMessage message;
    int fd;
    gint64 start = g_get_monotonic_time();
    g_assert_cmpint(wire_receive(pair->ours, &message, &fd, 50, NULL), ==, WIRE_TIMED_OUT);
    g_assert_cmpint(g_get_monotonic_time() - start, >=, 49000);
    g_assert_cmpint(wire_receive(pair->ours, &message, &fd, 0, NULL), ==, WIRE_TIMED_OUT);
}

static void test_an_end_is_told(Pair *pair, G_GNUC_UNUSED gconstpointer data)
{
    WireMessage message = message_of(WIRE_HELLO);
    int fd;
    g_assert_true(wire_send(pair->theirs, &message, -1, NULL));
    close(pair->theirs);
    pair->theirs = -1;
    pair->descriptors--;
    /* What was sent before still comes. */
    g_assert_cmpint(wire_receive(pair->ours, &message, &fd, -1, NULL), ==, WIRE_RECEIVED);
    g_assert_cmpint(wire_receive(pair->ours, &message, &fd, -1, NULL), ==, WIRE_CLOSED);
    g_autoptr(GError) error = NULL;
    g_assert_false(wire_send(pair->ours, &message, -1, &error)); /* and no SIGPIPE */
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE);
}

typedef struct {
    const char *name;
    guint32 kind;
    guint32 version;
    gsize size; /* 0: that of a message */
    guint descriptors;
    gboolean unterminated;
    guint32 level;
} BrokenRow;

static const BrokenRow broken_rows[] = {
    {"a kind of 0 is broken", 0, WIRE_VERSION, 0, 0, FALSE, 0},
    {"a kind beyond the last is broken", WIRE_LOG + 1, WIRE_VERSION, 0, 0, FALSE, 0},
    {"an enormous kind is broken", G_MAXUINT32, WIRE_VERSION, 0, 0, FALSE, 0},
    {"another version is broken", WIRE_HELLO, WIRE_VERSION + 1, 0, 0, FALSE, 0},
    {"a short packet is broken", WIRE_HELLO, WIRE_VERSION, 16, 0, FALSE, 0},
    {"a long packet is broken", WIRE_HELLO, WIRE_VERSION, sizeof(WireMessage) + 1, 0, FALSE, 0},
    {"an output without descriptor is broken", WIRE_OUTPUT, WIRE_VERSION, 0, 0, FALSE, 0},
    {"a request without descriptor is broken", WIRE_REQUEST, WIRE_VERSION, 0, 0, FALSE, 0},
    {"a greeting with a descriptor is broken", WIRE_HELLO, WIRE_VERSION, 0, 1, FALSE, 0},
    {"a short packet's descriptor is closed", WIRE_OUTPUT, WIRE_VERSION, 16, 1, FALSE, 0},
    {"a verdict with a descriptor is broken", WIRE_VERDICT, WIRE_VERSION, 0, 1, FALSE, 0},
    {"two descriptors are broken", WIRE_OUTPUT, WIRE_VERSION, 0, 2, FALSE, 0},
    {"four descriptors are broken", WIRE_OUTPUT, WIRE_VERSION, 0, 4, FALSE, 0},
    {"more descriptors than expected are broken", WIRE_OUTPUT, WIRE_VERSION, 0, 20, FALSE, 0},
    {"an unterminated verdict is broken", WIRE_VERDICT, WIRE_VERSION, 0, 0, TRUE, 0},
    {"an unterminated line is broken", WIRE_LOG, WIRE_VERSION, 0, 0, TRUE, 0},
    {"a level beyond the last is broken", WIRE_LOG, WIRE_VERSION, 0, 0, FALSE, LOG_LEVEL_ERROR + 1},
};

static void send_raw(int socket, gpointer bytes, gsize size, guint descriptors)
{
    char control[CMSG_SPACE(20 * sizeof(int))] = {0};
    struct iovec part = {.iov_base = bytes, .iov_len = size};
    struct msghdr packet = {.msg_iov = &part, .msg_iovlen = 1};
    if (descriptors > 0) {
        packet.msg_control = control;
        packet.msg_controllen = CMSG_SPACE(descriptors * sizeof(int));
        struct cmsghdr *header = CMSG_FIRSTHDR(&packet);
        *header = (struct cmsghdr){.cmsg_len = CMSG_LEN(descriptors * sizeof(int)),
                                   .cmsg_level = SOL_SOCKET,
                                   .cmsg_type = SCM_RIGHTS};
        for (guint i = 0; i < descriptors; i++)
            memcpy(CMSG_DATA(header) + i * sizeof(int), &(int){STDERR_FILENO}, sizeof(int));
    }
    g_assert_cmpint(sendmsg(socket, &packet, 0), ==, (gssize)size);
}

static void test_broken(Pair *pair, gconstpointer data)
{
    const BrokenRow *row = data;
    char bytes[sizeof(WireMessage) + 1] = {0};
    WireMessage sent = message_of(row->kind);
    sent.version = row->version;
    if (row->kind == WIRE_LOG)
        sent.log.level = row->level;
    if (row->unterminated)
        memset(row->kind == WIRE_LOG ? sent.log.text : sent.verdict.text, 'a', WIRE_MAX_TEXT);
    memcpy(bytes, &sent, sizeof sent);
    send_raw(pair->theirs, bytes, row->size > 0 ? row->size : sizeof sent, row->descriptors);

    g_autoptr(GError) error = NULL;
    WireMessage received;
    int fd;
    g_assert_cmpint(wire_receive(pair->ours, &received, &fd, 1000, &error), ==, WIRE_BROKEN);
    g_assert_nonnull(error);
    g_assert_cmpint(fd, ==, -1);
}

#define ADD(path, function) g_test_add("/wire/" path, Pair, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("a message arrives with its descriptor", test_a_message_arrives_with_its_descriptor);
    ADD("messages keep their order and bounds", test_messages_keep_their_order_and_bounds);
    ADD("silence times out", test_silence_times_out);
    ADD("an end is told", test_an_end_is_told);
    for (gsize i = 0; i < G_N_ELEMENTS(broken_rows); i++) {
        g_autofree char *path = g_strconcat("/wire/", broken_rows[i].name, NULL);
        g_test_add(path, Pair, &broken_rows[i], set_up, test_broken, tear_down);
    }
    return g_test_run();
}
