/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/source_type.h"

#define ALL 0xffffffffu

typedef struct {
    const char *head;
    gsize size;
    const char *key;
    const char *content_type;
    guint32 formats;
    SourceVerdict verdict;
} Row;

#define BYTES(text) text, sizeof(text) - 1

static const Row rows[] = {
    {BYTES("\xff\xd8\xff\xe0"), "a.jpg", "image/jpeg", ALL, SOURCE_IMAGE},
    {BYTES("\xff\xd8\xff\xe0"), "a.pdf", "application/pdf", ALL, SOURCE_IMAGE},
    {BYTES("GIF89a......"), "a.gif", NULL, 1u << IMAGE_FORMAT_JPEG, SOURCE_UNSUPPORTED},
    {BYTES("RIFF....WEBPVP8 "), "a", NULL, ALL, SOURCE_IMAGE},
    {BYTES("RIFF....AVI LIST"), "a.avi", "video/x-msvideo", ALL, SOURCE_NOT_CLAIMED},
    {BYTES("%PDF-1.7 ......."), "a.pdf", "application/pdf", ALL, SOURCE_NOT_CLAIMED},
    {BYTES("%PDF-1.7 ......."), "a.JPG", NULL, ALL, SOURCE_NOT_AN_IMAGE},
    {BYTES("%PDF-1.7 ......."), "a", "Image/PNG", ALL, SOURCE_NOT_AN_IMAGE},
    {BYTES("<svg xmlns=....."), "a.jpg", NULL, ALL, SOURCE_NOT_AN_IMAGE},
    {BYTES("push graphic-con"), "mvg.jpg", NULL, ALL, SOURCE_NOT_AN_IMAGE},
    {BYTES("II*\0............"), "a.tif", NULL, ALL, SOURCE_UNSUPPORTED},
    {BYTES("....ftypheic...."), "a.heic", NULL, ALL, SOURCE_UNSUPPORTED},
    {BYTES("II*\0............"), "raw.bin", NULL, ALL, SOURCE_NOT_CLAIMED},
    {BYTES(""), "a.jpg", NULL, ALL, SOURCE_NOT_AN_IMAGE},
    {BYTES(""), "notes", "text/plain", ALL, SOURCE_NOT_CLAIMED},
};

static void test_bytes_decide_and_claims_name_the_outcome(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_test_message("row %" G_GSIZE_FORMAT ": %s", i, rows[i].key);
        g_assert_cmpint(source_type_judge((const guint8 *)rows[i].head, rows[i].size, rows[i].key,
                                          rows[i].content_type, rows[i].formats),
                        ==, rows[i].verdict);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/source_type/bytes_decide_and_claims_name_the_outcome",
                    test_bytes_decide_and_claims_name_the_outcome);
    return g_test_run();
}
