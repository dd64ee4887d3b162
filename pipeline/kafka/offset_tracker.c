/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/kafka/offset_tracker.h"

typedef struct {
    gint64 offset;
    guint open_records;
} Entry;

struct OffsetTracker {
    GArray *entries; /* of Entry, offsets ascending; those before first are done and gone */
    guint first;
    guint open_records;
    gint64 last_received; /* -1: none */
};

OffsetTracker *offset_tracker_new(void)
{
    OffsetTracker *self = g_new0(OffsetTracker, 1);
    self->entries = g_array_new(FALSE, FALSE, sizeof(Entry));
    self->last_received = -1;
    return self;
}

void offset_tracker_free(OffsetTracker *self)
{
    if (self == NULL)
        return;
    g_array_unref(self->entries);
    g_free(self);
}

gboolean offset_tracker_receive(OffsetTracker *self, gint64 offset, guint records)
{
    g_assert(records > 0);
    if (offset <= self->last_received)
        return FALSE;
    Entry entry = {.offset = offset, .open_records = records};
    g_array_append_val(self->entries, entry);
    self->last_received = offset;
    self->open_records += records;
    return TRUE;
}

static Entry *find_entry(OffsetTracker *self, gint64 offset)
{
    guint low = self->first;
    guint high = self->entries->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        Entry *entry = &g_array_index(self->entries, Entry, middle);
        if (entry->offset == offset)
            return entry;
        if (entry->offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static void drop_finished_head(OffsetTracker *self)
{
    while (self->first < self->entries->len &&
           g_array_index(self->entries, Entry, self->first).open_records == 0)
        self->first++;
    /* Moving the rest down only when half is gone keeps the cost per offset constant. */
    if (self->first > 64 && self->first * 2 > self->entries->len) {
        g_array_remove_range(self->entries, 0, self->first);
        self->first = 0;
    }
}

gboolean offset_tracker_finish(OffsetTracker *self, gint64 offset)
{
    Entry *entry = find_entry(self, offset);
    if (entry == NULL || entry->open_records == 0)
        return FALSE;
    entry->open_records--;
    self->open_records--;
    drop_finished_head(self);
    return TRUE;
}

gint64 offset_tracker_committable(const OffsetTracker *self)
{
    if (self->first < self->entries->len)
        return g_array_index(self->entries, Entry, self->first).offset;
    return self->last_received < 0 ? -1 : self->last_received + 1;
}

guint offset_tracker_span(const OffsetTracker *self)
{
    return self->entries->len - self->first;
}

guint offset_tracker_open_records(const OffsetTracker *self)
{
    return self->open_records;
}

gint64 offset_tracker_last_received(const OffsetTracker *self)
{
    return self->last_received;
}
