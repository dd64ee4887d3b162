/* SPDX-License-Identifier: Apache-2.0 */
#include "config/settings.h"

#include "config/config.h"

#include <string.h>

#define KIB    G_GUINT64_CONSTANT(1024)
#define MIB    (1024 * KIB)
#define GIB    (1024 * MIB)
#define SECOND G_GUINT64_CONSTANT(1000)
#define HOUR   (3600 * SECOND)

static const char *const storage_kinds[] = {
    [STORAGE_KIND_S3] = "s3", [STORAGE_KIND_DIRECTORY] = "directory", NULL};
static const char *const addressings[] = {
    [ADDRESSING_AUTO] = "auto", [ADDRESSING_PATH] = "path", [ADDRESSING_VIRTUAL] = "virtual", NULL};
static const char *const signatures[] = {"v4", NULL};
static const char *const key_encodings[] = {
    [KEY_ENCODING_AUTO] = "auto", [KEY_ENCODING_FORM] = "form", [KEY_ENCODING_RAW] = "raw", NULL};
static const char *const log_levels[] = {[LOG_LEVEL_DEBUG] = "debug",
                                         [LOG_LEVEL_INFO] = "info",
                                         [LOG_LEVEL_WARN] = "warn",
                                         [LOG_LEVEL_ERROR] = "error",
                                         NULL};
static const char *const log_formats[] = {[LOG_FORMAT_AUTO] = "auto",
                                          [LOG_FORMAT_PRETTY] = "pretty",
                                          [LOG_FORMAT_JSON] = "json",
                                          [LOG_FORMAT_LOGFMT] = "logfmt",
                                          NULL};
static const char *const fits[] = {[SIZE_FIT_INSIDE] = "inside", NULL};
static const char *const output_formats[] = {
    [IMAGE_FORMAT_SAME] = "same", [IMAGE_FORMAT_JPEG] = "jpeg", [IMAGE_FORMAT_PNG] = "png",
    [IMAGE_FORMAT_WEBP] = "webp", [IMAGE_FORMAT_GIF] = "gif",   NULL};
static const char *const source_formats[] = {[IMAGE_FORMAT_SAME] = "", /* not of a source */
                                             [IMAGE_FORMAT_JPEG] = "jpeg",
                                             [IMAGE_FORMAT_PNG] = "png",
                                             [IMAGE_FORMAT_WEBP] = "webp",
                                             [IMAGE_FORMAT_GIF] = "gif",
                                             NULL};

static const char *check_kind(const char *text)
{
    return g_str_equal(text, "libs3") ? "this build has no libs3 store; use s3 or directory" : NULL;
}

static const char *check_endpoint(const char *text)
{
    if (*text == '\0')
        return NULL;
    const char *host = g_str_has_prefix(text, "http://")    ? text + strlen("http://")
                       : g_str_has_prefix(text, "https://") ? text + strlen("https://")
                                                            : NULL;
    if (host == NULL || *host == '\0')
        return "write it as http://host:port or https://host";
    if (strpbrk(host, "/?#@ ") != NULL)
        return "holds more than scheme, host and port; credentials come from AWS_* variables, "
               "buckets from the events";
    return NULL;
}

/* What Kafka takes as a topic's name, once {topic} is replaced; 249 is its limit. */
static const char *check_topic_template(const char *text)
{
    const char *word = strstr(text, "{topic}");
    g_autofree char *plain = word == NULL ? g_strdup(text)
                                          : g_strdup_printf("%.*s%s", (int)(word - text), text,
                                                            word + strlen("{topic}"));
    for (const char *c = plain; *c != '\0'; c++)
        if (!g_ascii_isalnum(*c) && strchr("._-", *c) == NULL)
            return "must be letters, digits, '.', '_' and '-', with {topic} at most once";
    return strlen(plain) > 249 ? "is longer than a topic's name may be (249)" : NULL;
}

static const char *check_completion_topic(const char *text)
{
    return *text != '\0' ? "this version makes no completion events; leave it empty" : NULL;
}

#define AT(field) G_STRUCT_OFFSET(KafkaConfig, field)
static const Setting kafka[] = {
    {"brokers", SETTING_TEXT, AT(brokers), NULL,
     .manual = "Where Kafka is: host:port, more after commas; \"embedded\" for a broker within the "
               "process, to "
               "try things out.",
     .min = 1},
    {"topics", SETTING_OWN, AT(topics), NULL,
     .manual = "Topics with the events; ^ begins a regular expression; {name: …, key_encoding: "
               "form|raw|auto} "
               "where auto guesses wrong."},
    {"group", SETTING_TEXT, AT(group), "thumbpipe",
     .manual = "Consumer group; processes with the same one share the work.", .min = 1},
    {"dead_letter_topic", SETTING_TEXT, AT(dead_letter_topic), "{topic}.dead-letter",
     .manual = "Where events go that cannot be done; {topic} is the topic they came from.",
     .min = 1, .check = check_topic_template},
    {"completion_topic", SETTING_TEXT, AT(completion_topic), "",
     .manual = "Reserved: this version makes no completion events.",
     .check = check_completion_topic},
    {"properties", SETTING_OWN, AT(properties), "{}",
     .manual = "Any librdkafka property, name: value, but those that would break a promise."},
    {"properties_file", SETTING_TEXT, AT(properties_file), "",
     .manual = "More of them, lines of name=value, for passwords; relative to this file's folder."},
    {0},
};
#undef AT

