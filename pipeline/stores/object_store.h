/* SPDX-License-Identifier: Apache-2.0
 *
 * Storage as the pipeline sees it: a few verbs, implemented beside this header. All calls block,
 * and any thread may make them at once. Any key is legal; the same object comes out that went in.
 * Errors are named for what the caller does next; the message says what the server said. */
#pragma once

#include "config/config.h"

#include <gio/gio.h>

#define OBJECT_STORE_ERROR object_store_error_quark()
GQuark object_store_error_quark(void);
typedef enum {
    OBJECT_STORE_ERROR_GONE,          /* no such object: skip */
    OBJECT_STORE_ERROR_DENIED,        /* this object was refused: dead letter */
    OBJECT_STORE_ERROR_MISCONFIGURED, /* credentials, signature, bucket, endpoint: someone must act
                                       */
    OBJECT_STORE_ERROR_UNAVAILABLE,   /* try again later */
    OBJECT_STORE_ERROR_TOO_LARGE,     /* over max_bytes: dead letter */
    OBJECT_STORE_ERROR_CORRUPT,       /* the transfer did not add up: try again */
    OBJECT_STORE_ERROR_UNWANTED,      /* `accept` said no to the first bytes */
    OBJECT_STORE_ERROR_CANCELLED,
} ObjectStoreError;

typedef struct {
    gint64 size;
    char *etag;         /* without quotes; NULL when the server gave none */
    char *content_type; /* NULL when the server gave none */
    GHashTable
        *metadata; /* user metadata: lower-case name without x-amz-meta- → value; never NULL */
} ObjectInfo;
ObjectInfo *object_info_new(void);
void object_info_free(ObjectInfo *info);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ObjectInfo, object_info_free)

typedef struct {
    gsize max_bytes; /* more is OBJECT_STORE_ERROR_TOO_LARGE, as soon as it is known */
    /* Called once with the first bytes (at least 32, or all there are); FALSE drops the transfer
     * (OBJECT_STORE_ERROR_UNWANTED). May be NULL. */
    gboolean (*accept)(const guint8 *head, gsize size, const ObjectInfo *info, gpointer user_data);
    gpointer user_data;
} ObjectGet;

typedef struct ObjectStore ObjectStore;

/* One implementation. Every `error` is an OBJECT_STORE_ERROR. */
typedef struct {
    const char *name;
    gboolean head_is_cheap; /* no network round trip: outputs may be looked at before each job */
    ObjectInfo *(*head)(ObjectStore *self, const char *bucket, const char *key,
                        GCancellable *cancellable, GError **error);
    /* Appends the object to @fd (a memfd of the caller's; emptied again before a retry within).
     * Success means the whole object: status, length and, where the ETag can be one, MD5 agree. */
    ObjectInfo *(*get)(ObjectStore *self, const char *bucket, const char *key,
                       const ObjectGet *options, int fd, GCancellable *cancellable, GError **error);
    /* Stores @bytes under @info's content_type and metadata (its size and etag are ignored);
     * returns the ETag of what was stored (transfer full). Success means that the server has it. */
    char *(*put)(ObjectStore *self, const char *bucket, const char *key, GBytes *bytes,
                 const ObjectInfo *info, GCancellable *cancellable, GError **error);
    /* No such object is success. */
    gboolean (*remove)(ObjectStore *self, const char *bucket, const char *key,
                       GCancellable *cancellable, GError **error);
    void (*free)(ObjectStore *self);
} ObjectStoreClass;

/* What every implementation's struct begins with. */
struct ObjectStore {
    const ObjectStoreClass *class;
};

/* The store that @config names. OBJECT_STORE_ERROR_MISCONFIGURED when it cannot be set up (a bad
 * endpoint, no credentials, no such folder); makes no request. */
ObjectStore *object_store_new(const StorageConfig *config,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
void object_store_free(ObjectStore *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ObjectStore, object_store_free)

ObjectInfo *object_store_head(ObjectStore *store, const char *bucket, const char *key,
                              GCancellable *cancellable, GError **error) G_GNUC_WARN_UNUSED_RESULT;
ObjectInfo *object_store_get(ObjectStore *store, const char *bucket, const char *key,
                             const ObjectGet *options, int fd, GCancellable *cancellable,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
char *object_store_put(ObjectStore *store, const char *bucket, const char *key, GBytes *bytes,
                       const ObjectInfo *info, GCancellable *cancellable,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean object_store_remove(ObjectStore *store, const char *bucket, const char *key,
                             GCancellable *cancellable, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The implementations, for object_store_new() and their tests. */
ObjectStore *s3_store_new(const StorageConfig *config, GError **error) G_GNUC_WARN_UNUSED_RESULT;
ObjectStore *directory_store_new(const StorageConfig *config,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
