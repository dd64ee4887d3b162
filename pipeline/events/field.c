/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/events/field.h"

#include "pipeline/events/payload.h"

#include <string.h>

const char *field_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL || *text == '\0' ? NULL : text;
}

static gboolean is_said(const json_t *value)
{
    return value != NULL && !json_is_null(value) &&
           !(json_is_string(value) && json_string_length(value) == 0);
}

gboolean field_size(const json_t *object, gint64 *size, GError **error)
{
    const json_t *value = json_object_get(object, "size");
    *size = -1;
    if (!is_said(value))
        return TRUE;
    if (json_is_integer(value) && json_integer_value(value) >= 0) {
        *size = json_integer_value(value);
        return TRUE;
    }
    guint64 number = 0;
    if (!json_is_string(value) ||
        !g_ascii_string_to_unsigned(json_string_value(value), 10, 0, G_MAXINT64, &number, NULL)) {
        g_set_error(error, EVENT_ERROR, EVENT_ERROR_UNPARSABLE,
                    "the object's size is not a number of bytes");
        return FALSE;
    }
    *size = (gint64)number;
    return TRUE;
}

gboolean field_version_id(const json_t *object, const char *name, char **version_id, GError **error)
{
    const json_t *value = json_object_get(object, name);
    if (is_said(value) && !json_is_string(value)) {
        g_set_error(error, EVENT_ERROR, EVENT_ERROR_UNPARSABLE, "the object's %s is not a text",
                    name);
        return FALSE;
    }
    const char *text = field_text(object, name);
    *version_id = g_strcmp0(text, "null") == 0 ? NULL : g_strdup(text);
    return TRUE;
}

char *field_etag(const json_t *object, const char *name)
{
    const char *text = field_text(object, name);
    if (text == NULL)
        return NULL;
    gsize size = strlen(text);
    if (size >= 2 && text[0] == '"' && text[size - 1] == '"') {
        text++;
        size -= 2;
    }
    return size == 0 ? NULL : g_strndup(text, size);
}

gint64 field_time_ms(const char *text)
{
    if (text == NULL)
        return -1;
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(text, utc);
    if (time == NULL)
        return -1;
    return g_date_time_to_unix(time) * 1000 + g_date_time_get_microsecond(time) / 1000;
}
