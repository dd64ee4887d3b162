/* SPDX-License-Identifier: Apache-2.0
 *
 * jobs.memory: the source and output bytes held at once. A source waits until there is room for it;
 * outputs, whose size is known only when they exist, are added without waiting and hold back the
 * next source. A source larger than the whole budget is admitted alone. Any thread. */
#pragma once

#include <glib.h>

typedef struct MemoryBudget MemoryBudget;

MemoryBudget *memory_budget_new(guint64 limit_bytes);
void memory_budget_free(MemoryBudget *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MemoryBudget, memory_budget_free)

/* Blocks until @bytes fit. FALSE: *@stop (read atomically, several times a second) became non-zero.
 */
gboolean memory_budget_take(MemoryBudget *self, guint64 bytes,
                            const gint *stop) G_GNUC_WARN_UNUSED_RESULT;
/* Replaces what one holder took; never blocks. */
void memory_budget_change(MemoryBudget *self, guint64 from_bytes, guint64 to_bytes);
guint64 memory_budget_used(MemoryBudget *self);
