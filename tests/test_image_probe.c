/* SPDX-License-Identifier: Apache-2.0 */
#include "handlers/image_probe.h"

#include <string.h>

#define EVERY_FORMAT                                                                               \
    (1u << IMAGE_FORMAT_JPEG | 1u << IMAGE_FORMAT_PNG | 1u << IMAGE_FORMAT_WEBP |                  \
     1u << IMAGE_FORMAT_GIF)

static Plan plan = {.max_pixels = 50000000, .formats = EVERY_FORMAT};

static gboolean probe_file(const char *path, ImageInfo *info, GError **error)
{
    g_autofree char *bytes = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(path, &bytes, &size, NULL));
    return image_probe(bytes, size, &plan, info, error);
}

static void test_format_dimensions_and_orientation_come_from_the_bytes(void)
{
    static const struct {
        const char *path;
        ImageInfo info;
    } cases[] = {
        {"testdata/images/photo.jpg", {IMAGE_FORMAT_JPEG, 2600, 1733, 1}},
        {"testdata/images/phone-portrait.jpg", {IMAGE_FORMAT_JPEG, 1600, 1200, 6}},
        {"testdata/images/cmyk.jpg", {IMAGE_FORMAT_JPEG, 1000, 700, 1}},
        {"testdata/images/16-bit.png", {IMAGE_FORMAT_PNG, 320, 240, 1}},
        {"testdata/images/transparent.webp", {IMAGE_FORMAT_WEBP, 1200, 900, 1}},
        {"testdata/images/animated.gif", {IMAGE_FORMAT_GIF, 320, 240, 1}}, /* one frame's */
        {"testdata/orientation/orientation-8.jpg", {IMAGE_FORMAT_JPEG, 240, 320, 8}},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        ImageInfo info;
        g_assert_true(probe_file(cases[i].path, &info, &error));
        g_assert_no_error(error);
        g_assert_cmpint(info.format, ==, cases[i].info.format);
        g_assert_cmpuint(info.width, ==, cases[i].info.width);
        g_assert_cmpuint(info.height, ==, cases[i].info.height);
        g_assert_cmpuint(info.orientation, ==, cases[i].info.orientation);
    }
}

static void test_what_is_no_image_is_refused(void)
{
    static const struct {
        const char *bytes;
        gsize size;
    } cases[] = {
        {"", 0},
        {"\xff", 1},
        {"GIF8", 4},
        {"RIFF\x10\0\0\0WAVEfmt ", 16},
        {"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", 41},
        {"II*\0\x08\0\0\0", 8}, /* TIFF: libvips could, we do not */
        {"%PDF-1.7", 8},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        ImageInfo info;
        g_assert_false(image_probe(cases[i].bytes, cases[i].size, &plan, &info, &error));
        g_assert_error(error, IMAGE_ERROR, IMAGE_ERROR_NOT_AN_IMAGE);
    }
    g_autoptr(GError) error = NULL;
    ImageInfo info;
    g_assert_false(probe_file("testdata/broken/text-named-image.jpg", &info, &error));
    g_assert_error(error, IMAGE_ERROR, IMAGE_ERROR_NOT_AN_IMAGE);
}

static void test_a_format_not_taken_is_refused(void)
{
    g_autoptr(GError) error = NULL;
    ImageInfo info;
    plan.formats = EVERY_FORMAT & ~(1u << IMAGE_FORMAT_GIF);
    g_assert_false(probe_file("testdata/images/animated.gif", &info, &error));
    g_assert_error(error, IMAGE_ERROR, IMAGE_ERROR_UNSUPPORTED_FORMAT);
    plan.formats = EVERY_FORMAT;
}

static void test_the_pixel_limit_holds_to_the_pixel(void)
{
    g_autoptr(GError) error = NULL;
    ImageInfo info;
    guint64 usual = plan.max_pixels;
    plan.max_pixels = 320 * 240;
    g_assert_true(probe_file("testdata/images/16-bit.png", &info, &error));
    g_assert_no_error(error);
    plan.max_pixels--;
    g_assert_false(probe_file("testdata/images/16-bit.png", &info, &error));
    g_assert_error(error, IMAGE_ERROR, IMAGE_ERROR_TOO_MANY_PIXELS);
    plan.max_pixels = usual;
}

/* The header of a GIF that says 65,535 × 65,535: 17 GB to a decoder that believes it. */
static void test_a_bomb_is_refused_by_its_header(void)
{
    static const guint8 gif[] = "GIF89a\xff\xff\xff\xff\x80\0\0\0\0\0\xff\xff\xff"
                                ",\0\0\0\0\xff\xff\xff\xff\0\2\2D\1\0;";
    g_autoptr(GError) error = NULL;
    ImageInfo info;
    g_assert_false(image_probe(gif, sizeof gif - 1, &plan, &info, &error));
    g_assert_error(error, IMAGE_ERROR, IMAGE_ERROR_TOO_MANY_PIXELS);
}

static void test_a_header_cut_anywhere_is_truncated(void)
{
    static const char *const paths[] = {
        "testdata/orientation/orientation-6.jpg",
        "testdata/images/16-bit.png",
        "testdata/images/transparent.webp",
        "testdata/images/animated.gif",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_autofree char *bytes = NULL;
        gsize size;
        g_assert_true(g_file_get_contents(paths[i], &bytes, &size, NULL));
        for (gsize cut = 12; cut < 300; cut++) {
            g_autoptr(GError) error = NULL;
            g_autofree char *part = g_memdup2(bytes, cut);
            ImageInfo info;
            if (image_probe(part, cut, &plan, &info, &error))
                continue; /* all that a probe reads is there; the decoder will tell */
            g_assert_error(error, IMAGE_ERROR, IMAGE_ERROR_TRUNCATED);
        }
    }
}

static void test_a_damaged_header_is_corrupt(void)
{
    g_autofree char *bytes = NULL;
    gsize size;
    g_assert_true(g_file_get_contents("testdata/images/16-bit.png", &bytes, &size, NULL));
    memset(bytes + 16, 0, 8); /* 0 × 0 pixels, and a checksum that says otherwise */
    g_autoptr(GError) error = NULL;
    ImageInfo info;
    g_assert_false(image_probe(bytes, size, &plan, &info, &error));
    g_assert_error(error, IMAGE_ERROR, IMAGE_ERROR_CORRUPT);
    g_assert_cmpstr(error->message, !=, "");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL |
                           G_LOG_LEVEL_ERROR); /* libvips warns of bad files */
    g_autoptr(GError) error = NULL;
    g_assert_true(vips_engine.start(&error));
    g_test_add_func("/image_probe/format_dimensions_and_orientation_come_from_the_bytes",
                    test_format_dimensions_and_orientation_come_from_the_bytes);
    g_test_add_func("/image_probe/what_is_no_image_is_refused", test_what_is_no_image_is_refused);
    g_test_add_func("/image_probe/a_format_not_taken_is_refused",
                    test_a_format_not_taken_is_refused);
    g_test_add_func("/image_probe/the_pixel_limit_holds_to_the_pixel",
                    test_the_pixel_limit_holds_to_the_pixel);
    g_test_add_func("/image_probe/a_bomb_is_refused_by_its_header",
                    test_a_bomb_is_refused_by_its_header);
    g_test_add_func("/image_probe/a_header_cut_anywhere_is_truncated",
                    test_a_header_cut_anywhere_is_truncated);
    g_test_add_func("/image_probe/a_damaged_header_is_corrupt", test_a_damaged_header_is_corrupt);
    return g_test_run();
}
