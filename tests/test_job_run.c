/* SPDX-License-Identifier: Apache-2.0
 *
 * Jobs from event to outcome, without Kafka. */
#include "pipeline/job_run.h"

#include "tests/faulty_store.h"
#include "tests/world.h"

#include <signal.h>
#include <string.h>

static Job *make_job(const char *key, const char *raw_key)
{
    Event *event = g_new0(Event, 1);
    event->kind = EVENT_CREATED;
    event->bucket = g_strdup(WORLD_BUCKET);
    event->key = g_strdup(key);
    event->raw_key = g_strdup(raw_key);
    event->size = -1;
    g_autoptr(Message) message = message_new("uploads", 0, 1, 7);
    return job_new(message, 0, event);
}

static Job *run(World *world, const char *key, const char *raw_key)
{
    Job *job = make_job(key, raw_key);
    if (job_prepare(job, world->rules))
        job_run(job, &world->tools);
    return job;
}

typedef struct {
    const char *key;
    const char *source; /* a file; NULL: none is put */
    const char *text;   /* or these bytes; NULL: none */
    JobOutcome outcome;
    const char *reason;
} Row;

static const Row rows[] = {
    {"a.jpg", WORLD_PHOTO, NULL, JOB_STORED, NULL},
    {"deep/er/a b+c%20.jpg", WORLD_PHOTO, NULL, JOB_STORED, NULL},
    {"no-suffix", WORLD_PHOTO, NULL, JOB_STORED, NULL},
    {"wrong-suffix.png", WORLD_PHOTO, NULL, JOB_STORED, NULL},
    {"paper.pdf", NULL, "%PDF-1.7 and more than thirty-two bytes of it", JOB_SKIPPED,
     "not_an_image"},
    {"paper.jpg", NULL, "%PDF-1.7 and more than thirty-two bytes of it", JOB_DEAD_LETTER,
     "not_an_image"},
    {"tiny.jpg", NULL, "x", JOB_DEAD_LETTER, "not_an_image"},
    {"scan.tif", NULL, "II*", JOB_DEAD_LETTER, "not_an_image"},
    {"cut.jpg", NULL, "\xff\xd8\xff\xe0 and then nothing of a picture", JOB_DEAD_LETTER,
     "truncated"},
    {"missing.jpg", NULL, NULL, JOB_SKIPPED, "gone"},
    {"resized/small/a.jpg", WORLD_PHOTO, NULL, JOB_SKIPPED, "own_output"},
};

static void test_each_object_has_its_outcome(void)
{
    g_autoptr(World) world = world_new();
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const Row *row = &rows[i];
        g_test_message("%s", row->key);
        if (row->source != NULL)
            world_put(world, row->key, row->source);
        if (row->text != NULL)
            world_put_text(world, row->key, row->text);
        g_autoptr(Job) job = run(world, row->key, NULL);
        g_assert_cmpstr(job->reason, ==, row->reason);
        g_assert_cmpint(job->outcome, ==, row->outcome);
        g_autofree char *thumbnail = g_strconcat("resized/small/", row->key, NULL);
        g_assert_true(world_has(world, thumbnail) == (row->outcome == JOB_STORED));
    }
}

