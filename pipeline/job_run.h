/* SPDX-License-Identifier: Apache-2.0
 *
 * A job's attempts, one after another, for as long as trying again can help. Runs in a job thread.
 */
#pragma once

#include "pipeline/job.h"

/* Blocks until there is an outcome; @job->stopping ends the waiting between attempts. */
void job_run(Job *job, const JobTools *tools);
