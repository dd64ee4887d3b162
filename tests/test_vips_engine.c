/* SPDX-License-Identifier: Apache-2.0 */
#include "handlers/decode.h"

#include <string.h>

#define EVERY_FORMAT                                                                               \
    (1u << IMAGE_FORMAT_JPEG | 1u << IMAGE_FORMAT_PNG | 1u << IMAGE_FORMAT_WEBP |                  \
     1u << IMAGE_FORMAT_GIF)

/* The demo's pictures, upright. */
static const struct {
    const char *name;
    ImageFormat format;
    guint width;
    guint height;
    gboolean has_alpha;
} samples[] = {
    {"photo.jpg", IMAGE_FORMAT_JPEG, 2600, 1733, FALSE},
    {"phone-portrait.jpg", IMAGE_FORMAT_JPEG, 1200, 1600, FALSE},
    {"progressive.jpg", IMAGE_FORMAT_JPEG, 1600, 1067, FALSE},
    {"wide-gamut.jpg", IMAGE_FORMAT_JPEG, 1200, 800, FALSE},
    {"cmyk.jpg", IMAGE_FORMAT_JPEG, 1000, 700, FALSE},
    {"greyscale.jpg", IMAGE_FORMAT_JPEG, 1200, 800, FALSE},
    {"transparent.png", IMAGE_FORMAT_PNG, 800, 600, TRUE},
    {"palette.png", IMAGE_FORMAT_PNG, 640, 480, FALSE},
    {"16-bit.png", IMAGE_FORMAT_PNG, 320, 240, FALSE},
    {"animated.gif", IMAGE_FORMAT_GIF, 320, 240, FALSE},
    {"photo.webp", IMAGE_FORMAT_WEBP, 1800, 1200, FALSE},
    {"transparent.webp", IMAGE_FORMAT_WEBP, 1200, 900, TRUE},
};

/* -- running the engine ------------------------------------------------------------------------ */

typedef struct {
    ImageInfo info;
    ImageOutput outputs[PLAN_MAX_SIZES]; /* by their place in the plan */
    GBytes *bytes[PLAN_MAX_SIZES];
    guint count;
} Made;

static void made_clear(Made *made)
{
    for (guint i = 0; i < PLAN_MAX_SIZES; i++)
        g_clear_pointer(&made->bytes[i], g_bytes_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Made, made_clear)

static gboolean keep_output(const ImageOutput *output, gconstpointer bytes, gsize size,
                            gpointer user_data, GError **error)
{
    (void)error;
    Made *made = user_data;
    g_assert_null(made->bytes[output->index]); /* each once */
    made->outputs[output->index] = *output;
    made->bytes[output->index] = g_bytes_new(bytes, size);
    made->count++;
    return TRUE;
}

static Plan plan_of(guint box, ImageFormat format)
{
    return (Plan){
        .max_pixels = 50000000,
        .max_output_bytes = 64 * 1024 * 1024,
        .formats = EVERY_FORMAT,
        .size_count = 1,
        .sizes = {{.width = box, .height = box, .format = format, .quality = 90}},
    };
}

static gboolean make_bytes(gconstpointer bytes, gsize size, const Plan *plan, Made *made,
                           GError **error)
{
    return vips_engine.probe(bytes, size, plan, &made->info, error) &&
           vips_engine.run(bytes, size, plan, &made->info, keep_output, made, error);
}

static gboolean make_file(const char *path, const Plan *plan, Made *made, GError **error)
{
    g_autofree char *bytes = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(path, &bytes, &size, NULL));
    return make_bytes(bytes, size, plan, made, error);
}

static VipsImage *open_output(const Made *made, guint index)
{
    g_autoptr(GError) error = NULL;
    gsize size;
    gconstpointer bytes = g_bytes_get_data(made->bytes[index], &size);
    VipsImage *image = decode_open(made->outputs[index].format, bytes, size, &error);
    g_assert_no_error(error);
    return image;
}

/* The pixels of a file's only output. */
static VipsImage *make_image(const char *path, guint box, ImageFormat format)
{
    g_auto(Made) made = {0};
    g_autoptr(GError) error = NULL;
    Plan plan = plan_of(box, format);
    g_assert_true(make_file(path, &plan, &made, &error));
    g_autoptr(VipsImage) opened = open_output(&made, 0);
    VipsImage *image = vips_image_copy_memory(opened);
    g_assert_nonnull(image);
    return image;
}