static void test_an_output_says_what_it_was_made_of(void)
{
    g_autoptr(World) world = world_new();
    world_put(world, "a.jpg", WORLD_PHOTO);
    g_autoptr(Job) job = run(world, "a.jpg", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(ObjectInfo) source =
        object_store_head(world->store, WORLD_BUCKET, "a.jpg", NULL, &error);
    g_assert_no_error(error);
    g_autoptr(ObjectInfo) output =
        object_store_head(world->store, WORLD_BUCKET, "resized/small/a.jpg", NULL, &error);
    g_assert_no_error(error);
    g_autofree char *plan = plan_size_hash(&job->assignment->plan.sizes[0]);
    g_assert_cmpstr(g_hash_table_lookup(output->metadata, "source-etag"), ==, source->etag);
    g_assert_cmpstr(g_hash_table_lookup(output->metadata, "plan"), ==, plan);
    g_assert_cmpstr(output->content_type, ==, "image/jpeg");
}

static void test_the_raw_key_is_tried_once_when_the_decoded_one_names_nothing(void)
{
    g_autoptr(World) world = world_new();
    world_put(world, "p%20q.jpg", WORLD_PHOTO);
    g_autoptr(Job) job = run(world, "p q.jpg", "p%20q.jpg");
    g_assert_cmpint(job->outcome, ==, JOB_STORED);
    g_assert_cmpstr(job->key, ==, "p%20q.jpg");
    g_assert_true(world_has(world, "resized/small/p%20q.jpg"));

    g_autoptr(Job) gone = run(world, "x y.jpg", "x+y.jpg");
    g_assert_cmpint(gone->outcome, ==, JOB_SKIPPED);
    g_assert_cmpstr(gone->reason, ==, "gone");
}

/* Ceph announces a multipart upload before it exists: both keys name nothing at first. */
static void test_the_decoded_key_comes_first_in_each_attempt(void)
{
    g_autoptr(World) world = world_new();
    world_put(world, "a b.jpg", WORLD_PHOTO);
    faulty_store_fail(world->store, 1, OBJECT_STORE_ERROR_GONE);
    g_autoptr(Job) job = run(world, "a b.jpg", "a+b.jpg");
    g_assert_cmpint(job->outcome, ==, JOB_STORED);
    g_assert_cmpstr(job->key, ==, "a b.jpg");
    g_assert_cmpuint(job->attempt, ==, 2);
}

/* 200 bytes were announced; the budget is 64 MiB and empty, so the whole is admitted on asking
 * again. */
static void test_an_event_that_lies_about_the_size_is_reserved_for_again(void)
{
    g_autoptr(World) world = world_new();
    world_put(world, "a.jpg", WORLD_PHOTO);
    g_autoptr(Job) job = make_job("a.jpg", NULL);
    job->event->size = 200;
    g_assert_true(job_prepare(job, world->rules));
    job_run(job, &world->tools);
    g_assert_cmpint(job->outcome, ==, JOB_STORED);
    g_assert_cmpuint(job->attempt, ==, 1);
    g_assert_cmpuint(faulty_store_gets(world->store), ==, 2);
}

/* The raw key must not get around the rule that outputs are no inputs. */
static void test_a_raw_key_is_matched_again(void)
{
    g_autoptr(World) world = world_new();
    world_put(world, "resized/small/p%20q.jpg", WORLD_PHOTO);
    g_autoptr(Job) job = run(world, "resizedX/p q.jpg", "resized/small/p%20q.jpg");
    g_assert_cmpstr(job->reason, ==, "gone");
}

static void overwrite(gpointer data)
{
    world_put(data, "a.jpg", "testdata/images/transparent.png");
}

static void test_a_source_that_changed_meanwhile_is_done_again(void)
{
    g_autoptr(World) world = world_new();
    world_put(world, "a.jpg", WORLD_PHOTO);
    faulty_store_after_put(world->store, overwrite, world);
    g_autoptr(Job) job = run(world, "a.jpg", NULL);
    g_assert_cmpint(job->outcome, ==, JOB_STORED);
    g_assert_cmpint(job->source.format, ==, IMAGE_FORMAT_PNG);
    g_autoptr(ObjectInfo) output =
        object_store_head(world->store, WORLD_BUCKET, "resized/small/a.jpg", NULL, NULL);
    g_assert_cmpstr(output->content_type, ==, "image/png");
    g_assert_cmpuint(faulty_store_gets(world->store), ==, 2);
}

static void take_away(gpointer data)
{
    World *world = data;
    g_assert_true(object_store_remove(world->store, WORLD_BUCKET, "a.jpg", NULL, NULL));
}

static void test_a_source_that_vanished_meanwhile_leaves_no_thumbnails(void)
{
    g_autoptr(World) world = world_new();
    world_put(world, "a.jpg", WORLD_PHOTO);
    faulty_store_after_put(world->store, take_away, world);
    g_autoptr(Job) job = run(world, "a.jpg", NULL);
    g_assert_cmpint(job->outcome, ==, JOB_SKIPPED);
    g_assert_cmpstr(job->reason, ==, "gone");
    g_assert_cmpuint(world_count_thumbnails(world), ==, 0);
}

static void test_a_store_that_fails_is_tried_again(void)
{
    g_autoptr(World) world = world_new();
    world_put(world, "a.jpg", WORLD_PHOTO);
    faulty_store_fail(world->store, 3, OBJECT_STORE_ERROR_UNAVAILABLE);
    g_autoptr(Job) job = run(world, "a.jpg", NULL);
    g_assert_cmpint(job->outcome, ==, JOB_STORED);
    g_assert_cmpuint(job->attempt, ==, 4);
    g_assert_cmpuint(job->thumbnails, ==, 2);
}

static void test_a_refused_object_is_a_dead_letter(void)
{
    g_autoptr(World) world = world_new();
    world_put(world, "a.jpg", WORLD_PHOTO);
    faulty_store_fail(world->store, 1, OBJECT_STORE_ERROR_DENIED);
    g_autoptr(Job) job = run(world, "a.jpg", NULL);
    g_assert_cmpint(job->outcome, ==, JOB_DEAD_LETTER);
    g_assert_cmpstr(job->reason, ==, "access_denied");
}

static void test_a_handler_that_was_killed_is_replaced(void)
{
    g_autoptr(World) world = world_new();
    world_put(world, "a.jpg", WORLD_PHOTO);
    g_autoptr(GArray) pids = handler_pool_pids(world->pool);
    for (guint i = 0; i < pids->len; i++)
        g_assert_cmpint(kill(g_array_index(pids, GPid, i), SIGKILL), ==, 0);
    g_autoptr(Job) job = run(world, "a.jpg", NULL);
    g_assert_cmpint(job->outcome, ==, JOB_STORED);
}

static void test_stopping_ends_the_waiting(void)
{
    g_autoptr(World) world = world_new();
    world_put(world, "a.jpg", WORLD_PHOTO);
    g_autoptr(Job) job = make_job("a.jpg", NULL);
    g_assert_true(job_prepare(job, world->rules));
    g_atomic_int_set(&job->stopping, TRUE);
    job_run(job, &world->tools);
    g_assert_cmpint(job->outcome, ==, JOB_ABANDONED);
    g_assert_cmpuint(world_count_thumbnails(world), ==, 0);
}

int main(int argc, char **argv)
{
    world_init(argv[0]);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/job_run/each_object_has_its_outcome", test_each_object_has_its_outcome);
    g_test_add_func("/job_run/an_output_says_what_it_was_made_of",
                    test_an_output_says_what_it_was_made_of);
    g_test_add_func("/job_run/the_raw_key_is_tried_once_when_the_decoded_one_names_nothing",
                    test_the_raw_key_is_tried_once_when_the_decoded_one_names_nothing);
    g_test_add_func("/job_run/the_decoded_key_comes_first_in_each_attempt",
                    test_the_decoded_key_comes_first_in_each_attempt);
    g_test_add_func("/job_run/an_event_that_lies_about_the_size_is_reserved_for_again",
                    test_an_event_that_lies_about_the_size_is_reserved_for_again);
    g_test_add_func("/job_run/a_raw_key_is_matched_again", test_a_raw_key_is_matched_again);
    g_test_add_func("/job_run/a_source_that_changed_meanwhile_is_done_again",
                    test_a_source_that_changed_meanwhile_is_done_again);
    g_test_add_func("/job_run/a_source_that_vanished_meanwhile_leaves_no_thumbnails",
                    test_a_source_that_vanished_meanwhile_leaves_no_thumbnails);
    g_test_add_func("/job_run/a_store_that_fails_is_tried_again",
                    test_a_store_that_fails_is_tried_again);
    g_test_add_func("/job_run/a_refused_object_is_a_dead_letter",
                    test_a_refused_object_is_a_dead_letter);
    g_test_add_func("/job_run/a_handler_that_was_killed_is_replaced",
                    test_a_handler_that_was_killed_is_replaced);
    g_test_add_func("/job_run/stopping_ends_the_waiting", test_stopping_ends_the_waiting);
    return g_test_run();
}
