/* SPDX-License-Identifier: Apache-2.0
 *
 * Starts the handler program with nothing of ours but one socket: no other descriptor, signal mask,
 * environment or terminal. */
#pragma once

#include "pipeline/pool/handler.h"

#include <sys/types.h>

/* The child finds @socket (borrowed) at WIRE_SOCKET_FD. -1 with HANDLER_ERROR_SPAWN. It ends with
 * the calling thread. */
pid_t handler_spawn(const HandlerPoolOptions *options, int socket,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
