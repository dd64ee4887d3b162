/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/commands/command.h"

#include "pipeline/kafka/kafka.h"
#include "pipeline/stores/object_store.h"

#include <stdio.h>

#define LOCAL_PATH  "thumbpipe.yaml"
#define SYSTEM_PATH SYSCONFDIR "/thumbpipe/thumbpipe.yaml"

CommandStatus command_status(const GError *error)
{
    if (error->domain == CONFIG_ERROR ||
        g_error_matches(error, KAFKA_ERROR, KAFKA_ERROR_CONFIGURATION) ||
        g_error_matches(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_MISCONFIGURED))
        return COMMAND_CONFIGURATION;
    return COMMAND_INTERNAL;
}

CommandStatus command_fail(const GError *error)
{
    fprintf(stderr, "%s%s\n", error->domain == CONFIG_ERROR ? "" : "thumbpipe: ", error->message);
    return command_status(error);
}

static const char *find_path(const CommandOptions *options)
{
    if (options->config_path != NULL)
        return options->config_path;
    return g_file_test(LOCAL_PATH, G_FILE_TEST_EXISTS) ? LOCAL_PATH : SYSTEM_PATH;
}

Config *command_load_config(const CommandOptions *options)
{
    g_auto(GStrv) environment = g_get_environ();
    /* A flag is the same setting said louder: it takes the variable's place. */
    if (options->log_level != NULL)
        environment =
            g_environ_setenv(environment, "THUMBPIPE_LOG_LEVEL", options->log_level, TRUE);
    if (options->log_format != NULL)
        environment =
            g_environ_setenv(environment, "THUMBPIPE_LOG_FORMAT", options->log_format, TRUE);
    const char *path = find_path(options);
    if (options->config_path == NULL && !g_file_test(path, G_FILE_TEST_EXISTS)) {
        fprintf(stderr, "thumbpipe: no configuration: neither ./" LOCAL_PATH " nor " SYSTEM_PATH
                        " exists; name one with -c FILE\n");
        return NULL;
    }
    g_autoptr(GError) error = NULL;
    Config *config = config_load(path, environment, &error);
    if (config == NULL)
        command_fail(error);
    return config;
}
