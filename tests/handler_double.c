/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/handler_double.h"

#include "config/config.h"
#include "handlers/confine.h"
#include "handlers/memfd.h"
#include "handlers/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char picture[] = "\x89PNG\r\n\x1a\n and nothing else";
static guint64 memory_bytes; /* of --memory */

static WireMessage message_of(WireKind kind, guint64 request)
{
    WireMessage message;
    memset(&message, 0, sizeof message);
    message.kind = kind;
    message.version = WIRE_VERSION;
    message.request = request;
    return message;
}

static void send_or_end(const WireMessage *message, int fd)
{
    if (!wire_send(WIRE_SOCKET_FD, message, fd, NULL))
        _exit(0);
}

static int make_memfd(gboolean sealed)
{
    int fd = memfd_new("double", NULL);
    g_assert_true(memfd_write(fd, picture, sizeof picture, NULL));
    g_assert_true(!sealed || memfd_seal(fd, NULL));
    return fd;
}

static WireMessage output_of(const WireMessage *asked, guint index)
{
    WireMessage message = message_of(WIRE_OUTPUT, asked->request);
    message.output = (ImageOutput){.index = index,
                                   .format = IMAGE_FORMAT_PNG,
                                   .width = asked->plan.sizes[index].width,
                                   .height = 1};
    return message;
}

static WireMessage verdict_of(const WireMessage *asked)
{
    WireMessage message = message_of(WIRE_VERDICT, asked->request);
    message.verdict.outputs = asked->plan.size_count;
    message.verdict.info = (ImageInfo){IMAGE_FORMAT_PNG, 100, 50, 1};
    return message;
}

static void log_text(const WireMessage *asked, const char *text)
{
    WireMessage message = message_of(WIRE_LOG, asked->request);
    message.log.level = LOG_LEVEL_DEBUG;
    g_strlcpy(message.log.text, text, sizeof message.log.text);
    send_or_end(&message, -1);
}

static void do_well(const WireMessage *asked)
{
    /* Backwards, for the order is free. */
    for (guint i = asked->plan.size_count; i-- > 0;) {
        WireMessage output = output_of(asked, i);
        int fd = make_memfd(TRUE);
        send_or_end(&output, fd);
        close(fd);
    }
    WireMessage verdict = verdict_of(asked);
    send_or_end(&verdict, -1);
}

static void refuse(const WireMessage *asked, ImageError code, const char *text)
{
    WireMessage verdict = verdict_of(asked);
    verdict.verdict.refused = 1;
    verdict.verdict.error = code;
    g_strlcpy(verdict.verdict.text, text, sizeof verdict.verdict.text);
    send_or_end(&verdict, -1);
}

