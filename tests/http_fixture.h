/* SPDX-License-Identifier: Apache-2.0
 *
 * An HTTP server on loopback that says word for word what a test tells it to, and remembers what it
 * was asked. Each request takes the next answer, over whichever connection it comes. */
#pragma once

#include <glib.h>

typedef enum {
    HTTP_FIXTURE_KEEP,  /* the connection waits for the next request */
    HTTP_FIXTURE_CLOSE, /* ends it */
    HTTP_FIXTURE_RESET, /* ends it with a RST */
    HTTP_FIXTURE_STALL, /* says no more until the fixture is freed */
} HttpFixtureEnd;

typedef struct HttpFixture HttpFixture;
HttpFixture *http_fixture_new(void);
void http_fixture_free(HttpFixture *fixture);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpFixture, http_fixture_free)
guint http_fixture_port(HttpFixture *fixture);

/* The next answer as raw bytes. */
void http_fixture_answer(HttpFixture *fixture, const char *answer, HttpFixtureEnd end);

/* What came so far. A request is its head as sent, with the body after the empty line. */
guint http_fixture_requests(HttpFixture *fixture);
char *http_fixture_request(HttpFixture *fixture, guint index);
guint http_fixture_connections(HttpFixture *fixture);
