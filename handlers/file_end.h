/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a file stops before its own structure says it does. Decoders report a file cut short in
 * the same words as a damaged one; an operator wants to know an upload that broke off. */
#pragma once

#include "config/size.h"

/* Looks at lengths only, in time linear in the number of chunks. FALSE also where the format has no
 * such structure (JPEG). */
gboolean file_end_is_missing(ImageFormat format, gconstpointer bytes, gsize size);
