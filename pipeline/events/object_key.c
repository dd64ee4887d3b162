/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/events/object_key.h"

#include "pipeline/events/payload.h"

#include <string.h>

static gboolean refuse(GError **error, const char *problem)
{
    g_set_error_literal(error, EVENT_ERROR, EVENT_ERROR_UNPARSABLE, problem);
    return FALSE;
}

/* The byte that "XX" after a % stands for; -1 when those are no hexadecimal digits. */
static int escaped_byte(const char *digits)
{
    int high = g_ascii_xdigit_value(digits[0]);
    int low = high < 0 ? -1 : g_ascii_xdigit_value(digits[1]);
    return low < 0 ? -1 : high << 4 | low;
}

static gboolean decode_form(const char *raw, GString *key, GError **error)
{
    for (const char *at = raw; *at != '\0'; at++) {
        if (*at != '%') {
            g_string_append_c(key, *at == '+' ? ' ' : *at);
            continue;
        }
        int byte = escaped_byte(at + 1);
        if (byte < 0) {
            g_set_error(
                error, EVENT_ERROR, EVENT_ERROR_UNPARSABLE,
                "the key has a %% without two hexadecimal digits, at byte %zu "
                "(a producer that does not encode keys needs key_encoding raw for its topic)",
                (gsize)(at - raw));
            return FALSE;
        }
        if (byte == 0)
            return refuse(error, "the key holds a NUL byte");
        g_string_append_c(key, (char)byte);
        at += 2;
    }
    return TRUE;
}

char *object_key_decode(const char *raw, KeyEncoding encoding, GError **error)
{
    g_autoptr(GString) key = g_string_new(encoding == KEY_ENCODING_RAW ? raw : NULL);
    if (raw == NULL) {
        refuse(error, "the key is missing");
        return NULL;
    }
    if (encoding != KEY_ENCODING_RAW && !decode_form(raw, key, error))
        return NULL;
    if (key->len == 0) {
        refuse(error, "the key is empty");
        return NULL;
    }
    if (key->len > OBJECT_KEY_MAX_BYTES) {
        g_set_error(error, EVENT_ERROR, EVENT_ERROR_UNPARSABLE,
                    "the key has %zu bytes, S3 allows %d", key->len, OBJECT_KEY_MAX_BYTES);
        return NULL;
    }
    return g_string_free(g_steal_pointer(&key), FALSE);
}

char *object_key_encode(const char *key)
{
    GString *encoded = g_string_new(NULL);
    for (const char *at = key; *at != '\0'; at++) {
        if (g_ascii_isalnum(*at) || strchr("-_.*/", *at) != NULL)
            g_string_append_c(encoded, *at);
        else if (*at == ' ')
            g_string_append_c(encoded, '+');
        else
            g_string_append_printf(encoded, "%%%02X", (guchar)*at);
    }
    return g_string_free(encoded, FALSE);
}
