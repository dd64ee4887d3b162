/* SPDX-License-Identifier: Apache-2.0
 *
 * One attempt at a job, told as a story: is it fresh already, fetch, resize, store, look again.
 * Runs in a job thread. */
#pragma once

#include "pipeline/job.h"

/* TRUE: the job has an outcome. FALSE with @error of a store, a handler or the image: see retry.h.
 */
gboolean job_attempt(Job *job, const JobTools *tools, GError **error) G_GNUC_WARN_UNUSED_RESULT;
