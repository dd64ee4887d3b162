/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/rules/output_key.h"

#include <string.h>

static void test_words_stand_for_parts_of_the_key(void)
{
    static const struct {
        const char *template;
        const char *key;
        ImageFormat format;
        const char *expected;
    } cases[] = {
        {"resized/{key}", "in/a.jpg", IMAGE_FORMAT_SAME, "resized/in/a.jpg"},
        {"resized/{size}/{key}", "a.jpg", IMAGE_FORMAT_SAME, "resized/s/a.jpg"},
        {"{dir}{name}-{width}x{height}.{ext}", "in/x/a.b.jpg", IMAGE_FORMAT_SAME,
         "in/x/a.b-640x0.jpg"},
        {"{bucket}/{key}", "a", IMAGE_FORMAT_SAME, "photos/a"},
        {"{dir}t/{name}", "a.jpg", IMAGE_FORMAT_SAME, "t/a"},
        {"{name}|{ext}|", "in.d/a", IMAGE_FORMAT_SAME, "a||"},
        {"{name}|{ext}|", "in/.jpg", IMAGE_FORMAT_SAME, ".jpg||"},
        {"{name}|{ext}|", "a.", IMAGE_FORMAT_SAME, "a.||"},
        {"{key}", "a.jpg", IMAGE_FORMAT_WEBP, "a.jpg.webp"},
        {"{key}", "a.png", IMAGE_FORMAT_WEBP, "a.png.webp"},
        {"{key}", "a.WebP", IMAGE_FORMAT_WEBP, "a.WebP"},
        {"{key}", "a.JPEG", IMAGE_FORMAT_JPEG, "a.JPEG"},
        {"{key}", "a", IMAGE_FORMAT_JPEG, "a.jpg"},
        {"{key}", ".jpg", IMAGE_FORMAT_JPEG, ".jpg.jpg"},
        {"{dir}{name}.{ext}", "in/a.jpg", IMAGE_FORMAT_WEBP, "in/a.webp"},
        {"{dir}{name}.{ext}", "in/a.jpe", IMAGE_FORMAT_JPEG, "in/a.jpe"},
        {"{name}.{ext}", "a", IMAGE_FORMAT_PNG, "a.png"},
        {"x/{key}", "\xff\xfe.jpg", IMAGE_FORMAT_SAME, "x/\xff\xfe.jpg"},
        {"x/{key}", "{size}%s\n", IMAGE_FORMAT_SAME, "x/{size}%s\n"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(OutputKey) template = output_key_parse(cases[i].template, &error);
        g_assert_no_error(error);
        char name[] = "s";
        Size size = {.name = name, .width = 640, .format = cases[i].format};
        g_autofree char *made = output_key_expand(template, "photos", cases[i].key, &size);
        g_assert_cmpstr(made, ==, cases[i].expected);
    }
}

static void test_a_template_that_cannot_be_is_refused(void)
{
    static const struct {
        const char *template;
        const char *says;
    } cases[] = {
        {"resized/{kye}", "unknown word '{kye}'; did you mean 'key'?"},
        {"resized/{key", "a brace without its other half"},
        {"resized/key}", "a brace without its other half"},
        {"resized/{{key}}", "a brace without its other half"},
        {"resized/{}", "unknown word '{}'"},
        {"resized/{size}", "all objects would be written to one key"},
        {"/resized/{key}", "begins or ends with /"},
        {"resized/{key}/", "begins or ends with /"},
        {"a//{key}", "an empty"},
        {"a/../{key}", "'..' folder"},
        {"{dir}/{name}", "{dir} ends with its own /"},
        {"{name}{dir}", "{dir} ends with its own /"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(OutputKey) template = output_key_parse(cases[i].template, &error);
        g_assert_null(template);
        g_assert_error(error, CONFIG_ERROR, CONFIG_ERROR_INVALID);
        if (strstr(error->message, cases[i].says) == NULL)
            g_error("%s: %s", cases[i].template, error->message);
    }
}

static void test_a_bucket_knows_fewer_words(void)
{
    static const struct {
        const char *template;
        gboolean fine;
    } cases[] = {{"{bucket}-thumbs", TRUE}, {"thumbs-{size}", TRUE}, {"out", TRUE},
                 {"{key}", FALSE},          {"a/b", FALSE},          {"b*", FALSE}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(OutputKey) template = output_key_parse_bucket(cases[i].template, &error);
        g_assert_true((template != NULL) == cases[i].fine);
        g_assert_true((error == NULL) == cases[i].fine);
    }
}

static void test_the_folder_is_what_every_key_begins_with(void)
{
    static const struct {
        const char *template;
        const char *folder;
    } cases[] = {
        {"resized/{key}", "resized/"}, {"a/b/{size}/{key}", "a/b/"}, {"a/b-{key}", "a/"},
        {"thumb-{key}", NULL},         {"{size}/{key}", NULL},       {"{key}", NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(OutputKey) template = output_key_parse(cases[i].template, NULL);
        g_autofree char *folder = output_key_folder(template);
        g_assert_cmpstr(folder, ==, cases[i].folder);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(test) g_test_add_func("/output_key/" #test, test_##test)
    ADD(words_stand_for_parts_of_the_key);
    ADD(a_template_that_cannot_be_is_refused);
    ADD(a_bucket_knows_fewer_words);
    ADD(the_folder_is_what_every_key_begins_with);
    return g_test_run();
}