/* Rounded; of the pixel at that part of the width and height. */
static void read_pixel(VipsImage *image, double x, double y, int *values)
{
    double *point = NULL;
    int count;
    g_assert_cmpint(vips_getpoint(image, &point, &count, (int)(x * image->Xsize),
                                  (int)(y * image->Ysize), NULL),
                    ==, 0);
    for (int i = 0; i < count; i++)
        values[i] = (int)point[i];
    g_free(point);
}

static double mean_difference(VipsImage *a, VipsImage *b)
{
    g_autoptr(VipsImage) difference = NULL;
    g_autoptr(VipsImage) absolute = NULL;
    double mean;
    g_assert_cmpint(vips_subtract(a, b, &difference, NULL), ==, 0);
    g_assert_cmpint(vips_abs(difference, &absolute, NULL), ==, 0);
    g_assert_cmpint(vips_avg(absolute, &mean, NULL), ==, 0);
    return mean;
}

static char *sample_path(gsize i)
{
    return g_strconcat("testdata/images/", samples[i].name, NULL);
}

/* -- tests ------------------------------------------------------------------------------------- */

static void assert_no_metadata(VipsImage *image)
{
    static const char *const traces[] = {"exif", "xmp", "iptc", "icc", "orientation"};
    g_auto(GStrv) fields = vips_image_get_fields(image);
    for (guint i = 0; fields[i] != NULL; i++)
        for (gsize j = 0; j < G_N_ELEMENTS(traces); j++)
            if (strstr(fields[i], traces[j]) != NULL)
                g_error("an output carries %s", fields[i]);
}

/* A GIF may announce a clear colour and not use it. */
static gboolean has_clear_pixels(VipsImage *image)
{
    if (!vips_image_hasalpha(image))
        return FALSE;
    g_autoptr(VipsImage) alpha = NULL;
    double least;
    g_assert_cmpint(vips_extract_band(image, &alpha, image->Bands - 1, NULL), ==, 0);
    g_assert_cmpint(vips_min(alpha, &least, NULL), ==, 0);
    return least < 255;
}

static void check_output(gsize sample, const Plan *plan, const Made *made, guint index)
{
    const ImageOutput *output = &made->outputs[index];
    const PlanSize *size = &plan->sizes[index];
    guint width, height;
    plan_size_fit(size, samples[sample].width, samples[sample].height, &width, &height);
    g_assert_cmpuint(output->width, ==, width);
    g_assert_cmpuint(output->height, ==, height);
    g_assert_cmpint(output->format, ==,
                    size->format != IMAGE_FORMAT_SAME ? size->format : samples[sample].format);

    gsize byte_count;
    gconstpointer bytes = g_bytes_get_data(made->bytes[index], &byte_count);
    g_assert_cmpint(image_format_of_bytes(bytes, byte_count), ==, output->format);
    g_autoptr(VipsImage) opened = open_output(made, index);
    g_autoptr(VipsImage) image = vips_image_copy_memory(opened);
    g_assert_nonnull(image);
    g_assert_cmpint(image->Xsize, ==, width);
    g_assert_cmpint(image->Ysize, ==, height);
    g_assert_cmpint(image->BandFmt, ==, VIPS_FORMAT_UCHAR);
    g_assert_cmpint(has_clear_pixels(image), ==,
                    samples[sample].has_alpha && output->format != IMAGE_FORMAT_JPEG);
    g_assert_cmpint(vips_image_get_n_pages(image), ==, 1);
    assert_no_metadata(image);
}

