# SPDX-License-Identifier: Apache-2.0
# `make help` lists what there is. Needs GNU make, a C compiler, pkg-config; `make deps` installs the rest.

PREFIX     ?= /usr/local
bindir     ?= $(PREFIX)/bin
libexecdir ?= $(PREFIX)/libexec
sysconfdir ?= /etc
BUILD      ?= build
JOBS       ?= $(shell nproc)
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

# Both programs read the shared ones; everything else in handlers/ belongs to the handler alone.
# `make V=1` shows whole commands. Two files in different folders may share a name, hence `ar q`.
Q := $(if $(V),,@)
say = @$(if $(V),:,printf '  %-7s %s\n' $(1) $@)

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
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(SANITIZER_FLAGS) $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs $(PIPELINE_PACKAGES)) -lm -lpthread

$(BUILD)/thumbpipe-handler: $(call objects,handlers/handler_main.c) $(BUILD)/libhandlers.a
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(SANITIZER_FLAGS) $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs $(HANDLER_PACKAGES)) -lm

$(BUILD)/libpipeline.a: $(call objects,$(PIPELINE) $(CONFIG) $(SHARED))
	$(Q)rm -f $@ && $(AR) qcs $@ $^

$(BUILD)/libhandlers.a: $(call objects,$(HANDLERS) $(SHARED))
	$(Q)rm -f $@ && $(AR) qcs $@ $^

$(BUILD)/%.o: %.c
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(STANDARD) $(WARNINGS) $(PACKAGE_CFLAGS) $(CFLAGS) $(SANITIZER_FLAGS) $(CPPFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tests/%: $(BUILD)/tests/%.o $(call objects,$(FIXTURES)) $(BUILD)/libpipeline.a $(BUILD)/libhandlers.a
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(SANITIZER_FLAGS) $(LDFLAGS) -Wl,--as-needed -o $@ $^ $(shell pkg-config --libs $(PACKAGES)) -lm -lpthread

unit: all $(TEST_BINS)

ASAN := $(BUILD)/asan
CLANG := $(BUILD)/clang

test: ## install what tests need, then run all of them: unit, sanitizers, real servers (under 15 minutes)
	@tests/install-packages test
	@tests/install-packages lint
	$(MAKE) --no-print-directory -j$(JOBS) unit
	$(MAKE) --no-print-directory -j$(JOBS) BUILD=$(ASAN) SANITIZE=address,undefined CFLAGS='-O1 -g' unit
	$(MAKE) --no-print-directory -j$(JOBS) BUILD=$(CLANG) CC=clang objects
	@tests/integration/fetch-servers
	@BUILD=$(BUILD) tests/run tests/check-layers $(TEST_BINS) \
	    $(patsubst $(BUILD)/%,$(ASAN)/%,$(TEST_BINS)) tests/integration

FUZZERS      := $(wildcard tests/fuzz/*.c)
FUZZ         := $(BUILD)/fuzz
FUZZ_SECONDS ?= 60

fuzz: ## run each fuzzer for FUZZ_SECONDS (60)
	@tests/install-packages lint
	$(MAKE) --no-print-directory -j$(JOBS) BUILD=$(FUZZ) CC=clang CFLAGS='-O1 -g' \
	    SANITIZE=fuzzer-no-link,address,undefined $(patsubst %.c,$(FUZZ)/%,$(FUZZERS))
	@for fuzzer in $(patsubst %.c,$(FUZZ)/%,$(FUZZERS)); do \
	    mkdir -p $$fuzzer.corpus && \
	    $$fuzzer -max_total_time=$(FUZZ_SECONDS) -max_len=16384 -print_final_stats=1 \
	        $$fuzzer.corpus testdata/events || exit 1; \
	done

$(BUILD)/tests/fuzz/%: $(BUILD)/tests/fuzz/%.o $(BUILD)/libpipeline.a
	$(call say,LINK)
	$(Q)$(CC) -fsanitize=fuzzer,address,undefined -Wl,--as-needed -o $@ $^ $(shell pkg-config --libs $(PIPELINE_PACKAGES)) -lm

objects: $(call objects,$(SHARED) $(CONFIG) $(HANDLERS) $(PIPELINE) $(FIXTURES) $(TESTS) $(FUZZERS) \
         handlers/handler_main.c pipeline/main.c)

demo: deps ## show it at work: thumbnails of testdata/images, with no server
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@BUILD=$(BUILD) tests/demo

deps: ## install what the build needs (Debian 12 or 13)
	@tests/install-packages build

SOURCES := $(wildcard config/*.[ch] handlers/*.[ch] pipeline/*.[ch] pipeline/*/*.[ch] tests/*.[ch] tests/*/*.c)

lint: ## check the format of the sources
	@tests/install-packages lint
	@clang-format --dry-run --Werror $(SOURCES)

format: ## format the sources
	@clang-format -i $(SOURCES)

install: all ## install below $(DESTDIR)$(PREFIX)
	install -D -m 755 $(BUILD)/thumbpipe $(DESTDIR)$(bindir)/thumbpipe
	install -D -m 755 $(BUILD)/thumbpipe-handler $(DESTDIR)$(libexecdir)/thumbpipe-handler
	install -D -m 644 config/thumbpipe.yaml $(DESTDIR)$(sysconfdir)/thumbpipe/thumbpipe.yaml.example

clean: ## remove what was built (.cache/ keeps the servers that tests fetched)
	rm -rf $(BUILD)

help: ## list these
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

-include $(shell find $(BUILD) -name '*.d' -not -path '$(BUILD)/asan/*' -not -path '$(BUILD)/clang/*' 2>/dev/null)

.PHONY: all unit test fuzz objects demo deps lint format install clean help
.SECONDARY:
