/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/pool/handler_spawn.h"

#include "handlers/confine.h"
#include "handlers/wire.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

/* All that a handler needs of an environment. VIPS_NOVECTOR: the Orc compiler of libvips 8.14
 * writes executable files. MALLOC_ARENA_MAX: halves what libvips' threads keep (measured). TZ: lcms
 * asks for the time zone, which the cage would refuse to open. */
static const char *const environment[] = {"LANG=C", "TZ=UTC0", "VIPS_NOVECTOR=1",
                                          "MALLOC_ARENA_MAX=2"};
static const char *const sanitizer_options[] = {"ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"};

static GStrv make_environment(const HandlerPoolOptions *options)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    for (gsize i = 0; i < G_N_ELEMENTS(environment); i++)
        g_strv_builder_add(builder, environment[i]);
    for (gsize i = 0; i < G_N_ELEMENTS(sanitizer_options); i++) {
        const char *value = g_getenv(sanitizer_options[i]);
        g_autofree char *entry = value ? g_strconcat(sanitizer_options[i], "=", value, NULL) : NULL;
        /* Stands in for RLIMIT_AS, which AddressSanitizer cannot live with. */
        if (i == 0 && CONFINE_HAS_ADDRESS_SANITIZER) {
            char *limited = g_strdup_printf("ASAN_OPTIONS=%s:hard_rss_limit_mb=%" G_GUINT64_FORMAT,
                                            value ? value : "", options->memory_bytes >> 20);
            g_free(entry);
            entry = limited;
        }
        if (entry != NULL)
            g_strv_builder_add(builder, entry);
    }
    return g_strv_builder_end(builder);
}

/* A handler logs over its socket: standard error would let an image forge our log lines. Only the
 * reports of sanitizers have no other way out. */
static gboolean keeps_stderr(void)
{
    return CONFINE_HAS_ADDRESS_SANITIZER || g_getenv("ASAN_OPTIONS") || g_getenv("UBSAN_OPTIONS");
}

static int add_descriptors(posix_spawn_file_actions_t *actions, int socket)
{
    /* The socket first: it could itself be one of those opened after it. */
    int failed = posix_spawn_file_actions_adddup2(actions, socket, WIRE_SOCKET_FD);
    if (!failed)
        failed = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (!failed)
        failed = posix_spawn_file_actions_addopen(actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    if (!failed && !keeps_stderr())
        failed = posix_spawn_file_actions_addopen(actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    /* Whatever another thread or library opened without close-on-exec. */
    if (!failed)
        failed = posix_spawn_file_actions_addclosefrom_np(actions, WIRE_SOCKET_FD + 1);
    return failed;
}

static int set_signals(posix_spawnattr_t *attributes)
{
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    int failed = posix_spawnattr_setsigmask(attributes, &none);
    if (!failed)
        failed = posix_spawnattr_setsigdefault(attributes, &all);
    if (!failed)
        failed =
            posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    return failed;
}

pid_t handler_spawn(const HandlerPoolOptions *options, int socket, GError **error)
{
    g_auto(GStrv) child_environment = make_environment(options);
    g_autofree char *memory = g_strdup_printf("%" G_GUINT64_FORMAT, options->memory_bytes);
    g_autofree char *parent = g_strdup_printf("%d", (int)getpid());
    char *const arguments[] = {
        (char *)options->program, "--memory", memory, "--parent", parent, NULL,
    };
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);

    pid_t pid = -1;
    int failed = add_descriptors(&actions, socket);
    if (!failed)
        failed = set_signals(&attributes);
    if (!failed)
        failed = posix_spawn(&pid, options->program, &actions, &attributes, arguments,
                             child_environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (!failed)
        return pid;
    g_set_error(error, HANDLER_ERROR, HANDLER_ERROR_SPAWN, "starting %s: %s", options->program,
                g_strerror(failed));
    return -1;
}