static void test_every_sample_in_every_format(void)
{
    static const PlanSize boxes[] = {
        {.width = 1280, .height = 1280}, {.width = 321, .height = 200}, {.width = 0, .height = 64}};
    Plan plan = plan_of(1, IMAGE_FORMAT_SAME);
    plan.size_count = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(boxes); i++)
        for (guint format = 0; format < IMAGE_FORMAT_COUNT; format++) {
            PlanSize *size = &plan.sizes[plan.size_count++];
            *size = boxes[i];
            size->format = format;
            size->quality = 80;
        }
    for (gsize i = 0; i < G_N_ELEMENTS(samples); i++) {
        g_autofree char *path = sample_path(i);
        g_autoptr(GError) error = NULL;
        g_auto(Made) made = {0};
        g_test_message("%s", path);
        g_assert_true(make_file(path, &plan, &made, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(made.count, ==, plan.size_count);
        for (guint j = 0; j < plan.size_count; j++)
            check_output(i, &plan, &made, j);
    }
}

static void test_the_same_plan_gives_the_same_bytes(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(samples); i++) {
        g_autofree char *path = sample_path(i);
        Plan plan = plan_of(300, IMAGE_FORMAT_SAME);
        g_auto(Made) once = {0};
        g_auto(Made) again = {0};
        g_assert_true(make_file(path, &plan, &once, NULL));
        g_assert_true(make_file(path, &plan, &again, NULL));
        g_assert_true(g_bytes_equal(once.bytes[0], again.bytes[0]));
    }
}

static void test_all_eight_orientations_look_the_same(void)
{
    static const guint boxes[] = {320, 100};
    for (gsize i = 0; i < G_N_ELEMENTS(boxes); i++) {
        g_autoptr(VipsImage) upright =
            make_image("testdata/orientation/orientation-1.jpg", boxes[i], IMAGE_FORMAT_PNG);
        for (int orientation = 2; orientation <= 8; orientation++) {
            g_autofree char *path =
                g_strdup_printf("testdata/orientation/orientation-%d.jpg", orientation);
            g_autoptr(VipsImage) image = make_image(path, boxes[i], IMAGE_FORMAT_PNG);
            g_assert_cmpint(image->Xsize, ==, upright->Xsize);
            g_assert_cmpint(image->Ysize, ==, upright->Ysize);
            g_assert_cmpfloat(mean_difference(upright, image), <=, 2);
        }
    }
}

static int saturation(const int *pixel)
{
    return MAX(MAX(pixel[0], pixel[1]), pixel[2]) - MIN(MIN(pixel[0], pixel[1]), pixel[2]);
}

/* Read without its profile, a Display P3 picture looks pale: sRGB needs stronger numbers for the
 * same red. */
static void test_wide_colours_become_stronger_numbers(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *bytes = NULL;
    gsize size;
    g_assert_true(g_file_get_contents("testdata/images/wide-gamut.jpg", &bytes, &size, NULL));
    g_autoptr(VipsImage) stored = decode_open(IMAGE_FORMAT_JPEG, bytes, size, &error);
    g_assert_no_error(error);
    g_autoptr(VipsImage) before = vips_image_copy_memory(stored);
    g_autoptr(VipsImage) after =
        make_image("testdata/images/wide-gamut.jpg", 1200, IMAGE_FORMAT_PNG);

    int count = 0, sum_before = 0, sum_after = 0;
    for (double y = 0.01; y < 1; y += 0.02)
        for (double x = 0.01; x < 1; x += 0.02) {
            int old[3], new[3];
            read_pixel(before, x, y, old);
            read_pixel(after, x, y, new);
            if (saturation(old) < 60)
                continue;
            count++;
            sum_before += saturation(old);
            sum_after += saturation(new);
            g_assert_cmpint(saturation(new), >=, saturation(old));
        }
    g_assert_cmpint(count, >, 100);
    g_assert_cmpint(sum_after, >, sum_before + sum_before / 20);
}

static void test_a_broken_profile_is_ignored(void)
{
    static const char *const paths[] = {
        "testdata/broken/icc-profile-cut.jpg",
        "testdata/broken/icc-profile-of-noise.jpg",
    };
    g_autoptr(VipsImage) first = make_image(paths[0], 160, IMAGE_FORMAT_PNG);
    g_autoptr(VipsImage) second = make_image(paths[1], 160, IMAGE_FORMAT_PNG);
    g_assert_cmpfloat(mean_difference(first, second), ==, 0);
    g_autoptr(VipsImage) inks =
        make_image("testdata/broken/icc-profile-of-rgb-in-cmyk.jpg", 160, IMAGE_FORMAT_PNG);
    int sky[3];
    read_pixel(inks, 0.1, 0.05, sky);
    g_assert_cmpint(inks->Bands, ==, 3);
    g_assert_cmpint(sky[2], >, sky[0]); /* blue, as it was drawn */
}

