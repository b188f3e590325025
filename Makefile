# sr3-cdm: a front end of the build in CMakeLists.txt. `make help` lists the targets.
BUILD ?= build
JOBS ?= $(shell nproc)
PREFIX ?= /usr/local
DESTDIR ?=
PROGRAM_PREFIX ?=
# The folder of another libtorch. A build folder remembers it; `make TORCH=` returns to Debian's.
TORCH ?= $(shell sed -n 's/^TORCH:PATH=//p' $(BUILD)/CMakeCache.txt 2>/dev/null)

BUILD_PACKAGES = g++ make cmake ninja-build pkg-config libcxxopts-dev nlohmann-json3-dev doctest-dev libpng-dev \
  zlib1g-dev libjpeg62-turbo-dev libwebp-dev libtiff-dev libgif-dev libheif-dev libarchive-dev libssl-dev libcpp-httplib-dev \
  libgloo-dev $(if $(TORCH),,libtorch-dev libopenblas0-openmp)
TEST_PACKAGES = clang-format mandoc netpbm imagemagick webp libtiff-tools libheif-examples ffmpeg zip unzip tar bzip2 xz-utils zstd \
  perl zsh bsdextrautils jq chromium chromium-driver python3 python3-selenium python3-yaml openmpi-bin iproute2 $(SLURM_PACKAGES)
