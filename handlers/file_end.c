/* SPDX-License-Identifier: Apache-2.0 */
#include "handlers/file_end.h"

#include <string.h>

#define PNG_SIGNATURE_SIZE 8
#define PNG_CHUNK_OVERHEAD 12 /* length, name, checksum */
#define RIFF_HEADER_SIZE   8

static guint32 big_endian(const guint8 *bytes)
{
    guint32 value;
    memcpy(&value, bytes, sizeof value);
    return GUINT32_FROM_BE(value);
}

static guint32 little_endian(const guint8 *bytes)
{
    guint32 value;
    memcpy(&value, bytes, sizeof value);
    return GUINT32_FROM_LE(value);
}

/* PNG is a row of chunks of told length, the last one IEND. */
static gboolean png_end_is_missing(const guint8 *bytes, gsize size)
{
    gsize offset = PNG_SIGNATURE_SIZE;
    while (offset + PNG_CHUNK_OVERHEAD <= size) {
        if (memcmp(bytes + offset + 4, "IEND", 4) == 0)
            return FALSE;
        offset += PNG_CHUNK_OVERHEAD + (gsize)big_endian(bytes + offset);
    }
    return TRUE;
}

/* WebP is one RIFF chunk that tells its length first. */
static gboolean webp_end_is_missing(const guint8 *bytes, gsize size)
{
    return size < RIFF_HEADER_SIZE || RIFF_HEADER_SIZE + (gsize)little_endian(bytes + 4) > size;
}

gboolean file_end_is_missing(ImageFormat format, gconstpointer bytes, gsize size)
{
    switch (format) {
    case IMAGE_FORMAT_PNG:
        return png_end_is_missing(bytes, size);
    case IMAGE_FORMAT_WEBP:
        return webp_end_is_missing(bytes, size);
    default:
        return FALSE;
    }
}
