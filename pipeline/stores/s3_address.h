/* SPDX-License-Identifier: Apache-2.0
 *
 * Where an object is asked for: host, path and URL from endpoint, addressing, bucket and key.
 * Immutable once made. */
#pragma once

#include "config/config.h"

typedef struct S3Address S3Address;
/* Fails with OBJECT_STORE_ERROR_MISCONFIGURED when the endpoint is no scheme://host[:port]. */
S3Address *s3_address_new(const StorageConfig *config, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void s3_address_free(S3Address *address);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(S3Address, s3_address_free)

typedef struct {
    char *host; /* with the port where it is not the scheme's own: what Host says */
    char *path; /* encoded */
    char *url;
} S3Location;
/* OBJECT_STORE_ERROR_MISCONFIGURED for what cannot be a bucket, _DENIED for what cannot be a key.
 */
S3Location *s3_address_locate(const S3Address *address, const char *bucket, const char *key,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
void s3_location_free(S3Location *location);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(S3Location, s3_location_free)