#define AT(field) G_STRUCT_OFFSET(StorageConfig, field)
static const Setting storage[] = {
    {"kind", SETTING_CHOICE, AT(kind), "s3",
     .manual = "s3, or directory: a folder whose sub-folders are the buckets.",
     .names = storage_kinds, .check = check_kind},
    {"endpoint", SETTING_TEXT, AT(endpoint), "",
     .manual = "scheme://host:port of an S3 server; empty: AWS, from the region.",
     .check = check_endpoint},
    {"region", SETTING_TEXT, AT(region), "us-east-1",
     .manual = "Region that requests are signed for.", .min = 1},
    {"addressing", SETTING_CHOICE, AT(addressing), "auto",
     .manual = "path or virtual (bucket in the host name); auto: path when an endpoint is set.",
     .names = addressings},
    {"signature", SETTING_CHOICE, SETTING_NOWHERE, "v4",
     .manual = "Signature version; v4 is the only one.", .names = signatures},
    {"tls_verify", SETTING_BOOL, AT(tls_verify), "true",
     .manual = "Whether a server must prove its name."},
    {"ca_file", SETTING_TEXT, AT(ca_file), "",
     .manual = "Certificates to trust, in PEM; empty: the system's."},
    {"proxy", SETTING_TEXT, AT(proxy), "",
     .manual = "Proxy for storage; empty: as http_proxy and its kin say."},
    {"connect_timeout", SETTING_DURATION, AT(connect_timeout_ms), "5s",
     .manual = "How long a connection may take to open.", .min = 1, .max = HOUR},
    {"stall_timeout", SETTING_DURATION, AT(stall_timeout_ms), "20s",
     .manual = "How long a transfer may go without a byte.", .min = SECOND, .max = HOUR},
    {"timeout", SETTING_DURATION, AT(timeout_ms), "5m",
     .manual = "How long a whole transfer may take.", .min = SECOND, .max = 24 * HOUR},
    {"root", SETTING_TEXT, AT(root), "",
     .manual = "For kind: directory, the folder whose sub-folders are the buckets."},
    {0},
};
#undef AT

#define AT(field) G_STRUCT_OFFSET(HandlersConfig, field)
static const Setting handlers[] = {
    {"processes", SETTING_AUTO, AT(processes), "auto",
     .manual = "Handler processes; auto: what CPUs and memory leave room for.", .min = 1,
     .max = 256},
    {"memory", SETTING_BYTES, AT(memory_bytes), "1GiB",
     .manual = "Address space of one handler process.", .min = 64 * MIB, .max = 1024 * GIB},
    {"deadline", SETTING_DURATION, AT(deadline_ms), "30s",
     .manual = "How long one image may take before its handler is killed.", .min = 1, .max = HOUR},
    {"recycle_after", SETTING_INTEGER, AT(recycle_after), "1000",
     .manual = "Images after which a handler process is replaced; 0: never.", .min = 0,
     .max = 1000000000},
    {0},
};
#undef AT

#define AT(field) G_STRUCT_OFFSET(LimitsConfig, field)
static const Setting limits[] = {
    {"source_bytes", SETTING_BYTES, AT(source_bytes), "100MiB", .manual = "Largest source object.",
     .min = 1, .max = 4 * GIB},
    {"output_bytes", SETTING_BYTES, AT(output_bytes), "100MiB",
     .manual = "Largest single thumbnail.", .min = 1, .max = 4 * GIB},
    {"pixels", SETTING_COUNT, AT(pixels), "100M", .manual = "Largest width × height of a source.",
     .min = 1, .max = 10000000000},
    {"formats", SETTING_CHOICES, AT(formats), "[jpeg, png, webp, gif]",
     .manual = "Source formats taken.", .names = source_formats},
    {0},
};
#undef AT

