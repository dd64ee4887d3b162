/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/commands/command.h"
#include "pipeline/kafka/kafka.h"

#include <stdio.h>

static CommandStatus run(const CommandOptions *options)
{
    (void)options;
    printf("thumbpipe %s\nlibrdkafka %s\nGLib %u.%u.%u\n", VERSION, kafka_library_version(),
           glib_major_version, glib_minor_version, glib_micro_version);
    return COMMAND_OK;
}

const Command version_command = {
    .name = "version",
    .summary = "print the versions of the program and its libraries",
    .run = run,
};
