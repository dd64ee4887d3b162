/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/stores/s3_error.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <string.h>

#define MAX_MESSAGE_BYTES 500

#define KEYS_HINT     "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN"
#define REGION_HINT   "check storage.region and storage.endpoint"
#define BUCKET_HINT   "check that the bucket exists and what it is called"
#define CLOCK_HINT    "set this machine's clock"
#define ENDPOINT_HINT "check storage.endpoint"
#define KMS_HINT      "check the KMS key of the bucket and the rights to it"

/* The first row that fits decides. Codes:
 * docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html; XMinio*: minio/cmd/api-errors.go. */
static const struct {
    HttpError transport; /* 0: there was an answer */
    const char *code;    /* a glob; NULL: any or none */
    guint from_status;   /* 0: any */
    guint to_status;
    ObjectStoreError meaning;
    const char *hint;
} rows[] = {
#define TRANSPORT(error, meaning, hint)                                                            \
    {                                                                                              \
        error, NULL, 0, 0, OBJECT_STORE_ERROR_##meaning, hint                                      \
    }
#define CODE(code, meaning, hint)                                                                  \
    {                                                                                              \
        0, code, 0, 0, OBJECT_STORE_ERROR_##meaning, hint                                          \
    }
#define STATUS(from, to, meaning, hint)                                                            \
    {                                                                                              \
        0, NULL, from, to, OBJECT_STORE_ERROR_##meaning, hint                                      \
    }
    TRANSPORT(HTTP_ERROR_CANCELLED, CANCELLED, NULL),
    TRANSPORT(HTTP_ERROR_CUT, CORRUPT, NULL),
    TRANSPORT(HTTP_ERROR_UNTRUSTED, MISCONFIGURED,
              "check storage.ca_file and the server's certificate"),
    TRANSPORT(HTTP_ERROR_UNUSABLE, MISCONFIGURED, "check storage.endpoint and storage.proxy"),
    TRANSPORT(HTTP_ERROR_UNREACHABLE, UNAVAILABLE, NULL),

    CODE("NoSuchKey", GONE, NULL),
    CODE("NoSuchVersion", GONE, NULL),
    CODE("NoSuchBucket", MISCONFIGURED, BUCKET_HINT),
    CODE("InvalidBucketName", MISCONFIGURED, BUCKET_HINT),
    CODE("AllAccessDisabled", MISCONFIGURED, BUCKET_HINT),
    CODE("AccountProblem", MISCONFIGURED, "ask the provider about the account"),
    CODE("InvalidAccessKeyId", MISCONFIGURED, KEYS_HINT),
    CODE("SignatureDoesNotMatch", MISCONFIGURED, KEYS_HINT),
    CODE("InvalidToken", MISCONFIGURED, KEYS_HINT),
    CODE("InvalidTokenId", MISCONFIGURED, KEYS_HINT),
    CODE("ExpiredToken", MISCONFIGURED, KEYS_HINT),
    CODE("TokenRefreshRequired", MISCONFIGURED, KEYS_HINT),
    CODE("InvalidSecurity", MISCONFIGURED, KEYS_HINT),
    CODE("CredentialsNotSupported", MISCONFIGURED, KEYS_HINT),
    CODE("AuthorizationHeaderMalformed", MISCONFIGURED, REGION_HINT),
    CODE("AuthorizationQueryParametersError", MISCONFIGURED, REGION_HINT),
    CODE("PermanentRedirect", MISCONFIGURED, REGION_HINT),
    CODE("TemporaryRedirect", MISCONFIGURED, REGION_HINT),
    CODE("Redirect", MISCONFIGURED, REGION_HINT),
    CODE("IllegalLocationConstraintException", MISCONFIGURED, REGION_HINT),
    CODE("InvalidRegion", MISCONFIGURED, REGION_HINT),
    CODE("RequestTimeTooSkewed", MISCONFIGURED, CLOCK_HINT),
    CODE("RequestExpired", MISCONFIGURED, CLOCK_HINT),
    CODE("KMS.*", MISCONFIGURED, KMS_HINT),
    /* SSE-C objects, and what else one object alone can be refused for. */
    CODE("InvalidRequest", DENIED, NULL),
    CODE("NotImplemented", MISCONFIGURED, ENDPOINT_HINT),
    CODE("SlowDown*", UNAVAILABLE, NULL),
    CODE("Throttling*", UNAVAILABLE, NULL),
    CODE("RequestLimitExceeded", UNAVAILABLE, NULL),
    CODE("BandwidthLimitExceeded", UNAVAILABLE, NULL),
    CODE("TooManyRequests", UNAVAILABLE, NULL),
    CODE("RequestTimeout", UNAVAILABLE, NULL),
    CODE("InternalError", UNAVAILABLE, NULL),
    CODE("ServiceUnavailable", UNAVAILABLE, NULL),
    CODE("OperationAborted", UNAVAILABLE, NULL),
    CODE("QuotaExceeded", UNAVAILABLE, NULL),
    CODE("XMinioServerNotInitialized", UNAVAILABLE, NULL),
    CODE("XMinioStorageFull", UNAVAILABLE, NULL),
    CODE("BadDigest", CORRUPT, NULL),
    CODE("InvalidDigest", CORRUPT, NULL),
    CODE("IncompleteBody", CORRUPT, NULL),
    CODE("XAmzContentSHA256Mismatch", CORRUPT, NULL),
    CODE("AccessDenied", DENIED, NULL),
    CODE("InvalidObjectState", DENIED, "the object is archived; restore it first"),
    CODE("EntityTooLarge", DENIED, NULL),
    CODE("KeyTooLongError", DENIED, NULL),
    CODE("MetadataTooLarge", DENIED, NULL),
    CODE("MethodNotAllowed", DENIED, NULL),

    STATUS(301, 308, MISCONFIGURED, REGION_HINT),
    /* Without a code: a wrong region where HEAD has no body, or HTTP spoken to a TLS port. */
    {0, "", 400, 400, OBJECT_STORE_ERROR_MISCONFIGURED, REGION_HINT},
    STATUS(401, 401, MISCONFIGURED, KEYS_HINT),
    STATUS(403, 403, DENIED, NULL),
    STATUS(404, 404, GONE, NULL),
    STATUS(407, 407, MISCONFIGURED, "check storage.proxy"),
    STATUS(408, 408, UNAVAILABLE, NULL),
    STATUS(409, 409, UNAVAILABLE, NULL),
    STATUS(410, 410, GONE, NULL),
    STATUS(425, 425, UNAVAILABLE, NULL),
    STATUS(429, 429, UNAVAILABLE, NULL),
    STATUS(400, 499, DENIED, NULL),
    STATUS(501, 501, MISCONFIGURED, ENDPOINT_HINT),
    STATUS(500, 599, UNAVAILABLE, NULL),
    /* Neither an error nor what was asked for. */
    STATUS(0, 0, CORRUPT, NULL),
};