#define AT(field) G_STRUCT_OFFSET(JobsConfig, field)
static const Setting jobs[] = {
    {"in_flight", SETTING_AUTO, AT(in_flight), "auto",
     .manual = "Events worked on at once; auto: some for each handler process.", .min = 1,
     .max = 4096},
    {"memory", SETTING_BYTES, AT(memory_bytes), "512MiB",
     .manual = "Source and thumbnail bytes held at once.", .min = 1, .max = 1024 * GIB},
    {0},
};
#undef AT

static const Setting log_settings[] = {
    {"level", SETTING_CHOICE, G_STRUCT_OFFSET(LogConfig, level), "info",
     .manual = "Least level printed: debug, info, warn or error.", .names = log_levels},
    {"format", SETTING_CHOICE, G_STRUCT_OFFSET(LogConfig, format), "auto",
     .manual = "pretty, json or logfmt; auto: pretty on a terminal, else json.",
     .names = log_formats},
    {0},
};

static const Setting shutdown[] = {
    {"drain", SETTING_DURATION, G_STRUCT_OFFSET(Config, drain_ms), "30s",
     .manual = "How long a stop waits for what is in flight.", .min = 0, .max = HOUR},
    {0},
};

const SettingSection settings_sections[] = {
    {"kafka", G_STRUCT_OFFSET(Config, kafka), kafka},
    {"storage", G_STRUCT_OFFSET(Config, storage), storage},
    {"handlers", G_STRUCT_OFFSET(Config, handlers), handlers},
    {"limits", G_STRUCT_OFFSET(Config, limits), limits},
    {"jobs", G_STRUCT_OFFSET(Config, jobs), jobs},
    {"log", G_STRUCT_OFFSET(Config, log), log_settings},
    {"shutdown", 0, shutdown},
    {0},
};

const Setting settings_of_size[] = {
    {"width", SETTING_INTEGER, G_STRUCT_OFFSET(Size, width), NULL,
     .manual = "Width of the box in pixels; left out: follows from the height.", .min = 1,
     .max = 16384},
    {"height", SETTING_INTEGER, G_STRUCT_OFFSET(Size, height), NULL,
     .manual = "Height of the box in pixels; left out: follows from the width.", .min = 1,
     .max = 16384},
    {"fit", SETTING_CHOICE, G_STRUCT_OFFSET(Size, fit), "inside",
     .manual = "inside: the largest that fits the box, never enlarged.", .names = fits},
    {"format", SETTING_CHOICE, G_STRUCT_OFFSET(Size, format), "same",
     .manual = "same as the source, or jpeg, png, webp, gif.", .names = output_formats},
    {"quality", SETTING_INTEGER, G_STRUCT_OFFSET(Size, quality), "80",
     .manual = "Of jpeg and webp: 1 to 100.", .min = 1, .max = 100},
    {0},
};

#define AT(field) G_STRUCT_OFFSET(RuleConfig, field)
const Setting settings_of_rule[] = {
    {"name", SETTING_TEXT, AT(name), NULL,
     .manual = "Name in messages; left out: rule-1, rule-2, …", .min = 1},
    {"bucket", SETTING_TEXT, AT(bucket), "*",
     .manual = "Buckets it is for; * and ? match anything.", .min = 1},
    {"prefix", SETTING_TEXT, AT(prefix), "", .manual = "What an object's key must begin with."},
    {"suffix", SETTING_TEXTS, AT(suffix), "[]",
     .manual = "What a key must end with, one of these in any case; empty: anything."},
    {"exclude", SETTING_TEXTS, AT(exclude), "[]",
     .manual = "Keys it is not for; * and ? match anything, / too."},
    {"sizes", SETTING_OWN, AT(sizes), NULL, .manual = "Sizes it makes; left out: all."},
    {"output", SETTING_OWN, 0, "{}", .manual = "Where they go."},
    {0},
};

const Setting settings_of_output[] = {
    {"bucket", SETTING_TEXT, AT(output_bucket), "{bucket}",
     .manual = "Bucket that thumbnails go to.", .min = 1},
    {"key", SETTING_TEXT, AT(output_key), NULL,
     .manual =
         "Their key; left out: resized/{key}, or resized/{size}/{key} where there are more sizes.",
     .min = 1},
    {0},
};
#undef AT

const Setting settings_of_topic[] = {
    {"name", SETTING_TEXT, G_STRUCT_OFFSET(TopicConfig, name), NULL, .manual = "The topic.",
     .min = 1},
    {"key_encoding", SETTING_CHOICE, G_STRUCT_OFFSET(TopicConfig, key_encoding), "auto",
     .manual =
         "How keys stand in its events: form (a+b%20c), raw, or auto: as the event's kind has it.",
     .names = key_encodings},
    {0},
};

char *settings_variable(const SettingSection *section, const Setting *setting)
{
    g_autofree char *name = g_strdup_printf("THUMBPIPE_%s_%s", section->name, setting->name);
    return g_ascii_strup(name, -1);
}
