/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a file stops before its own structure says it does: an upload that broke off. Asked
 * before any decoder sees the file, for two reasons. Decoders tell it in the same words as damage.
 * And a PNG of 57 bytes that announces a text of a gigabyte makes libpng allocate that gigabyte to
 * fill it. */
#pragma once

#include "config/size.h"

/* Looks at lengths only, in time linear in the number of chunks. FALSE also where the format has no
 * such structure (JPEG). */
gboolean file_end_is_missing(ImageFormat format, gconstpointer bytes, gsize size);
