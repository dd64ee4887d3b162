/* SPDX-License-Identifier: Apache-2.0
 *
 * Everything a job needs, for real: a folder with one bucket behind a faulty store, rules for two
 * sizes, a pool of handler processes. Each world has a folder of its own, gone with it. */
#pragma once

#include "pipeline/job.h"

#define WORLD_BUCKET "photos"
#define WORLD_PHOTO  "testdata/images/phone-portrait.jpg"

typedef struct {
    char *root;
    Config *config;
    Rules *rules;
    ObjectStore *store; /* a faulty_store over the folder */
    HandlerPool *pool;
    MemoryBudget *budget;
    JobTools tools;
} World;

/* Call once in main(), with argv[0]: the handler program lies beside the tests' folder. */
void world_init(const char *program);
World *world_new(void);
void world_free(World *world);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(World, world_free)

/* Puts a copy of the file @source into the bucket. */
void world_put(const World *world, const char *key, const char *source);
void world_put_text(const World *world, const char *key, const char *text);
gboolean world_has(const World *world, const char *key);
/* The thumbnails of both sizes. */
guint world_count_thumbnails(const World *world);