static void test_clear_parts_are_white_in_a_jpeg_and_clear_elsewhere(void)
{
    static const char *const paths[] = {
        "testdata/images/transparent.png",
        "testdata/images/transparent.webp",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
        int pixel[4];
        g_autoptr(VipsImage) jpeg = make_image(paths[i], 200, IMAGE_FORMAT_JPEG);
        read_pixel(jpeg, 0.02, 0.02, pixel);
        for (int band = 0; band < 3; band++)
            g_assert_cmpint(pixel[band], >=, 253);
        for (guint format = IMAGE_FORMAT_PNG; format < IMAGE_FORMAT_COUNT; format++) {
            g_autoptr(VipsImage) image = make_image(paths[i], 200, format);
            read_pixel(image, 0.02, 0.02, pixel);
            g_assert_cmpint(pixel[3], ==, 0);
            read_pixel(image, 0.5, 0.45, pixel);
            g_assert_cmpint(pixel[3], ==, 255);
        }
    }
}

/* White on clear black: scaled without regard to alpha, the edge would be grey. */
static void test_an_edge_takes_no_colour_from_clear_pixels(void)
{
    enum { SIDE = 400 };
    g_autofree guint8 *drawn = g_new0(guint8, SIDE * SIDE * 4);
    for (int i = 0; i < SIDE * SIDE; i++)
        if (i % SIDE > SIDE / 3)
            memset(drawn + (gsize)i * 4, 255, 4);
    g_autoptr(VipsImage) image =
        vips_image_new_from_memory(drawn, SIDE * SIDE * 4, SIDE, SIDE, 4, VIPS_FORMAT_UCHAR);
    image->Type = VIPS_INTERPRETATION_sRGB;
    void *png = NULL;
    gsize size;
    g_assert_cmpint(vips_pngsave_buffer(image, &png, &size, NULL), ==, 0);

    static const guint boxes[] = {399, 150, 37};
    for (gsize i = 0; i < G_N_ELEMENTS(boxes); i++) {
        g_auto(Made) made = {0};
        Plan plan = plan_of(boxes[i], IMAGE_FORMAT_PNG);
        g_assert_true(make_bytes(png, size, &plan, &made, NULL));
        g_autoptr(VipsImage) opened = open_output(&made, 0);
        g_autoptr(VipsImage) scaled = vips_image_copy_memory(opened);
        for (int x = 0; x < scaled->Xsize; x++) {
            int pixel[4];
            read_pixel(scaled, (x + 0.5) / scaled->Xsize, 0.5, pixel);
            if (pixel[3] > 8)
                g_assert_cmpint(pixel[0], >=, 250);
        }
    }
    g_free(png);
}

static void assert_refused(const char *path, const Plan *plan, ImageError code)
{
    g_autoptr(GError) error = NULL;
    g_auto(Made) made = {0};
    g_assert_false(make_file(path, plan, &made, &error));
    g_assert_error(error, IMAGE_ERROR, (int)code);
    g_assert_cmpuint(made.count, ==, 0);
}

static void test_what_is_refused_says_why(void)
{
    Plan plan = plan_of(100, IMAGE_FORMAT_SAME);
    assert_refused("testdata/broken/cut-short.jpg", &plan, IMAGE_ERROR_TRUNCATED);
    assert_refused("testdata/broken/cut-short.png", &plan, IMAGE_ERROR_TRUNCATED);
    assert_refused("testdata/broken/text-named-image.jpg", &plan, IMAGE_ERROR_NOT_AN_IMAGE);

    Plan small = plan;
    small.max_output_bytes = 100;
    assert_refused("testdata/images/16-bit.png", &small, IMAGE_ERROR_TOO_LARGE);
    Plan few = plan;
    few.max_pixels = 1000;
    assert_refused("testdata/images/photo.jpg", &few, IMAGE_ERROR_TOO_MANY_PIXELS);
}

