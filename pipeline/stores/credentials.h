/* SPDX-License-Identifier: Apache-2.0
 *
 * Who we are to an S3 server, from the first source that knows: AWS_ACCESS_KEY_ID,
 * AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, each also as a file named by the variable with _FILE
 * (read again for every request, so that a mounted secret may be exchanged). No message holds a
 * value, only names of variables and files. */
#pragma once

#include <gio/gio.h>
#include <glib.h>

typedef struct {
    char *access_key_id;
    char *secret_access_key;
    char *session_token; /* NULL: none */
} Credentials;
void credentials_free(Credentials *credentials);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Credentials, credentials_free)

typedef struct CredentialsSource CredentialsSource;
/* @environment is as from g_get_environ(). Fails with OBJECT_STORE_ERROR_MISCONFIGURED where it
 * says nothing or too much. */
CredentialsSource *credentials_source_new(char **environment,
                                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
void credentials_source_free(CredentialsSource *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CredentialsSource, credentials_source_free)
/* What to sign with now; may block. Any thread. Errors are OBJECT_STORE_ERROR. */
Credentials *credentials_source_get(CredentialsSource *source, GCancellable *cancellable,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
