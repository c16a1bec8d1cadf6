# souk: multilingual product search.
#
#   make            builds ./souk
#   make demo       installs what is missing, indexes the sample catalogue, starts the service, prints its address
#   make test       installs what is missing, then make lint and make check
#   make check      the tests alone: fuzz replay, end-to-end scripts, Criterion suites
#   make lint       formatting, include order, every header compiles alone, shell scripts parse
#   make test-browser  installs what is missing, then tests the storefront in headless Chromium; screenshots below build/
#   make asan       make check under AddressSanitizer and UndefinedBehaviorSanitizer
#   make fuzz       builds libFuzzer targets into build/fuzz; Debian: apt-get install clang libclang-rt-dev
#   make programs   builds souk, tests, fuzz replay and benches below build/
#   make eval       relevance on the sample catalogue by language, in seconds
#   make bench      relevance and speed on the sample, or on the sets in DATA=folder
#   make install    copies souk, its model, manual page and completions below $(DESTDIR)$(PREFIX); make uninstall takes them away
#   make deps       installs the Debian packages that building needs; make test-deps those of the tests
#   make clean      removes what was built
#   make help       prints this
#
# MODE=release|debug|asan and CC=clang keep folders of their own under build/. WERROR=1 makes warnings errors, V=1 shows the
# commands. CFLAGS, LDFLAGS and LDLIBS are added to what is set here. PREFIX=/usr/local.

MODE   ?= release
PREFIX ?= /usr/local
CLANG  := $(if $(findstring clang,$(CC)),-clang)
O      := build/$(if $(filter fuzz,$(MODE)),fuzz,$(MODE)$(CLANG))
Q      := $(if $(V),,@)

# ---- what is needed, and the Debian packages that bring it ----

PACKAGES := gcc libc6-dev pkg-config libicu-dev liblmdb-dev libevent-dev libssl-dev libjansson-dev libstemmer-dev \
            libroaring-dev libzstd-dev zlib1g-dev libxxhash-dev
TEST_PACKAGES := libcriterion-dev clang-format curl python3 zstd
BROWSER_PACKAGES := chromium python3 fonts-noto-core fonts-droid-fallback

# module of pkg-config:package
PKGS := icu-uc:libicu-dev icu-i18n:libicu-dev lmdb:liblmdb-dev libevent:libevent-dev libevent_pthreads:libevent-dev \
        libevent_openssl:libevent-dev openssl:libssl-dev jansson:libjansson-dev libzstd:libzstd-dev zlib:zlib1g-dev \
        libxxhash:libxxhash-dev
# header:package, for libraries that pkg-config does not know
HEADERS := libstemmer.h:libstemmer-dev roaring/roaring.h:libroaring-dev
LIBS := -lstemmer -lroaring

left  = $(firstword $(subst :, ,$(1)))
right = $(lastword $(subst :, ,$(1)))
has_pkg    = $(shell pkg-config --exists $(1) 2>/dev/null && echo yes)
has_header = $(shell echo '\#include <$(1)>' | $(CC) $(CFLAGS) -E -x c - >/dev/null 2>&1 && echo yes)

NO_BUILD := help clean uninstall deps test-deps demo test test-browser
ifneq ($(filter-out $(NO_BUILD),$(or $(MAKECMDGOALS),all)),)
MISSING := $(if $(shell command -v pkg-config),,pkg-config) \
           $(foreach p,$(PKGS),$(if $(call has_pkg,$(call left,$p)),,$(call right,$p))) \
           $(foreach h,$(HEADERS),$(if $(call has_header,$(call left,$h)),,$(call right,$h)))
ifneq ($(strip $(MISSING)),)
$(error missing libraries or tools. 'make deps' installs them, or: apt-get install $(sort $(MISSING)))
endif
PKG_CFLAGS := $(shell pkg-config --cflags $(foreach p,$(PKGS),$(call left,$p)))
PKG_LIBS   := $(shell pkg-config --libs $(foreach p,$(PKGS),$(call left,$p)))
endif

# ---- flags ----

SANITIZE := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
FLAGS_release := -O2 -g
FLAGS_debug   := -O0 -g3
FLAGS_asan    := $(SANITIZE)
FLAGS_fuzz    := $(SANITIZE) -fsanitize=fuzzer-no-link
$(if $(FLAGS_$(MODE)),,$(error MODE is release, debug or asan, not '$(MODE)'))
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wwrite-strings -Wpointer-arith \
        $(if $(WERROR),-Werror)
FLAGS := -std=c11 -D_GNU_SOURCE -I. $(WARN) $(FLAGS_$(MODE)) $(PKG_CFLAGS) $(CFLAGS)
BUILD_WITH := $(CC) $(FLAGS)
LINK := $(PKG_LIBS) $(LIBS) -lm -pthread $(LDLIBS)

# ---- sources: adding a file edits nothing. Folders in layer order; tests/lint.sh holds them to it ----

