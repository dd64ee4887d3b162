/* SPDX-License-Identifier: Apache-2.0
 *
 * Every setting there is, as rows. */
#pragma once

#include "config/setting.h"

typedef struct {
    const char *name;
    gsize offset; /* of the section's struct in Config */
    const Setting *settings;
} SettingSection;

/* Those with a fixed set of keys, ended by a NULL name; `sizes` and `rules` are keyed by the
 * operator and made of the rows below. */
extern const SettingSection settings_sections[];
extern const Setting settings_of_size[];   /* into Size */
extern const Setting settings_of_rule[];   /* into RuleConfig */
extern const Setting settings_of_output[]; /* into RuleConfig: its output: mapping */
extern const Setting settings_of_topic[];  /* into TopicConfig */

/* "THUMBPIPE_KAFKA_BROKERS" (transfer full). */
char *settings_variable(const SettingSection *section, const Setting *setting);
