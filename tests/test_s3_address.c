/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/stores/s3_address.h"

static void test_urls(void)
{
    static const struct {
        const char *endpoint;
        const char *region;
        Addressing addressing;
        const char *bucket;
        const char *url;
    } rows[] = {
        {"", "eu-central-1", ADDRESSING_AUTO, "pics",
         "https://pics.s3.eu-central-1.amazonaws.com/k"},
        {"", "eu-central-1", ADDRESSING_PATH, "pics",
         "https://s3.eu-central-1.amazonaws.com/pics/k"},
        {"", "cn-north-1", ADDRESSING_AUTO, "pics",
         "https://pics.s3.cn-north-1.amazonaws.com.cn/k"},
        /* What cannot be a label of a host, or not under its certificate. */
        {"", "us-east-1", ADDRESSING_AUTO, "my.pics",
         "https://s3.us-east-1.amazonaws.com/my.pics/k"},
        {"", "us-east-1", ADDRESSING_AUTO, "My_Pics",
         "https://s3.us-east-1.amazonaws.com/My_Pics/k"},
        {"http://minio:9000", "r", ADDRESSING_AUTO, "pics", "http://minio:9000/pics/k"},
        {"http://minio:9000/", "r", ADDRESSING_AUTO, "pics", "http://minio:9000/pics/k"},
        {"http://minio:9000", "r", ADDRESSING_VIRTUAL, "pics", "http://pics.minio:9000/k"},
        {"https://MinIO:443", "r", ADDRESSING_AUTO, "pics", "https://minio/pics/k"},
        {"http://h:80", "r", ADDRESSING_AUTO, "pics", "http://h/pics/k"},
        {"https://h:80", "r", ADDRESSING_AUTO, "pics", "https://h:80/pics/k"},
        {"http://[::1]:9000", "r", ADDRESSING_AUTO, "pics", "http://[::1]:9000/pics/k"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        StorageConfig config = {.endpoint = (char *)rows[i].endpoint,
                                .region = (char *)rows[i].region,
                                .addressing = rows[i].addressing};
        g_autoptr(GError) error = NULL;
        g_autoptr(S3Address) address = s3_address_new(&config, &error);
        g_assert_no_error(error);
        g_autoptr(S3Location) location = s3_address_locate(address, rows[i].bucket, "k", &error);
        g_assert_no_error(error);
        g_assert_cmpstr(location->url, ==, rows[i].url);
        g_autofree char *again =
            g_strdup_printf("%.*s%s%s", g_str_has_prefix(rows[i].url, "https") ? 8 : 7, rows[i].url,
                            location->host, location->path);
        g_assert_cmpstr(again, ==, rows[i].url);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/s3_address/an_object_is_where_the_settings_say", test_urls);
    return g_test_run();
}
