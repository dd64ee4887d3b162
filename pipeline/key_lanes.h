/* SPDX-License-Identifier: Apache-2.0
 *
 * Events of one object never run at the same time: the second waits in the object's lane until the
 * first has left it. Order within a lane is order of arrival. Not thread-safe: only the poll thread
 * calls it. */
#pragma once

#include <glib.h>

typedef struct KeyLanes KeyLanes;

KeyLanes *key_lanes_new(void);
void key_lanes_free(KeyLanes *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KeyLanes, key_lanes_free)

/* TRUE: the lane was empty and @job may run; else it waits. @job is not owned. */
gboolean key_lanes_enter(KeyLanes *self, const char *bucket, const char *key, gpointer job);
/* The one that ran in the lane has ended; returns the next, which may run now, or NULL. */
gpointer key_lanes_leave(KeyLanes *self, const char *bucket, const char *key);
