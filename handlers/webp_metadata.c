/* SPDX-License-Identifier: Apache-2.0 */
#include "handlers/webp_metadata.h"

#include <string.h>

#define RIFF_HEADER_SIZE  12 /* "RIFF", length, "WEBP" */
#define CHUNK_HEADER_SIZE 8  /* name, length */

/* Of the first byte of VP8X (WebP Container Specification, "Extended File Format"). */
#define FLAGS_OF_METADATA (0x20 /* profile */ | 0x08 /* EXIF */ | 0x04 /* XMP */)

static gboolean is_named(const guint8 *chunk, const char *name)
{
    return memcmp(chunk, name, 4) == 0;
}

/* With its header and padding. */
static gsize chunk_size(const guint8 *chunk)
{
    guint32 length;
    memcpy(&length, chunk + 4, sizeof length);
    gsize content = GUINT32_FROM_LE(length);
    return CHUNK_HEADER_SIZE + content + (content & 1);
}

static gboolean is_metadata(const guint8 *chunk)
{
    return is_named(chunk, "EXIF") || is_named(chunk, "XMP ") || is_named(chunk, "ICCP");
}

/* A VP8X chunk with nothing left to announce is the simple format's to leave out. */
static gboolean is_empty_announcement(guint8 *chunk)
{
    if (!is_named(chunk, "VP8X") || chunk_size(chunk) <= CHUNK_HEADER_SIZE)
        return FALSE;
    chunk[CHUNK_HEADER_SIZE] &= (guint8)~FLAGS_OF_METADATA;
    return chunk[CHUNK_HEADER_SIZE] == 0;
}

static gboolean is_whole(const guint8 *bytes, gsize size)
{
    if (size < RIFF_HEADER_SIZE || !is_named(bytes, "RIFF") || !is_named(bytes + 8, "WEBP"))
        return FALSE;
    gsize offset = RIFF_HEADER_SIZE;
    while (offset + CHUNK_HEADER_SIZE <= size)
        offset += chunk_size(bytes + offset);
    return offset == size;
}

gsize webp_metadata_remove(guint8 *bytes, gsize size)
{
    if (!is_whole(bytes, size))
        return size;
    gsize kept = RIFF_HEADER_SIZE;
    for (gsize offset = RIFF_HEADER_SIZE; offset < size;) {
        guint8 *chunk = bytes + offset;
        gsize length = chunk_size(chunk);
        offset += length;
        if (is_metadata(chunk) || is_empty_announcement(chunk))
            continue;
        memmove(bytes + kept, chunk, length);
        kept += length;
    }
    guint32 riff_length = GUINT32_TO_LE((guint32)(kept - CHUNK_HEADER_SIZE));
    memcpy(bytes + 4, &riff_length, sizeof riff_length);
    return kept;
}
