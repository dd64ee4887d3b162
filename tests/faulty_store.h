/* SPDX-License-Identifier: Apache-2.0
 *
 * An object store that passes everything to another one, after failing as often as it is told to.
 */
#pragma once

#include "pipeline/stores/object_store.h"

/* (transfer full) @inner. */
ObjectStore *faulty_store_new(ObjectStore *inner);
/* The next @times calls fail with @code; any thread. */
void faulty_store_fail(ObjectStore *store, guint times, ObjectStoreError code);
/* Every get takes this long, or until it is cancelled. */
void faulty_store_slow_down(ObjectStore *store, guint delay_ms);
/* @hook runs once, after the next put. */
void faulty_store_after_put(ObjectStore *store, void (*hook)(gpointer), gpointer user_data);
/* Gets that began, over its life. */
guint faulty_store_gets(ObjectStore *store);
