/* SPDX-License-Identifier: Apache-2.0
 *
 * The subcommands: a file each, one row each in the table of main.c. */
#pragma once

#include "config/config.h"

/* sysexits(3), as interface and unit files rely on them. */
typedef enum {
    COMMAND_OK = 0,
    COMMAND_USAGE = 64,
    COMMAND_INTERNAL = 70,
    COMMAND_CONFIGURATION = 78,
} CommandStatus;

/* What stood before the subcommand's name. */
typedef struct {
    const char *config_path; /* NULL: the usual places */
    const char *log_level;   /* NULL: as configured */
    const char *log_format;  /* NULL: as configured */
} CommandOptions;

typedef struct {
    const char *name;
    const char *summary;
    const char *description;
    CommandStatus (*run)(const CommandOptions *options);
} Command;

extern const Command run_command;
extern const Command check_command;
extern const Command version_command;

/* The configuration that @options name, with environment and command line laid over it; NULL after
 * having said on standard error what is wrong. */
Config *command_load_config(const CommandOptions *options) G_GNUC_WARN_UNUSED_RESULT;
/* The status that goes with @error. */
CommandStatus command_status(const GError *error);
/* Says @error on standard error as a user reads it and gives the status that goes with it. */
CommandStatus command_fail(const GError *error);
