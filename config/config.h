/* SPDX-License-Identifier: Apache-2.0
 *
 * The configuration as the rest of the program reads it: plain structs, filled once by
 * config_load() from file and environment, checked as a whole, immutable afterwards and so shared
 * by all threads. What each setting means stands in config/thumbpipe.yaml. */
#pragma once

#include "config/size.h"

#include <glib.h>

#define CONFIG_EMBEDDED_BROKERS "embedded"

typedef enum { KEY_ENCODING_AUTO, KEY_ENCODING_FORM, KEY_ENCODING_RAW } KeyEncoding;

typedef struct {
    char *name; /* a topic, or a regular expression when it begins with ^ (as librdkafka has it) */
    KeyEncoding key_encoding;
} TopicConfig;

typedef struct {
    char *brokers;           /* "host:port,…" or CONFIG_EMBEDDED_BROKERS */
    GPtrArray *topics;       /* of TopicConfig, at least one */
    char *group;             /* consumer group */
    char *dead_letter_topic; /* "{topic}" stands for the topic the event came from */
    char *completion_topic;  /* empty: none */
    GPtrArray *properties;   /* of char *: name, value, name, value, …; the file's come last */
    char *properties_file;   /* empty: none */
} KafkaConfig;

typedef enum { STORAGE_KIND_S3, STORAGE_KIND_DIRECTORY } StorageKind;
typedef enum { ADDRESSING_AUTO, ADDRESSING_PATH, ADDRESSING_VIRTUAL } Addressing;

typedef struct {
    StorageKind kind;
    char *endpoint; /* scheme://host[:port]; empty: AWS, from the region */
    char *region;
    Addressing addressing; /* auto: path style when an endpoint is set, else virtual host */
    gboolean tls_verify;
    char *ca_file; /* empty: the system's */
    char *proxy;   /* empty: libcurl's environment variables */
    guint64 connect_timeout_ms;
    guint64 stall_timeout_ms;
    guint64 timeout_ms;
    char *root; /* directory: the folder whose sub-folders are the buckets */
} StorageConfig;

typedef struct {
    char *name;
    char *bucket;        /* glob: * and ? */
    char *prefix;        /* literal */
    GPtrArray *suffix;   /* of char *, compared without regard to case; empty: any */
    GPtrArray *exclude;  /* of char *, globs over the whole key; * also matches / */
    GPtrArray *sizes;    /* of const Size *, borrowed from Config.sizes, in the order given */
    char *output_bucket; /* template */
    char *output_key;    /* template; never NULL after loading (the default depends on the sizes) */
    char *location;      /* "file:line:col" of the rule, for messages */
} RuleConfig;

typedef struct {
    guint processes;      /* 0: auto */
    guint64 memory_bytes; /* RLIMIT_AS of one handler process */
    guint64 deadline_ms;
    guint recycle_after; /* images; 0: never */
} HandlersConfig;

typedef struct {
    guint64 source_bytes;
    guint64 output_bytes; /* of one output */
    guint64 pixels;       /* width × height of the source */
    guint32 formats;      /* a bit (1 << ImageFormat) for each format taken */
} LimitsConfig;

typedef struct {
    guint in_flight;      /* jobs at once; 0: auto */
    guint64 memory_bytes; /* source and output bytes held at once */
} JobsConfig;

typedef enum { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR } LogLevel;
typedef enum { LOG_FORMAT_AUTO, LOG_FORMAT_PRETTY, LOG_FORMAT_JSON, LOG_FORMAT_LOGFMT } LogFormat;

typedef struct {
    LogLevel level;
    LogFormat format;
} LogConfig;

typedef struct {
    char *path; /* the file it was read from */
    KafkaConfig kafka;
    StorageConfig storage;
    GPtrArray *sizes; /* of Size, in the file's order */
    GPtrArray *rules; /* of RuleConfig; never empty */
    HandlersConfig handlers;
    LimitsConfig limits;
    JobsConfig jobs;
    LogConfig log;
    guint64 drain_ms; /* shutdown.drain */
} Config;

#define CONFIG_ERROR config_error_quark()
GQuark config_error_quark(void);
typedef enum {
    CONFIG_ERROR_INVALID, /* the operator must change the file or the environment */
} ConfigError;

/* Reads @path, lays the environment's THUMBPIPE_SECTION_KEY (given as "NAME=value" strings, NULL-
 * terminated, as in environ) over it, and checks the whole. On failure the message holds every
 * problem found, one "file:line:col: …" a line, with a suggestion where a name looks mistyped. */
Config *config_load(const char *path, char **environment, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The same from bytes; @name stands for the file in messages. */
Config *config_parse(const char *name, const char *text, gsize size, char **environment,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
void config_free(Config *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Config, config_free)
