/* SPDX-License-Identifier: Apache-2.0
 *
 * Members of a JSON object as the producers write them: absent, null and "" are the same. Private
 * to this folder. */
#pragma once

#include <glib.h>
#include <jansson.h>

/* Borrowed; NULL when it is not said or not a text. @object may be NULL. */
const char *field_text(const json_t *object, const char *name);
/* -1 when not said. Ceph's documentation has it as a text. */
gboolean field_size(const json_t *object, gint64 *size, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* NULL when there is none ("null" is how S3 names the version of an unversioned object). */
gboolean field_version_id(const json_t *object, const char *name, char **version_id,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Without the quotes that versitygw leaves in; NULL when not said. */
char *field_etag(const json_t *object, const char *name);
/* RFC 3339 to milliseconds since 1970; -1 when @text is NULL or no time. */
gint64 field_time_ms(const char *text);
