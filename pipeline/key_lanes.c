/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/key_lanes.h"

struct KeyLanes {
    GHashTable *lanes; /* "bucket/key" → GQueue of those that wait; present: one is running */
};

KeyLanes *key_lanes_new(void)
{
    KeyLanes *self = g_new0(KeyLanes, 1);
    self->lanes =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_queue_free);
    return self;
}

void key_lanes_free(KeyLanes *self)
{
    if (self == NULL)
        return;
    g_hash_table_unref(self->lanes);
    g_free(self);
}

gboolean key_lanes_enter(KeyLanes *self, const char *bucket, const char *key, gpointer job)
{
    /* A bucket's name holds no slash, so two objects never share a lane. */
    g_autofree char *name = g_strconcat(bucket, "/", key, NULL);
    GQueue *waiting = g_hash_table_lookup(self->lanes, name);
    if (waiting != NULL) {
        g_queue_push_tail(waiting, job);
        return FALSE;
    }
    g_hash_table_insert(self->lanes, g_steal_pointer(&name), g_queue_new());
    return TRUE;
}

gpointer key_lanes_leave(KeyLanes *self, const char *bucket, const char *key)
{
    g_autofree char *name = g_strconcat(bucket, "/", key, NULL);
    GQueue *waiting = g_hash_table_lookup(self->lanes, name);
    g_assert(waiting != NULL);
    gpointer next = g_queue_pop_head(waiting);
    if (next == NULL)
        g_hash_table_remove(self->lanes, name);
    return next;
}