void s3_error_free(S3Error *error)
{
    if (error == NULL)
        return;
    g_free(error->code);
    g_free(error->message);
    g_free(error);
}

/* The text directly in @node: entities are left out, never expanded. */
static char *direct_text(const xmlNode *node)
{
    GString *text = g_string_new(NULL);
    for (const xmlNode *child = node->children; child != NULL; child = child->next)
        if (child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE)
            g_string_append(text, (const char *)child->content);
    return g_strstrip(g_string_free(text, FALSE));
}

static gboolean is_named(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}

static void shorten(char *message)
{
    if (strlen(message) > MAX_MESSAGE_BYTES)
        *g_utf8_find_prev_char(message, message + MAX_MESSAGE_BYTES) = '\0';
}

static void read_error(const xmlNode *root, S3Error *error)
{
    for (const xmlNode *node = root->children; node != NULL; node = node->next) {
        if (is_named(node, "Code") && error->code == NULL)
            error->code = direct_text(node);
        if (is_named(node, "Message") && error->message == NULL)
            error->message = direct_text(node);
    }
}

S3Error *s3_error_parse(gconstpointer bytes, gsize size)
{
    S3Error *error = g_new0(S3Error, 1);
    if (size == 0 || size > HTTP_KEPT_BYTES)
        return error;
    xmlDoc *document = xmlReadMemory(bytes, (int)size, NULL, NULL,
                                     XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    const xmlNode *root = document != NULL ? xmlDocGetRootElement(document) : NULL;
    /* S3 sends no document type; whoever does is not S3. */
    if (root != NULL && document->intSubset == NULL && is_named(root, "Error"))
        read_error(root, error);
    xmlFreeDoc(document);
    if (error->code != NULL && *error->code == '\0')
        g_clear_pointer(&error->code, g_free);
    if (error->code == NULL)
        g_clear_pointer(&error->message, g_free);
    if (error->code != NULL)
        shorten(error->code);
    if (error->message != NULL)
        shorten(error->message);
    return error;
}

static ObjectStoreError look_up(HttpError transport, guint status, const char *code,
                                const char **hint)
{
    const char *text = code != NULL ? code : "";
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (rows[i].transport == transport &&
            (rows[i].code == NULL || g_pattern_match_simple(rows[i].code, text)) &&
            (rows[i].from_status == 0 ||
             (status >= rows[i].from_status && status <= rows[i].to_status))) {
            if (hint != NULL)
                *hint = rows[i].hint;
            return rows[i].meaning;
        }
    g_assert_not_reached(); /* the last row fits any answer, and each HttpError has its own */
}

ObjectStoreError s3_error_of_answer(guint status, const char *code, const char **hint)
{
    return look_up(0, status, code, hint);
}

ObjectStoreError s3_error_of_transport(HttpError transport, const char **hint)
{
    return look_up(transport, 0, NULL, hint);
}

void s3_error_set_from_answer(GError **error, const char *what, const HttpResponse *response,
                              gboolean writing)
{
    g_autoptr(S3Error) answer = s3_error_parse(response->body->data, response->body->len);
    const char *hint = NULL;
    ObjectStoreError meaning = s3_error_of_answer(response->status, answer->code, &hint);
    if (writing && response->status == 403 && meaning == OBJECT_STORE_ERROR_DENIED) {
        meaning = OBJECT_STORE_ERROR_MISCONFIGURED;
        hint = "the credentials may not write here";
    }
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_printf(text, "%s: %u", what, response->status);
    if (answer->code != NULL)
        g_string_append_printf(text, " %s", answer->code);
    if (answer->message != NULL && *answer->message != '\0')
        g_string_append_printf(text, ": %s", answer->message);
    if (hint != NULL)
        g_string_append_printf(text, " (%s)", hint);
    g_set_error_literal(error, OBJECT_STORE_ERROR, meaning, text->str);
}

void s3_error_set_from_transport(GError **error, const char *what, GError *problem)
{
    if (problem->domain != HTTP_ERROR) {
        g_propagate_prefixed_error(error, problem, "%s: ", what);
        return;
    }
    const char *hint = NULL;
    ObjectStoreError meaning = s3_error_of_transport(problem->code, &hint);
    if (hint != NULL)
        g_set_error(error, OBJECT_STORE_ERROR, meaning, "%s: %s (%s)", what, problem->message,
                    hint);
    else
        g_set_error(error, OBJECT_STORE_ERROR, meaning, "%s: %s", what, problem->message);
    g_error_free(problem);
}
