/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/world.h"

#include "pipeline/observe/log.h"
#include "tests/faulty_store.h"

#include <glib/gstdio.h>
#include <string.h>

static char *handler_program;

void world_init(const char *program)
{
    g_autofree char *folder = g_path_get_dirname(program);
    handler_program = g_build_filename(folder, "..", "thumbpipe-handler", NULL);
    log_set_level(LOG_LEVEL_ERROR);
}

static Config *make_config(const char *root)
{
    g_autofree char *text =
        g_strdup_printf("kafka: {brokers: \"b:1\", topics: [uploads]}\n"
                        "storage: {kind: directory, root: \"%s\"}\n"
                        "sizes: {small: {width: 64, height: 64}, wide: {width: 96}}\n"
                        "shutdown: {drain: 5s}\n",
                        root);
    static char *no_environment[] = {NULL};
    GError *error = NULL;
    Config *config = config_parse("test.yaml", text, strlen(text), no_environment, &error);
    g_assert_no_error(error);
    return config;
}

World *world_new(void)
{
    World *world = g_new0(World, 1);
    world->root = g_dir_make_tmp("thumbpipe-XXXXXX", NULL);
    g_autofree char *bucket = g_build_filename(world->root, WORLD_BUCKET, NULL);
    g_assert_cmpint(g_mkdir(bucket, 0755), ==, 0);
    GError *error = NULL;
    world->config = make_config(world->root);
    world->rules = rules_new(world->config, &error);
    g_assert_no_error(error);
    ObjectStore *directory = object_store_new(&world->config->storage, &error);
    g_assert_no_error(error);
    world->store = faulty_store_new(directory);
    HandlerPoolOptions options = {
        .program = handler_program,
        .processes = 2,
        .memory_bytes = (guint64)1 << 30,
        .deadline_ms = 30000,
    };
    world->pool = handler_pool_new(&options, &error);
    g_assert_no_error(error);
    world->budget = memory_budget_new((guint64)64 << 20);
    world->tools =
        (JobTools){world->config, world->rules, world->store, world->pool, world->budget};
    return world;
}

void world_free(World *world)
{
    handler_pool_free(world->pool);
    g_assert_cmpuint(memory_budget_used(world->budget), ==, 0);
    memory_budget_free(world->budget);
    object_store_free(world->store);
    rules_free(world->rules);
    config_free(world->config);
    const char *command[] = {"rm", "-rf", "--", world->root, NULL};
    g_assert_true(g_spawn_sync(NULL, (char **)command, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
                               NULL, NULL, NULL));
    g_free(world->root);
    g_free(world);
}

static void put_bytes(const World *world, const char *key, const char *bytes, gsize size)
{
    g_autofree char *path = g_build_filename(world->root, WORLD_BUCKET, key, NULL);
    g_autofree char *folder = g_path_get_dirname(path);
    g_assert_cmpint(g_mkdir_with_parents(folder, 0755), ==, 0);
    g_assert_true(g_file_set_contents(path, bytes, (gssize)size, NULL));
}

void world_put(const World *world, const char *key, const char *source)
{
    g_autofree char *bytes = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(source, &bytes, &size, NULL));
    put_bytes(world, key, bytes, size);
}

void world_put_text(const World *world, const char *key, const char *text)
{
    put_bytes(world, key, text, strlen(text));
}

gboolean world_has(const World *world, const char *key)
{
    g_autofree char *path = g_build_filename(world->root, WORLD_BUCKET, key, NULL);
    return g_file_test(path, G_FILE_TEST_EXISTS);
}

guint world_count_thumbnails(const World *world)
{
    static const char *const sizes[] = {"small", "wide"};
    guint found = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autofree char *folder =
            g_build_filename(world->root, WORLD_BUCKET, "resized", sizes[i], NULL);
        GDir *dir = g_dir_open(folder, 0, NULL);
        if (dir == NULL)
            continue;
        for (const char *name; (name = g_dir_read_name(dir)) != NULL;)
            found += name[0] != '.';
        g_dir_close(dir);
    }
    return found;
}
