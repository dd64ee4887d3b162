/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/commands/signals.h"

#include <signal.h>
#include <unistd.h>

static struct {
    GMutex lock;
    Pipeline *pipeline;
    gboolean stopping;
} synced;

static void fill(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
}

static void stop(void)
{
    g_mutex_lock(&synced.lock);
    synced.stopping = TRUE;
    if (synced.pipeline != NULL)
        pipeline_stop(synced.pipeline);
    g_mutex_unlock(&synced.lock);
}

static gpointer wait_for_signals(gpointer data)
{
    (void)data;
    sigset_t set;
    fill(&set);
    int number;
    if (sigwait(&set, &number) == 0)
        stop();
    if (sigwait(&set, &number) == 0)
        _exit(128 + number);
    return NULL;
}

void signals_start(void)
{
    sigset_t set;
    fill(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    g_thread_unref(g_thread_new("signals", wait_for_signals, NULL));
}

void signals_direct_to(Pipeline *pipeline)
{
    g_mutex_lock(&synced.lock);
    synced.pipeline = pipeline;
    if (pipeline != NULL && synced.stopping)
        pipeline_stop(pipeline);
    g_mutex_unlock(&synced.lock);
}
