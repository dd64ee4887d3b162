/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/faulty_store.h"

typedef struct {
    ObjectStore parent;
    ObjectStore *inner;
    gint failures; /* atomic */
    gint code;     /* atomic */
    gint delay_ms; /* atomic */
    gint gets;     /* atomic */
    void (*hook)(gpointer);
    gpointer hook_data;
} FaultyStore;

static gboolean fails(ObjectStore *store, GError **error)
{
    FaultyStore *self = (FaultyStore *)store;
    for (;;) {
        gint left = g_atomic_int_get(&self->failures);
        if (left == 0)
            return FALSE;
        if (g_atomic_int_compare_and_exchange(&self->failures, left, left - 1))
            break;
    }
    g_set_error_literal(error, OBJECT_STORE_ERROR, g_atomic_int_get(&self->code), "as told");
    return TRUE;
}

static ObjectInfo *head(ObjectStore *store, const char *bucket, const char *key,
                        GCancellable *cancellable, GError **error)
{
    if (fails(store, error))
        return NULL;
    return object_store_head(((FaultyStore *)store)->inner, bucket, key, cancellable, error);
}

static ObjectInfo *get(ObjectStore *store, const char *bucket, const char *key,
                       const ObjectGet *options, int fd, GCancellable *cancellable, GError **error)
{
    FaultyStore *self = (FaultyStore *)store;
    g_atomic_int_inc(&self->gets);
    gint64 end =
        g_get_monotonic_time() + g_atomic_int_get(&self->delay_ms) * G_TIME_SPAN_MILLISECOND;
    while (g_get_monotonic_time() < end && !g_cancellable_is_cancelled(cancellable))
        g_usleep(5 * G_TIME_SPAN_MILLISECOND);
    if (fails(store, error))
        return NULL;
    return object_store_get(self->inner, bucket, key, options, fd, cancellable, error);
}

static char *put(ObjectStore *store, const char *bucket, const char *key, GBytes *bytes,
                 const ObjectInfo *info, GCancellable *cancellable, GError **error)
{
    if (fails(store, error))
        return NULL;
    FaultyStore *self = (FaultyStore *)store;
    char *etag = object_store_put(self->inner, bucket, key, bytes, info, cancellable, error);
    void (*hook)(gpointer) = g_steal_pointer(&self->hook);
    if (hook != NULL)
        hook(self->hook_data);
    return etag;
}

static gboolean remove_object(ObjectStore *store, const char *bucket, const char *key,
                              GCancellable *cancellable, GError **error)
{
    if (fails(store, error))
        return FALSE;
    return object_store_remove(((FaultyStore *)store)->inner, bucket, key, cancellable, error);
}

static void free_store(ObjectStore *store)
{
    object_store_free(((FaultyStore *)store)->inner);
    g_free(store);
}

ObjectStore *faulty_store_new(ObjectStore *inner)
{
    /* Like a store across a network: outputs are not looked at first. */
    static const ObjectStoreClass class = {
        .name = "faulty",
        .head_is_cheap = FALSE,
        .head = head,
        .get = get,
        .put = put,
        .remove = remove_object,
        .free = free_store,
    };
    FaultyStore *self = g_new0(FaultyStore, 1);
    self->parent.class = &class;
    self->inner = inner;
    return &self->parent;
}

void faulty_store_fail(ObjectStore *store, guint times, ObjectStoreError code)
{
    g_atomic_int_set(&((FaultyStore *)store)->code, (gint)code);
    g_atomic_int_set(&((FaultyStore *)store)->failures, (gint)times);
}

void faulty_store_slow_down(ObjectStore *store, guint delay_ms)
{
    g_atomic_int_set(&((FaultyStore *)store)->delay_ms, (gint)delay_ms);
}

guint faulty_store_gets(ObjectStore *store)
{
    return (guint)g_atomic_int_get(&((FaultyStore *)store)->gets);
}

void faulty_store_after_put(ObjectStore *store, void (*hook)(gpointer), gpointer user_data)
{
    ((FaultyStore *)store)->hook = hook;
    ((FaultyStore *)store)->hook_data = user_data;
}