DIRS := base lang embed ann indexer query
OTHER_ISA := $(if $(filter x86_64,$(shell uname -m)),%_neon.c %_dotprod.c,%_avx2.c %_avxvnni.c %_avx512.c)
SRC   := $(filter-out $(OTHER_ISA),$(wildcard $(DIRS:=/*.c)))
LIB   := $(SRC:%.c=$(O)/%.o)
PAGES := $(sort $(wildcard query/web/*))
TEST  := $(patsubst %.c,$(O)/%.o,$(wildcard tests/test_*.c tests/check_*.c))
FUZZ  := $(patsubst %.c,$(O)/%,$(filter-out %_replay.c,$(wildcard tests/fuzz_*.c)))
BENCH := $(patsubst %.c,$(O)/%,$(wildcard bench/*.c))

# ./souk is always the build last asked for, whatever its folder.
all: souk
souk: $(O)/souk FORCE
	@cmp -s $< $@ || cp -f $< $@
$(O)/souk: $(O)/souk.o $(LIB)
$(O)/tests/run: $(TEST) $(LIB)
$(O)/tests/run: LINK += -lcriterion
ifeq ($(MODE),fuzz)
$(FUZZ): %: %.o $(LIB)
$(FUZZ): LINK += -fsanitize=fuzzer
else
$(FUZZ): %: %.o $(O)/tests/fuzz_replay.o $(LIB)
endif
$(BENCH): %: %.o $(LIB)
$(O)/souk $(O)/tests/run $(FUZZ) $(BENCH):
	@echo "LD $@"
	$(Q)$(CC) $(FLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LINK)
$(O)/%_avx2.o:    FLAGS += -mavx2 -mfma -mf16c
$(O)/%_avxvnni.o: FLAGS += -mavx2 -mfma -mf16c -mavxvnni
$(O)/%_avx512.o:  FLAGS += -mavx2 -mfma -mf16c -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vnni
$(O)/%_dotprod.o: FLAGS += -march=armv8.2-a+dotprod
$(O)/%.o: %.c $(O)/flags
	@mkdir -p $(@D); echo "CC $<"
	$(Q)$(CC) $(FLAGS) -MMD -MP -c -o $@ $<

# Other flags make other objects: these two files change when the flags, or the folder that the model is looked for in, do.
define remember
@mkdir -p $(@D); echo '$(subst ','\'',$(1))' | cmp -s - $@ || echo '$(subst ','\'',$(1))' > $@
endef
$(O)/flags: FORCE
	$(call remember,$(BUILD_WITH))
$(O)/prefix: FORCE
	$(call remember,$(PREFIX))
$(O)/embed/embed.o: $(O)/prefix
$(O)/embed/embed.o: FLAGS += -DSOUK_SHARE='"$(PREFIX)/share/souk"'

# The storefront's files go into the binary (query/pages.c).
$(O)/pages_list.h: $(PAGES) Makefile
	@mkdir -p $(@D)
	@for f in $(notdir $(PAGES)); do echo "PAGE($$(echo $$f | tr -c 'a-zA-Z0-9\n' _), \"$$f\")"; done > $@
$(O)/query/pages.o: $(O)/pages_list.h
$(O)/query/pages.o: FLAGS += -I$(O)
-include $(wildcard $(O)/*.d $(O)/*/*.d)

# ---- checks ----

check: $(O)/souk $(O)/tests/run $(FUZZ)
	@tests/check.sh $(O)
lint:
	@tests/lint.sh "$(CC) $(FLAGS)" $(DIRS)
asan:
	+@$(MAKE) --no-print-directory MODE=asan check
fuzz:
	+@$(MAKE) --no-print-directory MODE=fuzz CC=clang fuzz-targets
fuzz-targets: $(FUZZ)
programs: $(O)/souk $(O)/tests/run $(FUZZ) $(BENCH)
bench: $(O)/souk $(BENCH)
	@bench/run.sh $(O) $(DATA)
eval: $(O)/souk
	@bench/sample/eval.sh $(O)

# ---- the two commands of the README ----

SUDO = $(if $(filter 0,$(shell id -u)),,sudo)
has_packages = test $$(dpkg-query -W -f='$${Status}\n' $(1) 2>/dev/null | grep -c 'ok installed') -eq $(words $(1))
apt_install = $(call has_packages,$(1)) || { $(SUDO) apt-get update -q && \
              $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends $(1); }
deps:
	@$(call apt_install,$(PACKAGES))
test-deps:
	@$(call apt_install,$(PACKAGES) $(TEST_PACKAGES))
JOBS = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))
demo: deps
	+@$(MAKE) --no-print-directory $(JOBS) souk
	@bench/demo.sh
test: test-deps
	+@$(MAKE) --no-print-directory $(JOBS) lint
	+@$(MAKE) --no-print-directory $(JOBS) check
# axe-core, its accessibility part, comes from npm where there is one.
test-browser: deps
	@$(call apt_install,$(BROWSER_PACKAGES))
	+@$(MAKE) --no-print-directory $(JOBS) souk
	@python3 tests/browser/run.py

# ---- installing ----

SHARE := $(DESTDIR)$(PREFIX)/share/souk
install: $(O)/souk
	install -Dm755 $(O)/souk $(DESTDIR)$(PREFIX)/bin/souk
	install -d $(SHARE)/models
	install -m644 $(wildcard embed/models/*.gguf) $(SHARE)/models/
	query/shell/man.sh $(O)/souk > $(O)/souk.1
	install -Dm644 $(O)/souk.1 $(DESTDIR)$(PREFIX)/share/man/man1/souk.1
	install -Dm644 query/shell/souk.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/souk
	install -Dm644 query/shell/_souk $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_souk
uninstall:
	rm -f $(DESTDIR)$(PREFIX)/share/man/man1/souk.1 $(DESTDIR)$(PREFIX)/share/bash-completion/completions/souk \
	      $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_souk
	rm -f $(DESTDIR)$(PREFIX)/bin/souk $(addprefix $(SHARE)/models/,$(notdir $(wildcard embed/models/*.gguf)))
	rmdir $(SHARE)/models $(SHARE) 2>/dev/null || true

clean:
	rm -rf build souk
help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' Makefile
FORCE:
.PHONY: all check lint asan fuzz fuzz-targets programs bench eval deps test-deps demo test test-browser install uninstall clean \
        help FORCE
.SECONDARY:
.DELETE_ON_ERROR:
