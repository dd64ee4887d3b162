/* SPDX-License-Identifier: Apache-2.0
 *
 * Events as text, for tests that compare: "created ObjectCreated:Put", then one indented line for
 * each field that is said. A blank line stands between two events. */
#pragma once

#include "pipeline/events/event.h"

/* (transfer full) */
char *event_text_of_message(const void *value, gsize size, const EventHeader *headers,
                            gsize header_count, KeyEncoding encoding);

typedef struct {
    const char *fact; /* the test's name: "/records/a_size_may_be_a_text" */
    const char *json;
    const char *expected; /* stands in the text of the events */
} EventRow;
/* A test for each of @rows; the last one's fact is NULL. */
void event_text_add_rows(const EventRow *rows);
