# SPDX-License-Identifier: Apache-2.0
# `make help` lists what there is. Needs GNU make, a C compiler, pkg-config; `make deps` installs the rest.

PREFIX     ?= /usr/local
bindir     ?= $(PREFIX)/bin
libexecdir ?= $(PREFIX)/libexec
sysconfdir ?= /etc
BUILD      ?= build
CFLAGS     ?= -O2 -g
SANITIZE   ?=
VERSION    := 0.1.0

# The project's own flags, apart from CFLAGS so that `make CFLAGS=…` keeps them.
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror
STANDARD := -std=gnu17 -D_GNU_SOURCE -I. -DG_LOG_DOMAIN='"thumbpipe"' -DVERSION='"$(VERSION)"' \
            -DLIBEXECDIR='"$(libexecdir)"' -DSYSCONFDIR='"$(sysconfdir)"'
SANITIZER_FLAGS := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer)

PIPELINE_PACKAGES := glib-2.0 gio-2.0 rdkafka libcurl libcrypto libxml-2.0 jansson libfyaml
HANDLER_PACKAGES  := glib-2.0 gio-2.0 vips libcrypto
PACKAGES          := $(sort $(PIPELINE_PACKAGES) $(HANDLER_PACKAGES))
PACKAGE_CFLAGS     = $(shell pkg-config --cflags $(PACKAGES) | sed 's/-I/-isystem /g')

# Both programs read these; everything else in handlers/ belongs to the handler alone.
SHARED   := config/size.c handlers/plan.c handlers/wire.c handlers/memfd.c handlers/image_error.c
CONFIG   := $(filter-out $(SHARED),$(wildcard config/*.c))
HANDLERS := $(filter-out $(SHARED) handlers/handler_main.c,$(wildcard handlers/*.c))
PIPELINE := $(filter-out pipeline/main.c,$(wildcard pipeline/*.c pipeline/*/*.c))
TESTS    := $(wildcard tests/test_*.c)
FIXTURES := $(filter-out $(TESTS),$(wildcard tests/*.c))

objects   = $(patsubst %.c,$(BUILD)/%.o,$(1))
TEST_BINS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(TESTS))

all: $(BUILD)/thumbpipe $(BUILD)/thumbpipe-handler ## build both programs (default)

$(BUILD)/thumbpipe: $(call objects,pipeline/main.c) $(BUILD)/libpipeline.a
	$(CC) $(CFLAGS) $(SANITIZER_FLAGS) $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs $(PIPELINE_PACKAGES)) -lm -lpthread

$(BUILD)/thumbpipe-handler: $(call objects,handlers/handler_main.c) $(BUILD)/libhandlers.a
	$(CC) $(CFLAGS) $(SANITIZER_FLAGS) $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs $(HANDLER_PACKAGES)) -lm

$(BUILD)/libpipeline.a: $(call objects,$(PIPELINE) $(CONFIG) $(SHARED))
	rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/libhandlers.a: $(call objects,$(HANDLERS) $(SHARED))
	rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(STANDARD) $(WARNINGS) $(PACKAGE_CFLAGS) $(CFLAGS) $(SANITIZER_FLAGS) $(CPPFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tests/%: $(BUILD)/tests/%.o $(call objects,$(FIXTURES)) $(BUILD)/libpipeline.a $(BUILD)/libhandlers.a
	$(CC) $(CFLAGS) $(SANITIZER_FLAGS) $(LDFLAGS) -Wl,--as-needed -o $@ $^ $(shell pkg-config --libs $(PACKAGES)) -lm -lpthread

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

unit: all $(TEST_BINS) ## build the unit tests

.PHONY: all unit
.SECONDARY:
