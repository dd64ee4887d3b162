/* SPDX-License-Identifier: Apache-2.0 */
#include "handlers/webp_metadata.h"

#include <string.h>

#define PIXELS "VP8 \x03\0\0\0abc\0"
#define EXIF   "EXIF\x02\0\0\0II"
#define XMP    "XMP \x02\0\0\0<>"
#define ALPHA  "ALPH\x01\0\0\0a\0"

/* Room for the longest file below; string literals may hold NULs, so sizes come from sizeof. */
typedef struct {
    guint8 bytes[128];
    gsize size;
} File;

static File file_of(const char *chunks, gsize size)
{
    File file = {.size = 12 + size};
    memcpy(file.bytes, "RIFF\0\0\0\0WEBP", 12);
    file.bytes[4] = (guint8)(4 + size);
    memcpy(file.bytes + 12, chunks, size);
    return file;
}
#define FILE_OF(chunks) file_of(chunks, sizeof(chunks) - 1)

static void check(File file, File expected)
{
    gsize size = webp_metadata_remove(file.bytes, file.size);
    g_assert_cmpmem(file.bytes, size, expected.bytes, expected.size);
}

static void test_metadata_goes_and_pixels_stay(void)
{
    check(FILE_OF("VP8X\x0a\0\0\0\x0c\0\0\0\0\0\0\0\0\0" PIXELS EXIF XMP), FILE_OF(PIXELS));
    check(FILE_OF("VP8X\x0a\0\0\0\x18\0\0\0\0\0\0\0\0\0" ALPHA PIXELS EXIF),
          FILE_OF("VP8X\x0a\0\0\0\x10\0\0\0\0\0\0\0\0\0" ALPHA PIXELS));
    check(FILE_OF(PIXELS), FILE_OF(PIXELS));
}

static void test_what_is_no_webp_is_left_alone(void)
{
    static const char *const others[] = {"", "RIFF", "\xff\xd8\xff\xe0 a JPEG of some length"};
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
        g_autofree char *copy = g_strdup(others[i]);
        gsize size = strlen(copy);
        g_assert_cmpuint(webp_metadata_remove((guint8 *)copy, size), ==, size);
        g_assert_cmpstr(copy, ==, others[i]);
    }
    /* A chunk that goes beyond the end, and one that is cut in its header. */
    File beyond = FILE_OF("EXIF\xff\xff\xff\xffII");
    check(beyond, beyond);
    File cut = FILE_OF(PIXELS "EXI");
    check(cut, cut);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/webp_metadata/metadata_goes_and_pixels_stay",
                    test_metadata_goes_and_pixels_stay);
    g_test_add_func("/webp_metadata/what_is_no_webp_is_left_alone",
                    test_what_is_no_webp_is_left_alone);
    return g_test_run();
}
