/* SPDX-License-Identifier: Apache-2.0
 *
 * The proof that no topic we write to is one we read from: a dead letter that came back as an event
 * would go round for ever. */
#pragma once

#include "config/config.h"
#include "config/problems.h"

/* Reports each subscription of @kafka that takes, or cannot be shown not to take, what is written
 * to its dead-letter and completion topics. */
void subscription_check(const KafkaConfig *kafka, Location at, Problems *problems);
