/* SPDX-License-Identifier: Apache-2.0 */
#include "handlers/confine.h"

#include <errno.h>
#include <gio/gio.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* The three standard ones, the socket, a source, an output, and what a library opens for a moment.
 */
#define MAX_DESCRIPTORS 64

/* Signals that reach a whole process group or control group (Ctrl-C, `systemctl stop`) are meant
 * for the parent, which still drains: a handler ends when its socket closes. SIGXFSZ and SIGPIPE
 * are to be errors of the call that met them. */
static const int ignored_signals[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGXFSZ, SIGPIPE};

static gboolean fail(GError **error, const char *what)
{
    int code = errno;
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(code), "%s: %s", what, g_strerror(code));
    return FALSE;
}

static gboolean limit(int resource, const char *name, guint64 value, GError **error)
{
    struct rlimit bound = {.rlim_cur = value, .rlim_max = value};
    if (setrlimit(resource, &bound) < 0)
        return fail(error, name);
    return TRUE;
}

gboolean confine_self(guint64 memory_bytes, pid_t parent, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(ignored_signals); i++)
        signal(ignored_signals[i], SIG_IGN);

    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
        return fail(error, "asking to end with the parent");
    /* A parent that died before that call sends no signal. */
    if (getppid() != parent) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_FAILED, "the parent is gone");
        return FALSE;
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return fail(error, "giving up new privileges");

    if (!CONFINE_HAS_ADDRESS_SANITIZER && !limit(RLIMIT_AS, "RLIMIT_AS", memory_bytes, error))
        return FALSE;
    /* The pages of a memfd are not in RLIMIT_AS; its size at least is bounded. */
    return limit(RLIMIT_FSIZE, "RLIMIT_FSIZE", memory_bytes, error) &&
           limit(RLIMIT_NOFILE, "RLIMIT_NOFILE", MAX_DESCRIPTORS, error) &&
           limit(RLIMIT_CORE, "RLIMIT_CORE", 0, error);
}
