/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/stores/credentials.h"

#include "pipeline/stores/object_store.h"

typedef enum { ACCESS_KEY_ID, SECRET_ACCESS_KEY, SESSION_TOKEN, PART_COUNT } Part;

static const char *const variables[PART_COUNT] = {
    [ACCESS_KEY_ID] = "AWS_ACCESS_KEY_ID",
    [SECRET_ACCESS_KEY] = "AWS_SECRET_ACCESS_KEY",
    [SESSION_TOKEN] = "AWS_SESSION_TOKEN",
};

/* Immutable after credentials_source_new(). */
struct CredentialsSource {
    struct {
        char *value; /* NULL: look into the file */
        char *file;  /* NULL: there is none */
    } parts[PART_COUNT];
};

void credentials_free(Credentials *credentials)
{
    if (credentials == NULL)
        return;
    g_free(credentials->access_key_id);
    g_free(credentials->secret_access_key);
    g_free(credentials->session_token);
    g_free(credentials);
}

void credentials_source_free(CredentialsSource *source)
{
    if (source == NULL)
        return;
    for (gsize i = 0; i < PART_COUNT; i++) {
        g_free(source->parts[i].value);
        g_free(source->parts[i].file);
    }
    g_free(source);
}

/* Empty counts as unset: that is how compose files and unit files take a variable back. */
static char *find_variable(char **environment, const char *name)
{
    const char *value = g_environ_getenv(environment, name);
    return value != NULL && *value != '\0' ? g_strdup(value) : NULL;
}

static gboolean read_variables(CredentialsSource *source, char **environment, GError **error)
{
    for (gsize i = 0; i < PART_COUNT; i++) {
        g_autofree char *file_variable = g_strconcat(variables[i], "_FILE", NULL);
        source->parts[i].value = find_variable(environment, variables[i]);
        source->parts[i].file = find_variable(environment, file_variable);
        if (source->parts[i].value != NULL && source->parts[i].file != NULL) {
            g_set_error(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_MISCONFIGURED,
                        "both %s and %s are set; unset one", variables[i], file_variable);
            return FALSE;
        }
    }
    for (gsize i = ACCESS_KEY_ID; i <= SECRET_ACCESS_KEY; i++)
        if (source->parts[i].value == NULL && source->parts[i].file == NULL) {
            g_set_error(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_MISCONFIGURED,
                        "no credentials: %s is not set; set AWS_ACCESS_KEY_ID and "
                        "AWS_SECRET_ACCESS_KEY (or AWS_ACCESS_KEY_ID_FILE and "
                        "AWS_SECRET_ACCESS_KEY_FILE)",
                        variables[i]);
            return FALSE;
        }
    return TRUE;
}

CredentialsSource *credentials_source_new(char **environment, GError **error)
{
    g_autoptr(CredentialsSource) source = g_new0(CredentialsSource, 1);
    if (!read_variables(source, environment, error))
        return NULL;
    /* A file that is missing or empty is told at start and not with the first object. */
    g_autoptr(Credentials) credentials = credentials_source_get(source, NULL, error);
    return credentials != NULL ? g_steal_pointer(&source) : NULL;
}

static gboolean has_control_character(const char *text)
{
    for (const char *c = text; *c != '\0'; c++)
        if (g_ascii_iscntrl(*c))
            return TRUE;
    return FALSE;
}

static gboolean read_part(const CredentialsSource *source, Part part, char **value, GError **error)
{
    const char *file = source->parts[part].file;
    *value = g_strdup(source->parts[part].value);
    g_autoptr(GError) problem = NULL;
    if (file != NULL && !g_file_get_contents(file, value, NULL, &problem)) {
        g_set_error(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_MISCONFIGURED, "%s_FILE: %s",
                    variables[part], problem->message);
        return FALSE;
    }
    if (*value == NULL)
        return TRUE;
    g_strstrip(*value); /* files end in a newline */
    /* What would end or begin a header must not get into one. */
    if (**value == '\0' || has_control_character(*value)) {
        g_set_error(error, OBJECT_STORE_ERROR, OBJECT_STORE_ERROR_MISCONFIGURED, "%s%s%s%s",
                    variables[part], file != NULL ? "_FILE: " : "", file != NULL ? file : "",
                    **value == '\0' ? " is empty" : " holds control characters");
        return FALSE;
    }
    return TRUE;
}

Credentials *credentials_source_get(CredentialsSource *source, GCancellable *cancellable,
                                    GError **error)
{
    (void)cancellable; /* neither variables nor files keep one waiting */
    g_autoptr(Credentials) credentials = g_new0(Credentials, 1);
    if (!read_part(source, ACCESS_KEY_ID, &credentials->access_key_id, error) ||
        !read_part(source, SECRET_ACCESS_KEY, &credentials->secret_access_key, error) ||
        !read_part(source, SESSION_TOKEN, &credentials->session_token, error))
        return NULL;
    return g_steal_pointer(&credentials);
}
