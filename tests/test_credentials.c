/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/stores/credentials.h"
#include "pipeline/stores/object_store.h"

#include <glib/gstdio.h>
#include <string.h>

static void test_variables(void)
{
    char *environment[] = {(char *)"AWS_ACCESS_KEY_ID=id", (char *)"AWS_SECRET_ACCESS_KEY=sEcReT",
                           (char *)"AWS_SESSION_TOKEN=token", NULL};
    g_autoptr(GError) error = NULL;
    g_autoptr(CredentialsSource) source = credentials_source_new(environment, &error);
    g_assert_no_error(error);
    g_autoptr(Credentials) credentials = credentials_source_get(source, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(credentials->access_key_id, ==, "id");
    g_assert_cmpstr(credentials->secret_access_key, ==, "sEcReT");
    g_assert_cmpstr(credentials->session_token, ==, "token");
}

static void test_files(void)
{
    g_autofree char *folder = g_dir_make_tmp("thumbpipe-XXXXXX", NULL);
    g_autofree char *file = g_build_filename(folder, "secret", NULL);
    g_autofree char *variable = g_strconcat("AWS_SECRET_ACCESS_KEY_FILE=", file, NULL);
    char *environment[] = {(char *)"AWS_ACCESS_KEY_ID=id", variable, NULL};
    g_assert_true(g_file_set_contents(file, "one\n", -1, NULL));
    g_autoptr(GError) error = NULL;
    g_autoptr(CredentialsSource) source = credentials_source_new(environment, &error);
    g_assert_no_error(error);
    static const char *const secrets[] = {"one", "two"};
    for (gsize i = 0; i < G_N_ELEMENTS(secrets); i++) {
        g_assert_true(g_file_set_contents(file, secrets[i], -1, NULL));
        g_autoptr(Credentials) credentials = credentials_source_get(source, NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(credentials->secret_access_key, ==, secrets[i]);
        g_assert_null(credentials->session_token);
    }
    g_unlink(file);
    g_autoptr(Credentials) none = credentials_source_get(source, NULL, &error);
    g_assert_null(none);
    g_assert_error(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_MISCONFIGURED);
    g_rmdir(folder);
}

static void test_refusals(void)
{
    static const struct {
        const char *environment[4];
        const char *message;
    } rows[] = {
        {{NULL}, "AWS_ACCESS_KEY_ID is not set"},
        {{"AWS_ACCESS_KEY_ID=id"}, "AWS_SECRET_ACCESS_KEY is not set"},
        {{"AWS_ACCESS_KEY_ID=id", "AWS_SECRET_ACCESS_KEY="}, "AWS_SECRET_ACCESS_KEY is not set"},
        {{"AWS_ACCESS_KEY_ID=id", "AWS_SECRET_ACCESS_KEY=sEcReT", "AWS_SECRET_ACCESS_KEY_FILE=/x"},
         "both AWS_SECRET_ACCESS_KEY and AWS_SECRET_ACCESS_KEY_FILE"},
        {{"AWS_ACCESS_KEY_ID=id", "AWS_SECRET_ACCESS_KEY_FILE=/no/such/file"}, "/no/such/file"},
        {{"AWS_ACCESS_KEY_ID=id\r\nX: y", "AWS_SECRET_ACCESS_KEY=sEcReT"}, "control characters"},
        {{"AWS_ACCESS_KEY_ID=id", "AWS_SECRET_ACCESS_KEY=sEc\nReT"}, "control characters"},
        {{"AWS_ACCESS_KEY_ID=id", "AWS_SECRET_ACCESS_KEY=  "}, "is empty"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(CredentialsSource) source =
            credentials_source_new((char **)rows[i].environment, &error);
        g_assert_null(source);
        g_assert_error(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_MISCONFIGURED);
        g_test_message("%s", error->message);
        g_assert_nonnull(strstr(error->message, rows[i].message));
        g_assert_null(strstr(error->message, "sEc"));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/credentials/variables_are_taken_as_they_are", test_variables);
    g_test_add_func("/credentials/files_are_read_again", test_files);
    g_test_add_func("/credentials/what_is_wrong_is_named_without_secrets", test_refusals);
    return g_test_run();
}
