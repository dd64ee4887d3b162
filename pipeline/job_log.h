/* SPDX-License-Identifier: Apache-2.0
 *
 * What is said of a job: the same fields in the same order on every line. */
#pragma once

#include "pipeline/job.h"
#include "pipeline/observe/log.h"

/* Which object, and where in the topic. */
void job_log_origin(LogLine *line, const Job *job);
/* The canonical line of its outcome. */
void job_log(const Job *job);
