/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/memory_budget.h"

#define LOOK_UP_EVERY_US (100 * G_TIME_SPAN_MILLISECOND)

struct MemoryBudget {
    guint64 limit;
    struct {
        GMutex lock;
        GCond changed;
        guint64 used;
    } synced;
};

MemoryBudget *memory_budget_new(guint64 limit_bytes)
{
    MemoryBudget *self = g_new0(MemoryBudget, 1);
    self->limit = limit_bytes;
    g_mutex_init(&self->synced.lock);
    g_cond_init(&self->synced.changed);
    return self;
}

void memory_budget_free(MemoryBudget *self)
{
    if (self == NULL)
        return;
    g_mutex_clear(&self->synced.lock);
    g_cond_clear(&self->synced.changed);
    g_free(self);
}

static gboolean fits_synced(const MemoryBudget *self, guint64 bytes)
{
    return self->synced.used == 0 ||
           (self->synced.used < self->limit && bytes <= self->limit - self->synced.used);
}

gboolean memory_budget_take(MemoryBudget *self, guint64 bytes, const gint *stop)
{
    g_mutex_lock(&self->synced.lock);
    while (!fits_synced(self, bytes) && !g_atomic_int_get(stop))
        g_cond_wait_until(&self->synced.changed, &self->synced.lock,
                          g_get_monotonic_time() + LOOK_UP_EVERY_US);
    gboolean taken = !g_atomic_int_get(stop);
    if (taken)
        self->synced.used += bytes;
    g_mutex_unlock(&self->synced.lock);
    return taken;
}

void memory_budget_change(MemoryBudget *self, guint64 from_bytes, guint64 to_bytes)
{
    g_mutex_lock(&self->synced.lock);
    g_assert(self->synced.used >= from_bytes);
    self->synced.used += to_bytes - from_bytes;
    g_cond_broadcast(&self->synced.changed);
    g_mutex_unlock(&self->synced.lock);
}

guint64 memory_budget_used(MemoryBudget *self)
{
    g_mutex_lock(&self->synced.lock);
    guint64 used = self->synced.used;
    g_mutex_unlock(&self->synced.lock);
    return used;
}
