/* SPDX-License-Identifier: Apache-2.0
 *
 * One setting as a row: schema, parser, default, bounds and manual at once. Rows that belong
 * together form an array ended by {0}, filled into one struct. */
#pragma once

#include "config/problems.h"
#include "config/yaml.h"

#include <glib.h>

typedef enum {
    SETTING_TEXT,     /* char *; min and max: its length */
    SETTING_BOOL,     /* gboolean */
    SETTING_INTEGER,  /* guint */
    SETTING_AUTO,     /* guint; "auto" is 0 */
    SETTING_COUNT,    /* guint64 */
    SETTING_BYTES,    /* guint64 */
    SETTING_DURATION, /* guint64, in milliseconds */
    SETTING_CHOICE,   /* an enum, by the place in @names */
    SETTING_CHOICES,  /* guint32, a bit (1 << place in @names) for each in the list */
    SETTING_TEXTS,    /* GPtrArray * of char * */
    SETTING_OWN,      /* whoever owns the struct reads it; listed for its name and manual line */
} SettingType;

typedef struct {
    const char *name;
    SettingType type;
    gsize offset;         /* into the struct; SETTING_NOWHERE: checked, not kept */
    const char *fallback; /* the default as it would stand in the file; NULL: none */
    const char *manual;
    guint64 min;
    guint64 max;              /* 0 for texts: any length */
    const char *const *names; /* of the choices; NULL-terminated; "" is a gap */
    /* What is wrong with a text that is otherwise well-formed, or NULL. */
    const char *(*check)(const char *text);
} Setting;

#define SETTING_NOWHERE G_MAXSIZE

/* Whether one line of text can say it, as an environment variable must. */
gboolean setting_is_scalar(const Setting *setting);
/* Fills every field of @target that has a default. */
void setting_fill_defaults(const Setting *settings, gpointer target);
/* Sets one field from text, lists with commas. Reports what is wrong with it under @path. */
void setting_set(const Setting *setting, gpointer target, const char *text, Location at,
                 const char *path, Problems *problems);
/* Sets @target's fields from @map; refuses what is not in @settings, and what is no map. */
void setting_read(const Setting *settings, gpointer target, const YamlNode *map, const char *path,
                  Problems *problems);
/* The texts of a list; reports and leaves out what is none (transfer full). */
GPtrArray *setting_read_texts(const YamlNode *list, const char *path, Problems *problems);