/* What it sees of the world it was started in, told as a refusal. */
static void inspect(const WireMessage *asked)
{
    g_autoptr(GString) text = g_string_new("fds");
    for (int fd = 0; fd < 1024; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            g_string_append_printf(text, " %d", fd);
    sigset_t blocked;
    sigprocmask(SIG_SETMASK, NULL, &blocked);
    struct sigaction usr1;
    sigaction(SIGUSR1, NULL, &usr1);
    g_string_append_printf(text, " blocked %d ignored %d", sigismember(&blocked, SIGUSR2),
                           usr1.sa_handler == SIG_IGN);
    for (char **entry = environ; *entry != NULL; entry++)
        if (strstr(*entry, "SAN_OPTIONS") == NULL)
            g_string_append_printf(text, " %s", *entry);
    refuse(asked, IMAGE_ERROR_CORRUPT, text->str);
}

static void send_odd_output(const WireMessage *asked, const WireMessage *output, int fd)
{
    send_or_end(output, fd);
    close(fd);
    WireMessage verdict = verdict_of(asked);
    send_or_end(&verdict, -1);
}

static void leave_unsealed(const WireMessage *asked)
{
    WireMessage output = output_of(asked, 0);
    send_odd_output(asked, &output, make_memfd(FALSE));
}

static void truncate_after_sending(const WireMessage *asked)
{
    WireMessage output = output_of(asked, 0);
    int fd = make_memfd(FALSE);
    send_or_end(&output, fd);
    g_assert_cmpint(ftruncate(fd, 0), ==, 0);
    pause();
}

static void send_too_much(const WireMessage *asked)
{
    WireMessage output = output_of(asked, 0);
    int fd = make_memfd(FALSE);
    g_assert_cmpint(ftruncate(fd, HANDLER_DOUBLE_MAX_OUTPUT + 1), ==, 0);
    g_assert_true(memfd_seal(fd, NULL));
    send_odd_output(asked, &output, fd);
}

static void send_no_memfd(const WireMessage *asked)
{
    WireMessage output = output_of(asked, 0);
    send_odd_output(asked, &output, open("/dev/null", O_RDONLY));
}

static void send_empty(const WireMessage *asked)
{
    WireMessage output = output_of(asked, 0);
    int fd = memfd_new("empty", NULL);
    g_assert_true(memfd_seal(fd, NULL));
    send_odd_output(asked, &output, fd);
}

static void name_no_size(const WireMessage *asked)
{
    WireMessage output = output_of(asked, 0);
    output.output.index = asked->plan.size_count;
    send_odd_output(asked, &output, make_memfd(TRUE));
}

static void send_twice(const WireMessage *asked)
{
    WireMessage output = output_of(asked, 0);
    send_or_end(&output, make_memfd(TRUE));
    send_odd_output(asked, &output, make_memfd(TRUE));
}

static void change_format(const WireMessage *asked)
{
    WireMessage output = output_of(asked, 0);
    output.output.format = IMAGE_FORMAT_JPEG;
    send_odd_output(asked, &output, make_memfd(TRUE));
}

static void name_no_format(const WireMessage *asked)
{
    WireMessage output = output_of(asked, 0);
    output.output.format = 1000;
    send_odd_output(asked, &output, make_memfd(TRUE));
}

static void be_flat(const WireMessage *asked)
{
    WireMessage output = output_of(asked, 0);
    output.output.height = 0;
    send_odd_output(asked, &output, make_memfd(TRUE));
}

static void leave_the_box(const WireMessage *asked)
{
    WireMessage output = output_of(asked, 0);
    output.output.width++;
    send_odd_output(asked, &output, make_memfd(TRUE));
}

static void answer_another(const WireMessage *asked)
{
    WireMessage output = output_of(asked, 0);
    output.request++;
    send_odd_output(asked, &output, make_memfd(TRUE));
}

static void be_brief(const WireMessage *asked)
{
    WireMessage verdict = verdict_of(asked);
    send(WIRE_SOCKET_FD, &verdict, 20, MSG_NOSIGNAL);
    pause();
}

static void skip_outputs(const WireMessage *asked)
{
    WireMessage verdict = verdict_of(asked);
    send_or_end(&verdict, -1);
}

static void refuse_oddly(const WireMessage *asked)
{
    refuse(asked, IMAGE_ERROR_COUNT, "");
}

static void greet_again(const WireMessage *asked)
{
    WireMessage hello = message_of(WIRE_HELLO, asked->request);
    send_or_end(&hello, -1);
    pause();
}

static void send_two_descriptors(const WireMessage *asked)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(2 * sizeof(int))];
    } control = {.space = {0}};
    WireMessage output = output_of(asked, 0);
    struct iovec part = {.iov_base = &output, .iov_len = sizeof output};
    struct msghdr packet = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = &control,
                            .msg_controllen = sizeof control};
    int fds[2] = {make_memfd(TRUE), make_memfd(TRUE)};
    control.header = (struct cmsghdr){
        .cmsg_len = CMSG_LEN(sizeof fds), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.header), fds, sizeof fds);
    sendmsg(WIRE_SOCKET_FD, &packet, MSG_NOSIGNAL);
    pause();
}

static void segfault(G_GNUC_UNUSED const WireMessage *asked)
{
    signal(SIGSEGV, SIG_DFL); /* sanitizers would report it */
    raise(SIGSEGV);
}

static void leave(G_GNUC_UNUSED const WireMessage *asked)
{
    _exit(3);
}

static void hang(G_GNUC_UNUSED const WireMessage *asked)
{
    for (;;)
        pause();
}

static void hang_up(G_GNUC_UNUSED const WireMessage *asked)
{
    close(WIRE_SOCKET_FD);
    hang(asked);
}

