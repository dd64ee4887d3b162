/* SPDX-License-Identifier: Apache-2.0
 *
 * Where an output goes: a template of text and words in braces, "resized/{size}/{key}". For a
 * bucket as for a key. Immutable after parsing; any thread. */
#pragma once

#include "config/config.h"
#include "config/size.h"

#include <glib.h>

/* S3's limit, in bytes. */
#define OUTPUT_KEY_MAX_BYTES 1024

typedef struct OutputKey OutputKey;

/* CONFIG_ERROR_INVALID for a word that is not known, an odd brace, or what is no key. */
OutputKey *output_key_parse(const char *template, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The same for a bucket's name, which knows fewer words. */
OutputKey *output_key_parse_bucket(const char *template, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void output_key_free(OutputKey *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OutputKey, output_key_free)

/* The key (or bucket) of @size made from @bucket/@key. */
char *output_key_expand(const OutputKey *self, const char *bucket, const char *key,
                        const Size *size);
/* The folder that every key made begins with, "resized/"; NULL when the template fixes none. Sizes
 * do not count: what a size since renamed has left behind must stay out too. */
char *output_key_folder(const OutputKey *self);

/* A glob that matches every key that can be made from @rule's objects: of buckets when @self is
 * one's. With @folded the glob and what it matches are lower case, which lets it say more. */
char *output_key_glob(const OutputKey *self, const RuleConfig *rule, const Size *size,
                      gboolean folded);
