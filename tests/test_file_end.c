/* SPDX-License-Identifier: Apache-2.0 */
#include "handlers/file_end.h"

static void check_every_length(const char *path, ImageFormat format)
{
    g_autofree char *bytes = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(path, &bytes, &size, NULL));
    for (gsize cut = 12; cut < size; cut++) {
        /* Memory of just that length, so that a sanitizer sees a read beyond it. */
        g_autofree guint8 *part = g_memdup2(bytes, cut);
        g_assert_true(file_end_is_missing(format, part, cut));
    }
    g_assert_false(file_end_is_missing(format, bytes, size));
}

static void test_a_png_cut_anywhere_is_told(void)
{
    check_every_length("testdata/images/16-bit.png", IMAGE_FORMAT_PNG);
}

static void test_a_webp_cut_anywhere_is_told(void)
{
    check_every_length("testdata/images/transparent.webp", IMAGE_FORMAT_WEBP);
}

static void test_what_follows_the_end_does_not_matter(void)
{
    static const guint8 png[] = "\x89PNG\r\n\x1a\n\0\0\0\0IEND\xae\x42\x60\x82 and more";
    g_assert_false(file_end_is_missing(IMAGE_FORMAT_PNG, png, sizeof png));
}

static void test_a_chunk_longer_than_any_file_is_told(void)
{
    static const guint8 png[] = "\x89PNG\r\n\x1a\n\xff\xff\xff\xfftEXt\0\0\0\0";
    g_assert_true(file_end_is_missing(IMAGE_FORMAT_PNG, png, sizeof png - 1));
    static const guint8 webp[] = "RIFF\xff\xff\xff\xffWEBP";
    g_assert_true(file_end_is_missing(IMAGE_FORMAT_WEBP, webp, sizeof webp - 1));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/file_end/a_png_cut_anywhere_is_told", test_a_png_cut_anywhere_is_told);
    g_test_add_func("/file_end/a_webp_cut_anywhere_is_told", test_a_webp_cut_anywhere_is_told);
    g_test_add_func("/file_end/what_follows_the_end_does_not_matter",
                    test_what_follows_the_end_does_not_matter);
    g_test_add_func("/file_end/a_chunk_longer_than_any_file_is_told",
                    test_a_chunk_longer_than_any_file_is_told);
    return g_test_run();
}