static void talk(const WireMessage *asked)
{
    for (;;)
        log_text(asked, "still here");
}

static void fail_to_allocate(const WireMessage *asked)
{
    log_text(asked, "gmem.c:112: failed to allocate 99 bytes");
    raise(SIGTRAP);
}

static void abort_with_much(G_GNUC_UNUSED const WireMessage *asked)
{
    gsize size = memory_bytes / 10 * 7;
    explicit_bzero(malloc(size), size); /* which no optimizer leaves out */
    abort();
}

static void abort_with_little(G_GNUC_UNUSED const WireMessage *asked)
{
    abort();
}

static void talk_out_of_turn(const WireMessage *asked)
{
    do_well(asked);
    WireMessage verdict = verdict_of(asked);
    send_or_end(&verdict, -1);
}

static const struct {
    const char *name;
    void (*act)(const WireMessage *asked);
} habits[] = {
    {"inspects", inspect},
    {"leaves-unsealed", leave_unsealed},
    {"truncates", truncate_after_sending},
    {"sends-too-much", send_too_much},
    {"sends-no-memfd", send_no_memfd},
    {"sends-empty", send_empty},
    {"names-no-size", name_no_size},
    {"sends-twice", send_twice},
    {"changes-format", change_format},
    {"names-no-format", name_no_format},
    {"is-flat", be_flat},
    {"leaves-the-box", leave_the_box},
    {"answers-another", answer_another},
    {"is-brief", be_brief},
    {"skips-outputs", skip_outputs},
    {"refuses-oddly", refuse_oddly},
    {"greets-again", greet_again},
    {"sends-two-descriptors", send_two_descriptors},
    {"segfaults", segfault},
    {"leaves", leave},
    {"hangs", hang},
    {"hangs-up", hang_up},
    {"talks", talk},
    {"fails-to-allocate", fail_to_allocate},
    {"aborts-with-much", abort_with_much},
    {"aborts-with-little", abort_with_little},
    {"talks-out-of-turn", talk_out_of_turn},
};

static void serve(const char *name)
{
    WireMessage hello = message_of(WIRE_HELLO, 0);
    hello.hello.pid = (guint32)getpid();
    if (g_str_equal(name, "is-silent"))
        _exit(4);
    send_or_end(&hello, -1);

    WireMessage asked;
    int source;
    while (wire_receive(WIRE_SOCKET_FD, &asked, &source, -1, NULL) == WIRE_RECEIVED) {
        close(source);
        void (*act)(const WireMessage *) = do_well;
        if (asked.plan.sizes[0].width == HANDLER_DOUBLE_TRIGGER)
            for (gsize i = 0; i < G_N_ELEMENTS(habits); i++)
                if (g_str_equal(name, habits[i].name))
                    act = habits[i].act;
        act(&asked);
    }
}

void handler_double_serve_if_asked(int argc, char **argv)
{
    if (argc != 5 || !g_str_equal(argv[1], "--memory"))
        return;
    memory_bytes = g_ascii_strtoull(argv[2], NULL, 10);
    g_autofree char *name = g_path_get_basename(argv[0]);
    if (confine_self(memory_bytes, atoi(argv[4]), NULL))
        serve(name);
    _exit(0);
}

char *handler_double_program(const char *wrong)
{
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *folder = g_strconcat(self, ".doubles", NULL);
    g_assert_cmpint(g_mkdir_with_parents(folder, 0777), ==, 0);
    char *path = g_build_filename(folder, wrong, NULL);
    if (symlink(self, path) < 0)
        g_assert_cmpint(errno, ==, EEXIST);
    return path;
}

Plan handler_double_plan(guint width, guint sizes)
{
    Plan plan = {.max_pixels = 1000000,
                 .max_output_bytes = HANDLER_DOUBLE_MAX_OUTPUT,
                 .formats = 1u << IMAGE_FORMAT_PNG,
                 .size_count = sizes};
    for (guint i = 0; i < sizes; i++)
        plan.sizes[i] = (PlanSize){
            .width = width + i, .fit = SIZE_FIT_INSIDE, .format = IMAGE_FORMAT_PNG, .quality = 80};
    return plan;
}
