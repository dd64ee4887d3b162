/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/commands/command.h"

#include <locale.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

static const Command *const commands[] = {
    &run_command,
    &check_command,
    &version_command,
};

static const Command *find_command(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static char *describe_commands(void)
{
    g_autoptr(GString) text = g_string_new("Commands:\n");
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++)
        g_string_append_printf(text, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    g_string_append(text, "\n`thumbpipe COMMAND --help` says more of one command.");
    return g_string_free(g_steal_pointer(&text), FALSE);
}

/* Reads the options before the command's name (@command NULL) or after it. Both places take the
 * same, as people put -c in either. */
static gboolean read_options(const Command *command, int *argc, char ***argv,
                             CommandOptions *options, gboolean *version)
{
    const GOptionEntry entries[] = {
        {"config", 'c', 0, G_OPTION_ARG_FILENAME, &options->config_path,
         "Configuration file (./thumbpipe.yaml, then " SYSCONFDIR "/thumbpipe/thumbpipe.yaml)",
         "FILE"},
        {"log-level", 0, 0, G_OPTION_ARG_STRING, &options->log_level, "debug, info, warn or error",
         "LEVEL"},
        {"log-format", 0, 0, G_OPTION_ARG_STRING, &options->log_format,
         "auto, pretty, json or logfmt", "FORMAT"},
        {"version", 0, 0, G_OPTION_ARG_NONE, version, "Print the versions and exit", NULL},
        {0},
    };
    g_autofree char *usage =
        command == NULL ? g_strdup("COMMAND") : g_strdup_printf("%s", command->name);
    g_autofree char *summary = command == NULL ? describe_commands() : g_strdup(command->summary);
    g_autoptr(GOptionContext) context = g_option_context_new(usage);
    g_option_context_set_strict_posix(context, command == NULL);
    g_option_context_set_summary(context, summary);
    if (command != NULL && command->description != NULL)
        g_option_context_set_description(context, command->description);
    g_option_context_add_main_entries(context, entries, NULL);
    g_autoptr(GError) error = NULL;
    if (g_option_context_parse(context, argc, argv, &error))
        return TRUE;
    fprintf(stderr, "thumbpipe: %s; see thumbpipe --help\n", error->message);
    return FALSE;
}

int main(int argc, char **argv)
{
    /* Only characters: numbers, dates and signatures must look the same everywhere. */
    setlocale(LC_CTYPE, "C.UTF-8");
    /* Many threads that hold little: two arenas keep the resident size down by a third (measured).
     */
    mallopt(M_ARENA_MAX, 2);
    g_set_prgname("thumbpipe");

    CommandOptions options = {0};
    gboolean version = FALSE;
    if (!read_options(NULL, &argc, &argv, &options, &version))
        return COMMAND_USAGE;
    if (version)
        return version_command.run(&options);
    if (argc < 2) {
        fprintf(stderr, "thumbpipe: which command? see thumbpipe --help\n");
        return COMMAND_USAGE;
    }
    const Command *command = find_command(argv[1]);
    if (command == NULL) {
        fprintf(stderr, "thumbpipe: no command '%s'; see thumbpipe --help\n", argv[1]);
        return COMMAND_USAGE;
    }
    argc--;
    argv++;
    if (!read_options(command, &argc, &argv, &options, &version))
        return COMMAND_USAGE;
    if (argc > 1) {
        fprintf(stderr, "thumbpipe: %s takes no '%s'; see thumbpipe %s --help\n", command->name,
                argv[1], command->name);
        return COMMAND_USAGE;
    }
    return command->run(&options);
}
