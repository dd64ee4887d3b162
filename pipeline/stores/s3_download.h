/* SPDX-License-Identifier: Apache-2.0
 *
 * One object into a file descriptor, checked on the way: length, and MD5 where the ETag can be one.
 */
#pragma once

#include "pipeline/stores/s3_client.h"

/* The object's size and names from the headers of an answer. */
ObjectInfo *s3_download_read_info(const HttpResponse *response);

/* Buckets whose ETags look like an MD5 and are none; from any thread. */
typedef struct S3OddBuckets S3OddBuckets;
S3OddBuckets *s3_odd_buckets_new(void);
void s3_odd_buckets_free(S3OddBuckets *buckets);

/* See ObjectStoreClass.get. Where only the MD5 disagrees it fetches again: the same bytes twice are
 * the object (some servers' ETags are no MD5), and @odd remembers the bucket. */
ObjectInfo *s3_download_run(S3Client *client, S3OddBuckets *odd, const char *bucket,
                            const char *key, const ObjectGet *options, int fd,
                            GCancellable *cancellable, GError **error) G_GNUC_WARN_UNUSED_RESULT;
