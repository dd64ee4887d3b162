/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/stores/s3_address.h"

#include "pipeline/stores/object_store.h"
#include "pipeline/stores/sigv4.h"

#include <string.h>

/* docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html; MinIO and Ceph have the same. */
#define MAX_KEY_BYTES 1024

struct S3Address {
    char *scheme;
    char *host; /* with the port where it is not the scheme's own */
    Addressing addressing;
};

void s3_address_free(S3Address *address)
{
    if (address == NULL)
        return;
    g_free(address->scheme);
    g_free(address->host);
    g_free(address);
}

void s3_location_free(S3Location *location)
{
    if (location == NULL)
        return;
    g_free(location->host);
    g_free(location->path);
    g_free(location->url);
    g_free(location);
}

static char *make_aws_endpoint(const char *region)
{
    const char *suffix = g_str_has_prefix(region, "cn-") ? "amazonaws.com.cn" : "amazonaws.com";
    return g_strdup_printf("https://s3.%s.%s", region, suffix);
}

/* Host as libcurl will write it: no port where it is the scheme's own, brackets around IPv6. */
static char *make_host(GUri *uri)
{
    const char *name = g_uri_get_host(uri);
    gboolean literal = strchr(name, ':') != NULL;
    g_autofree char *lower = g_ascii_strdown(name, -1);
    g_autofree char *host = g_strdup_printf(literal ? "[%s]" : "%s", lower);
    int own_port = strcmp(g_uri_get_scheme(uri), "https") == 0 ? 443 : 80;
    int port = g_uri_get_port(uri);
    return port == -1 || port == own_port ? g_steal_pointer(&host)
                                          : g_strdup_printf("%s:%d", host, port);
}

static gboolean is_endpoint(GUri *uri)
{
    const char *scheme = g_uri_get_scheme(uri), *path = g_uri_get_path(uri);
    return (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0) &&
           g_uri_get_host(uri) != NULL && *g_uri_get_host(uri) != '\0' &&
           (*path == '\0' || strcmp(path, "/") == 0) && g_uri_get_userinfo(uri) == NULL &&
           g_uri_get_query(uri) == NULL && g_uri_get_fragment(uri) == NULL;
}

S3Address *s3_address_new(const StorageConfig *config, GError **error)
{
    gboolean own_endpoint = config->endpoint != NULL && *config->endpoint != '\0';
    g_autofree char *endpoint =
        own_endpoint ? g_strdup(config->endpoint) : make_aws_endpoint(config->region);
    g_autoptr(GUri) uri = g_uri_parse(endpoint, G_URI_FLAGS_NONE, NULL);
    if (uri == NULL || !is_endpoint(uri)) {
        /* The text itself may hold a password: it is not repeated. */
        g_set_error_literal(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_MISCONFIGURED,
                            "the storage endpoint must be http:// or https://, a host and perhaps "
                            "a port, nothing more");
        return NULL;
    }
    S3Address *address = g_new0(S3Address, 1);
    address->scheme = g_strdup(g_uri_get_scheme(uri));
    address->host = make_host(uri);
    address->addressing = config->addressing;
    if (config->addressing == ADDRESSING_AUTO && own_endpoint)
        address->addressing = ADDRESSING_PATH;
    return address;
}

static gboolean consists_of(const char *text, const char *allowed)
{
    return strspn(text, allowed) == strlen(text);
}

/* Wider than AWS's rules today: old buckets and other servers have underscores and capitals. */
static gboolean is_bucket(const char *bucket)
{
    gsize length = strlen(bucket);
    return length >= 1 && length <= 255 && *bucket != '.' &&
           consists_of(bucket, "-._" G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS);
}

/* Over TLS a dot in the bucket leaves the server's wildcard certificate (RFC 6125, 6.4.3). */
static gboolean is_host_label(const char *bucket, gboolean tls)
{
    return strlen(bucket) <= 63 && g_ascii_isalnum(*bucket) &&
           consists_of(bucket, "-." G_CSET_a_2_z G_CSET_DIGITS) &&
           !(tls && strchr(bucket, '.') != NULL);
}

S3Location *s3_address_locate(const S3Address *address, const char *bucket, const char *key,
                              GError **error)
{
    if (!is_bucket(bucket)) {
        g_set_error(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_MISCONFIGURED,
                    "\"%s\" cannot be the name of a bucket", bucket);
        return NULL;
    }
    if (*key == '\0' || strlen(key) > MAX_KEY_BYTES) {
        g_set_error(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_DENIED,
                    "%s/%.32s…: the key is %s", bucket, key,
                    *key == '\0' ? "empty" : "over 1024 bytes");
        return NULL;
    }
    gboolean tls = strcmp(address->scheme, "https") == 0;
    gboolean virtual_host = address->addressing == ADDRESSING_VIRTUAL ||
                            (address->addressing == ADDRESSING_AUTO && is_host_label(bucket, tls));
    g_autofree char *encoded_key = sigv4_encode(key, "/");
    S3Location *location = g_new0(S3Location, 1);
    location->host =
        virtual_host ? g_strdup_printf("%s.%s", bucket, address->host) : g_strdup(address->host);
    location->path = virtual_host ? g_strdup_printf("/%s", encoded_key)
                                  : g_strdup_printf("/%s/%s", bucket, encoded_key);
    location->url = g_strdup_printf("%s://%s%s", address->scheme, location->host, location->path);
    return location;
}
