# souk: multilingual product search.
#
#   make            builds ./souk
#   make demo       installs what is missing, indexes the sample catalogue, starts the service, prints its address
#   make test       installs what is missing, then lint and every test
#   make check      the tests alone: Criterion suites, fuzz replay, end-to-end scripts
#   make lint       formatting, include order, every header compiles alone
#   make asan       make check under AddressSanitizer and UndefinedBehaviorSanitizer
#   make fuzz       builds libFuzzer targets with clang into build/fuzz
#   make bench      relevance and speed on the sample, or on DATA=folder
#   make install    PREFIX=/usr/local, DESTDIR=
#   make clean
#
# MODE=release|asan|debug keeps its own folder under build/. V=1 shows the commands. WERROR=1 makes warnings errors.

MODE   ?= release
PREFIX ?= /usr/local
CC     ?= cc
O      := build/$(MODE)$(if $(findstring clang,$(CC)),-clang)

# ---- what is needed, and the Debian packages that bring it ----

PACKAGES := gcc pkg-config libicu-dev liblmdb-dev libevent-dev libssl-dev libjansson-dev libstemmer-dev \
            libroaring-dev libzstd-dev zlib1g-dev libxxhash-dev
TEST_PACKAGES := libcriterion-dev clang-format curl python3
PKGS := icu-uc icu-i18n lmdb libevent libevent_pthreads libevent_openssl openssl jansson libzstd zlib libxxhash

NO_BUILD := clean deps test-deps demo test
ifneq ($(filter-out $(NO_BUILD),$(or $(MAKECMDGOALS),all)),)
MISSING := $(shell command -v pkg-config >/dev/null || echo pkg-config; \
             for p in $(PKGS); do pkg-config --exists $$p 2>/dev/null || echo $$p; done; \
             for h in libstemmer.h roaring/roaring.h; do test -e /usr/include/$$h || echo $$h; done)
ifneq ($(strip $(MISSING)),)
$(error missing: $(strip $(MISSING)). 'make deps' installs them, or: apt-get install $(PACKAGES))
endif
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS))
PKG_LIBS   := $(shell pkg-config --libs $(PKGS)) -lstemmer -lroaring
endif

# ---- flags ----

FLAGS_release := -O2 -g
FLAGS_debug   := -O0 -g3
FLAGS_asan    := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wwrite-strings -Wpointer-arith \
        $(if $(WERROR),-Werror)
CFLAGS += -std=c11 -D_GNU_SOURCE -I. $(WARN) $(FLAGS_$(MODE)) $(PKG_CFLAGS) -DSOUK_SHARE='"$(PREFIX)/share/souk"'
LDLIBS += $(PKG_LIBS) -lm -pthread

# ---- sources: adding a file edits nothing. Folders in layer order; tests/lint.sh holds them to it ----

DIRS := base lang embed ann indexer query
OTHER_ISA := $(if $(filter x86_64,$(shell uname -m)),%_neon.c %_dotprod.c,%_avx2.c %_avxvnni.c %_avx512.c)
SRC  := $(filter-out $(OTHER_ISA),$(wildcard $(DIRS:=/*.c)))
LIB  := $(SRC:%.c=$(O)/%.o)
PAGES := $(sort $(wildcard query/web/*))
TEST := $(patsubst %.c,$(O)/%.o,$(wildcard tests/test_*.c tests/check_*.c))
FUZZ := $(patsubst %.c,$(O)/%,$(filter-out %_replay.c,$(wildcard tests/fuzz_*.c)))
BENCH := $(patsubst %.c,$(O)/%,$(wildcard bench/*.c))
Q := $(if $(V),,@)

all: souk
souk: $(O)/souk ; $(Q)cp -f $< $@
$(O)/souk: $(O)/souk.o $(LIB)
$(O)/tests/run: $(TEST) $(LIB)
$(O)/tests/run: LDLIBS += -lcriterion
$(FUZZ): %: %.o $(O)/tests/fuzz_replay.o $(LIB)
$(BENCH): %: %.o $(LIB)
$(O)/souk $(O)/tests/run $(FUZZ) $(BENCH):
	@echo "LD $@"
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(O)/%_avx2.o:    CFLAGS += -mavx2 -mfma -mf16c
$(O)/%_avxvnni.o: CFLAGS += -mavx2 -mfma -mf16c -mavxvnni
$(O)/%_avx512.o:  CFLAGS += -mavx2 -mfma -mf16c -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vnni
$(O)/%_dotprod.o: CFLAGS += -march=armv8.2-a+dotprod
$(O)/%.o: %.c
	@mkdir -p $(@D); echo "CC $<"
	$(Q)$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<
# The storefront's files go into the binary (query/pages.c).
$(O)/pages_list.h: $(PAGES) Makefile
	@mkdir -p $(@D)
	@for f in $(notdir $(PAGES)); do echo "PAGE($$(echo $$f | tr -c 'a-zA-Z0-9\n' _), \"$$f\")"; done > $@
$(O)/query/pages.o: $(O)/pages_list.h
$(O)/query/pages.o: CFLAGS += -I$(O)
-include $(wildcard $(O)/*.d $(O)/*/*.d)

# ---- checks ----

check: souk $(O)/tests/run $(FUZZ)
	tests/check.sh $(O)
lint:
	tests/lint.sh "$(CC) $(CFLAGS)" $(DIRS)
asan:
	+$(MAKE) MODE=asan check
fuzz:
	+$(MAKE) MODE=asan CC=clang FUZZER=1 $(patsubst $(O)/%,build/asan-clang/%,$(FUZZ))
bench: souk $(BENCH)
	bench/run.sh $(O) $(DATA)

# ---- the two commands of the README ----

SUDO = $(if $(filter 0,$(shell id -u)),,sudo)
have = dpkg-query -W -f='$${Status}\n' $(1) 2>/dev/null | grep -c 'ok installed' | grep -qx $(words $(1))
deps:
	@$(call have,$(PACKAGES)) || { $(SUDO) apt-get update -q && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends $(PACKAGES); }
test-deps: deps
	@$(call have,$(TEST_PACKAGES)) || { $(SUDO) apt-get update -q && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends $(TEST_PACKAGES); }
demo: deps
	+@$(MAKE) --no-print-directory souk
	bench/demo.sh
test: test-deps
	+@$(MAKE) --no-print-directory lint
	+@$(MAKE) --no-print-directory check

install: souk
	install -Dm755 souk $(DESTDIR)$(PREFIX)/bin/souk
	install -d $(DESTDIR)$(PREFIX)/share/souk/models
	install -m644 $(wildcard embed/models/*.gguf) $(DESTDIR)$(PREFIX)/share/souk/models/
clean: ; rm -rf build souk
.PHONY: all check lint asan fuzz bench deps test-deps demo test install clean
.SECONDARY:
