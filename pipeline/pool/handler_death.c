/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/pool/handler_death.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PARTING_MS 1000 /* between the end of its socket and its own end */

/* The status as of waitpid(); 0 when whoever started us had SIGCHLD ignored. */
static int reap(pid_t pid, struct rusage *usage)
{
    int status = 0;
    *usage = (struct rusage){0};
    while (wait4(pid, &status, 0, usage) < 0 && errno == EINTR)
        ;
    return status;
}

void handler_death_bring(pid_t pid)
{
    struct rusage usage;
    kill(pid, SIGKILL);
    reap(pid, &usage);
}

static gboolean ends_by_itself(pid_t pid)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (fd < 0)
        return FALSE;
    struct pollfd ended = {.fd = fd, .events = POLLIN};
    gboolean by_itself = poll(&ended, 1, PARTING_MS) > 0;
    close(fd);
    return by_itself;
}

/* GLib aborts when memory runs out, and the kernel kills. A peak of 60 % of the limit counts as a
 * sign: what was refused is not in the peak. */
static gboolean died_of_memory(int status, const HandlerMemory *memory, guint64 peak_bytes)
{
    int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (signal != SIGTRAP && signal != SIGABRT && signal != SIGKILL)
        return FALSE;
    return memory->lacking ||
           (peak_bytes > memory->inherited_bytes && peak_bytes >= memory->limit_bytes / 5 * 3);
}

void handler_death_explain(pid_t pid, const HandlerMemory *memory, GError **error)
{
    struct rusage usage;
    gboolean by_itself = ends_by_itself(pid);
    kill(pid, SIGKILL); /* changes nothing for one that has ended */
    int status = reap(pid, &usage);
    guint64 peak_bytes = (guint64)usage.ru_maxrss * 1024;

    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && !by_itself)
        g_set_error_literal(error, HANDLER_ERROR, HANDLER_ERROR_CRASHED, "closed its socket");
    else if (died_of_memory(status, memory, peak_bytes))
        g_set_error(error, HANDLER_ERROR, HANDLER_ERROR_MEMORY,
                    "ran out of memory (signal %d, peak %" G_GUINT64_FORMAT " MiB)",
                    WTERMSIG(status), peak_bytes >> 20);
    else if (WIFSIGNALED(status))
        g_set_error(error, HANDLER_ERROR, HANDLER_ERROR_CRASHED, "died of signal %d (%s)",
                    WTERMSIG(status), g_strsignal(WTERMSIG(status)));
    else
        g_set_error(error, HANDLER_ERROR, HANDLER_ERROR_CRASHED, "ended with exit status %d",
                    WEXITSTATUS(status));
}
