/* SPDX-License-Identifier: Apache-2.0
 *
 * SIGTERM and SIGINT: the first stops the pipeline gracefully, the second ends the process at once.
 * A thread of its own waits for them, so that neither a long drain nor a hanging broker can hold
 * the second one up. SIGPIPE is ignored: a peer that went away is an error code. */
#pragma once

#include "pipeline/pipeline.h"

/* Call once, before any other thread is started. */
void signals_start(void);
/* Where the first signal goes; one that came before waits for it. NULL: nowhere any more. */
void signals_direct_to(Pipeline *pipeline);
