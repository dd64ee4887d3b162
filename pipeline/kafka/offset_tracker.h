/* SPDX-License-Identifier: Apache-2.0
 *
 * How far one partition may be committed while its records finish in any order. The promise: what
 * it calls committable is never beyond an offset that was received and is not done, and never
 * decreases. Offsets that never arrive (compaction, transactions) hold nothing back. One tracker
 * per assignment of a partition: another assignment is another tracker. Not thread-safe: only the
 * poll thread calls it. */
#pragma once

#include <glib.h>

typedef struct OffsetTracker OffsetTracker;

OffsetTracker *offset_tracker_new(void);
void offset_tracker_free(OffsetTracker *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OffsetTracker, offset_tracker_free)

/* A message arrived at @offset and holds @records (at least 1) records. FALSE: not above the last
 * one received, so it is a repetition and is not tracked. */
gboolean offset_tracker_receive(OffsetTracker *self, gint64 offset, guint records);
/* One record of @offset is done. FALSE: that offset is not open. */
gboolean offset_tracker_finish(OffsetTracker *self, gint64 offset);

/* The offset to commit: the lowest open one, else one past the last received; -1 before any. */
gint64 offset_tracker_committable(const OffsetTracker *self);
/* Offsets kept: from the lowest open one to the last received. Bounds memory and replay. */
guint offset_tracker_span(const OffsetTracker *self);
/* Records received and not done. */
guint offset_tracker_open_records(const OffsetTracker *self);
/* -1: none. */
gint64 offset_tracker_last_received(const OffsetTracker *self);