# Where systemd runs it would start these daemons as soon as they are installed; the tests with Slurm are left out there.
SLURM_PACKAGES = $(if $(wildcard /run/systemd/system),,slurmctld slurmd slurm-client slurm-wlm-basic-plugins munge)
BENCH_PACKAGES = libvips-tools imagemagick
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
# Leaks are not detected, because libtorch intentionally keeps its registries and thread pools until the process ends.
SANITIZERS = ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 SANITIZED=1
PROGRAMS = $(basename $(notdir $(wildcard cmd/*.cpp)))
# The target to build: programs, or all, which adds the unit tests (a third of the build time).
TARGET ?= programs
SHARE = "$(DESTDIR)$(PREFIX)/share"

all: deps
	@mkdir -p $(BUILD)
	@# With Ninja a new source file rebuilds only itself; make's generator would rebuild all files with the same precompiled header.
	@cmake -S . -B $(BUILD) -G Ninja -DTORCH="$(abspath $(TORCH))" $(CMAKE_FLAGS) >$(BUILD)/configure.log 2>&1 || \
	  { cat $(BUILD)/configure.log; exit 1; }
	@cmake --build $(BUILD) -j $(or $(patsubst -j%,%,$(filter -j%,$(MAKEFLAGS))),$(JOBS)) --target $(TARGET)

help:
	@echo 'make              build the programs into $(BUILD)/bin (and install the packages for that, see make deps)'
	@echo 'make demo         upscale held-out photographs with the included stage and measure the results; train a tiny stage'
	@echo 'make check        run all tests: unit, command line, documents, lint'
	@echo 'make asan         run unit and command-line tests under AddressSanitizer and UndefinedBehaviorSanitizer'
	@echo 'make format       format the C++ files by .clang-format (with clang-format 14, the version of Debian 12)'
	@echo 'make tidy         clang-tidy with the few checks of .clang-tidy, all of which hold; takes half an hour'
	@echo 'make fuzz         feed damaged files to every reader for FUZZ_SECONDS (60) each'
	@echo 'make bench        measure speed, as ratios; it has no pass or fail'
	@echo 'make install      install programs, man pages, completions, examples: PREFIX=$(PREFIX) DESTDIR= PROGRAM_PREFIX='
	@echo 'make deps         install the Debian packages needed to build, if any are missing'
	@echo 'make clean        remove the build folders'
	@echo 'TORCH=/path       with any of these: build against another libtorch (or a pip-installed torch); TORCH= returns to Debian'"'"'s'

# $(call install,PACKAGES): installs the missing ones with apt.
define install
@if command -v dpkg-query >/dev/null; then missing=; for p in $(1); do \
  dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; done; \
  [ -z "$$missing" ] || { echo "installing Debian packages:$$missing"; $(SUDO) apt-get update -q && \
  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $$missing; }; \
else echo 'not a Debian system: the contents of these packages are required: $(1)'; fi
endef
deps:
	$(call install,$(BUILD_PACKAGES))
test-deps: deps
	$(call install,$(TEST_PACKAGES))
bench-deps: deps
	$(call install,$(BENCH_PACKAGES))

format:
	find cmd lib tests -name '*.cpp' -o -name '*.h' | xargs clang-format -i

tidy: deps
	$(call install,clang-tidy)
	find lib cmd -name '*.cpp' | xargs -P $(JOBS) -I{} clang-tidy --quiet {} -- -std=c++20 -fopenmp -Ilib \
	  $(if $(TORCH),-isystem $(TORCH)/include -isystem $(TORCH)/include/torch/csrc/api/include,-isystem /usr/include/torch/csrc/api/include)

demo: all
	PATH="$(abspath $(BUILD))/bin:$$PATH" examples/demo.sh $(BUILD)/demo

check: test-deps
	@$(MAKE) TARGET=all all
	tests/check $(BUILD)

asan: test-deps
	$(SANITIZERS) $(MAKE) BUILD=build-asan CMAKE_FLAGS=-DSANITIZE=ON TARGET=all all
	$(SANITIZERS) tests/check build-asan tests/cli/

fuzz:
	$(MAKE) BUILD=build-fuzz CMAKE_FLAGS='-DSANITIZE=ON -DFUZZ=ON' TARGET=fuzz-readers all
	cd build-fuzz && bin/fuzz-readers $(or $(FUZZ_SECONDS),60)

bench: bench-deps
	@$(MAKE) TARGET='programs bench' all
	tests/bench/run $(BUILD)

# Programs are linked statically with our libraries, so that installed files do not refer to the build folder. Installed files are
# readable by all users, whatever the umask. With a PROGRAM_PREFIX the examples find the programs by links in their own folder.
install: all
	@set -e; umask 022; bin="$(DESTDIR)$(PREFIX)/bin" share=$(SHARE); \
	mkdir -p "$$bin" "$$share"/man/man1 "$$share"/man/man5 "$$share"/man/man7 "$$share"/sr3-cdm/slurm "$$share"/sr3-cdm/kubernetes; \
	for p in $(PROGRAMS); do name=$(PROGRAM_PREFIX)$$p; \
	  install -m755 $(BUILD)/bin/$$p "$$bin/$$name"; \
	  sed "s/^\.Nm $$p\$$/.Nm $$name/" man/$$p.1 >"$$share/man/man1/$$name.1"; \
	  lib/cli/completions.sh $(BUILD)/bin/$$p "$$name" "$$share"; done; \
	install -m644 man/*.5 "$$share/man/man5"; \
	install -m644 man/*.7 "$$share/man/man7"; \
	install -m644 $(filter-out %.sh,$(wildcard examples/*.*)) "$$share/sr3-cdm"; \
	install -m755 $(wildcard examples/*.sh) "$$share/sr3-cdm"; \
	install -m755 $(wildcard examples/slurm/*.sh) "$$share/sr3-cdm/slurm"; \
	install -m644 $(wildcard examples/kubernetes/*.yaml) "$$share/sr3-cdm/kubernetes"; \
	if [ -n "$(PROGRAM_PREFIX)" ]; then mkdir -p "$$share/sr3-cdm/bin"; for p in $(PROGRAMS); do \
	  ln -sfn "../../../bin/$(PROGRAM_PREFIX)$$p" "$$share/sr3-cdm/bin/$$p"; done; fi; \
	echo "installed in $(DESTDIR)$(PREFIX)"

clean:
	rm -rf build build-asan build-fuzz

.PHONY: all help deps test-deps bench-deps format tidy demo check asan fuzz bench install clean
