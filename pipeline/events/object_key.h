/* SPDX-License-Identifier: Apache-2.0
 *
 * Object keys as messages carry them: as they are, or form-encoded ('+' is a space, %XX a byte).
 * Private to this folder. */
#pragma once

#include "config/config.h"

#include <glib.h>

#define OBJECT_KEY_MAX_BYTES 1024

/* @encoding is FORM or RAW; @raw may be NULL (no key was said). The result is 1 to 1024 bytes,
 * which need not be UTF-8. */
char *object_key_decode(const char *raw, KeyEncoding encoding,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Form-encodes like AWS, which leaves '/' as it is; ASCII whatever @key is. */
char *object_key_encode(const char *key);