static void test_an_image_cut_anywhere_is_truncated_or_whole(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(samples); i++) {
        g_autofree char *path = sample_path(i);
        g_autofree char *bytes = NULL;
        gsize size;
        Plan plan = plan_of(64, IMAGE_FORMAT_PNG);
        g_assert_true(g_file_get_contents(path, &bytes, &size, NULL));
        for (gsize percent = 5; percent < 100; percent += 19) {
            g_autoptr(GError) error = NULL;
            g_auto(Made) made = {0};
            if (make_bytes(bytes, size * percent / 100, &plan, &made, &error))
                g_assert_cmpstr(samples[i].name, ==, "animated.gif"); /* the first frame is there */
            else
                g_assert_error(error, IMAGE_ERROR, IMAGE_ERROR_TRUNCATED);
        }
    }
}

/* Every byte of a picture's first part is damaged in turn: anything may come out but a crash. */
static void test_damage_never_ends_the_process(void)
{
    static const char *const paths[] = {"testdata/images/16-bit.png",
                                        "testdata/orientation/orientation-6.jpg",
                                        "testdata/images/transparent.webp"};
    Plan plan = plan_of(32, IMAGE_FORMAT_JPEG);
    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_autofree char *bytes = NULL;
        gsize size;
        g_assert_true(g_file_get_contents(paths[i], &bytes, &size, NULL));
        for (gsize place = 0; place < 120; place++) {
            g_auto(Made) made = {0};
            g_autoptr(GError) error = NULL;
            bytes[place] ^= 0x55;
            if (!make_bytes(bytes, size, &plan, &made, &error))
                g_assert_true(error != NULL && error->domain == IMAGE_ERROR);
            bytes[place] ^= 0x55;
        }
    }
}

static gboolean refuse_output(const ImageOutput *output, gconstpointer bytes, gsize size,
                              gpointer user_data, GError **error)
{
    (void)output, (void)bytes, (void)size;
    ++*(guint *)user_data;
    g_set_error_literal(error, IMAGE_ERROR, IMAGE_ERROR_NEEDS_MEMORY, "no room");
    return FALSE;
}

static void test_an_output_not_taken_ends_the_run(void)
{
    g_autofree char *bytes = NULL;
    gsize size;
    g_assert_true(g_file_get_contents("testdata/images/16-bit.png", &bytes, &size, NULL));
    Plan plan = plan_of(64, IMAGE_FORMAT_SAME);
    plan.size_count = 2;
    plan.sizes[1] = plan.sizes[0];
    g_autoptr(GError) error = NULL;
    ImageInfo info;
    guint calls = 0;
    g_assert_true(vips_engine.probe(bytes, size, &plan, &info, NULL));
    g_assert_false(vips_engine.run(bytes, size, &plan, &info, refuse_output, &calls, &error));
    g_assert_error(error, IMAGE_ERROR, IMAGE_ERROR_NEEDS_MEMORY);
    g_assert_cmpuint(calls, ==, 1);
}

static void test_nothing_stays_behind(void)
{
    /* A worker of libvips gives its buffers back in its own time. */
    for (int i = 0; i < 500 && vips_tracked_get_allocs() > 0; i++)
        g_usleep(10000);
    g_assert_cmpint(vips_tracked_get_allocs(), ==, 0);
    g_assert_cmpuint(vips_tracked_get_mem(), ==, 0);
    g_assert_cmpint(vips_tracked_get_files(), ==, 0);
    g_assert_cmpstr(vips_error_buffer(), ==, "");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    /* libvips warns of bad files, which are what these tests are about. */
    g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_ERROR);
    g_assert_true(vips_engine.start(NULL));
#define ADD(name) g_test_add_func("/vips_engine/" #name, test_##name)
    ADD(every_sample_in_every_format);
    ADD(the_same_plan_gives_the_same_bytes);
    ADD(all_eight_orientations_look_the_same);
    ADD(wide_colours_become_stronger_numbers);
    ADD(a_broken_profile_is_ignored);
    ADD(clear_parts_are_white_in_a_jpeg_and_clear_elsewhere);
    ADD(an_edge_takes_no_colour_from_clear_pixels);
    ADD(what_is_refused_says_why);
    ADD(an_image_cut_anywhere_is_truncated_or_whole);
    ADD(damage_never_ends_the_process);
    ADD(an_output_not_taken_ends_the_run);
    ADD(nothing_stays_behind);
    return g_test_run();
}
