# make run      install missing packages, build, convert the bundled model, restore the bundled picture
# make test     install what the tests need, then check everything that CI checks
# make build    build the tools; installs nothing, and names the packages that are missing
# make setup    install the packages that a build needs
# make edge     vmir-run as Embedded Swift, static, for x86_64 and aarch64
# make dist     tarballs and .deb packages of both, libvmir too, wheels, an image of vmir-run, and
#               vmir-convert for this machine; SIGNING_KEY=KEY signs the sums
# make advisories  compare what is in dist with Debian's security updates of today
# make install  tools, libvmir, manual pages and completions to PREFIX (/usr/local), below DESTDIR
# make wheel    the Python package, in dist/
# make fuzz     every fuzz target for SECONDS (60) each; FUZZ_SANITIZE=none is faster (see fuzz.sh)
# make test-long  long runs, failing surroundings, and threads under ThreadSanitizer
# make library  libvmir.so, libvmir.a and vmir.h, in .build-edge/library
#
# The packages are Debian's; on another system install their equivalents and set DEPENDENCIES= .
# With VMIR_REQUIRE_ALL=1, as CI sets it, a test that lacks a tool fails instead of being skipped.

DEPENDENCIES ?= libprotobuf-c-dev protobuf-c-compiler libopenblas-dev libpng-dev libjpeg62-turbo-dev libwebp-dev libtiff-dev libzstd-dev zlib1g-dev pkg-config
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
BIN := .build/release
MODEL := Models/sr4-tiny
CROSS_DEPENDENCIES ?= gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user
TEST_DEPENDENCIES ?= protobuf-compiler python3 python3-venv g++ dpkg-dev cmake man-db groff
PYTHON := .build-python/bin/python
EDGE_BUILD := .build-edge
AARCH64_BUILD := .build-edge-aarch64
CLIENT_BUILD := .build-client
EDGE_LIBRARIES = $(shell swiftc -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')/embedded/x86_64-unknown-linux-gnu

WHEELS := dist
PREFIX ?= /usr/local
INSTALL_BUILD := .build-install

.PHONY: install-test advisories library-aarch64-test sanitize-tools sanitize-undefined valgrind-test install uninstall install-build man wheel python-test run test build setup test-setup dependencies cross-dependencies edge edge-x86_64 edge-aarch64 \
  library library-test client-test pictures-test dist lint unit-test edge-test neon-test sanitize sanitize-build sanitize-threads build-tests pool-test fuzz fuzz-test test-long onnx-test training-test clean

run: setup
	$(MAKE) build
	mkdir -p out
	$(BIN)/vmir-convert $(MODEL)/sr4-tiny.pth -o out/sr4-tiny.vmir
	$(BIN)/vmir-run out/sr4-tiny.vmir $(MODEL)/example.png -o out/example_sr4-tiny.png
	@echo "The restored picture is out/example_sr4-tiny.png."

build: dependencies
	swift build -c release

# Builds and tests that keep one processor busy go beside each other; the unit tests use all.
BESIDE := -j$(shell nproc) --output-sync=target
test: test-setup
	$(MAKE) lint
	$(MAKE) $(BESIDE) edge-aarch64 edge-x86_64 build-tests sanitize-build
	$(MAKE) unit-test
	$(MAKE) $(BESIDE) sanitize edge-test onnx-test library-test install-test client-test python-test \
	  pictures-test neon-test pool-test training-test

# What takes too long for every change.
test-long: build
	$(BIN)/vmir-convert $(MODEL)/sr4-tiny.pth -o $(BIN)/robustness.vmir
	Tests/robustness-test.sh $(BIN) $(BIN)/robustness.vmir
	Tests/any_file.py --bin $(BIN) --model $(BIN)/robustness.vmir
	$(MAKE) library-aarch64-test sanitize-tools sanitize-threads valgrind-test fuzz-test

# Package lists for `setup`, which installs, and for `dependencies`, which only names what is missing.
setup dependencies: PACKAGES = $(DEPENDENCIES)
cross-dependencies: PACKAGES = $(CROSS_DEPENDENCIES)
test-setup: PACKAGES = $(DEPENDENCIES) $(CROSS_DEPENDENCIES) $(TEST_DEPENDENCIES)
FIND_MISSING = missing=; for package in $(PACKAGES); do \
	  dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; \
	done

setup test-setup:
	@$(FIND_MISSING); \
	if [ -n "$$missing" ]; then \
	  echo "Installing$$missing"; \
	  $(SUDO) apt-get update -qq && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq --no-install-recommends $$missing; \
	fi
	@if [ $@ = test-setup ]; then Tests/python-environment.sh .build-python; fi

dependencies cross-dependencies:
	@$(FIND_MISSING); \
	if [ -n "$$missing" ]; then \
	  echo "Missing packages:$$missing" >&2; \
	  echo "Install them with: $(SUDO) apt-get install$$missing   (or, for a build alone: make setup)" >&2; \
	  exit 1; \
	fi

lint:
	swift format lint --strict -r Package.swift Sources Tests
	Formats/operators.py --check

build-tests: dependencies
	swift build -c release --build-tests

# In release: the tests run whole networks, in plain Swift too. Without a build of its own, which
# would make everything anew with other flags.
unit-test: build build-tests
	swift test -c release --skip-build

edge: edge-x86_64 edge-aarch64
	@ls -l $(EDGE_BUILD)/vmir-run $(AARCH64_BUILD)/vmir-run

# A static program that stands at any address may not say where libraries are.
edge-x86_64: dependencies
	VMIR_EDGE=$(EDGE_LIBRARIES) swift build -c release --scratch-path $(EDGE_BUILD) --product vmir-run \
	  --disable-local-rpath
	strip -o $(EDGE_BUILD)/vmir-run $(EDGE_BUILD)/release/vmir-run

edge-aarch64: dependencies cross-dependencies
	.ci/edge/arm64-libraries.sh $(AARCH64_BUILD)/libraries
	.ci/edge/aarch64.sh $(AARCH64_BUILD)

# One archive of the objects, linked again so that only the functions of vmir.h are seen.
library: dependencies
	VMIR_EDGE=$(EDGE_LIBRARIES) swift build -c release --scratch-path $(EDGE_BUILD) --product vmir
	.ci/edge/library.sh $(EDGE_BUILD)/release/libvmir.a $(EDGE_BUILD)/library
	@ls -l $(EDGE_BUILD)/library/lib

library-test: build library
	Tests/library-test.sh $(EDGE_BUILD)/library $(BIN) $(MODEL)/*.pth $(if $(wildcard $(PYTHON)),$(PYTHON),python3)

# libvmir for aarch64, in an emulator.
library-aarch64-test: build edge-aarch64
	CC="aarch64-linux-gnu-gcc --sysroot=$(AARCH64_BUILD)/libraries/root -B $(AARCH64_BUILD)/libraries/root/usr/lib/aarch64-linux-gnu/" \
	  EMULATOR="qemu-aarch64 -E LD_LIBRARY_PATH=$(AARCH64_BUILD)/library/lib -L $(AARCH64_BUILD)/libraries/root" \
	  VMIR_RUN="qemu-aarch64 $(AARCH64_BUILD)/vmir-run" \
	  Tests/library-test.sh $(AARCH64_BUILD)/library $(BIN) $(MODEL)/*.pth

# A package that imports the Swift product alone.
client-test: build
	Tests/client-test.sh $(BIN) $(MODEL) $(CLIENT_BUILD)

wheel: library
	.ci/packages/wheel.sh $(WHEELS) $(EDGE_BUILD)/library/lib/libvmir.so

# The wheel in a fresh virtual environment.
python-test: build wheel
	Tests/python-test.sh "$$(ls -t $(WHEELS)/vmir-*$$(uname -m).whl | head -1)" $(BIN) $(MODEL)/sr4-tiny.pth

# Pictures read and written, compared with Pillow.
pictures-test: build
	Tests/pictures-test.sh $(BIN) $(PYTHON)

# Installed tools hold Swift's libraries, so that they run where no toolchain is.
install-build: dependencies
	swift build -c release --static-swift-stdlib --scratch-path $(INSTALL_BUILD)

man: install-build
	.ci/packages/manual.py $(INSTALL_BUILD)/release $(INSTALL_BUILD)/share

install: man library
	.ci/packages/install.sh install "$(DESTDIR)" "$(PREFIX)" $(INSTALL_BUILD) $(EDGE_BUILD)/library

uninstall:
	.ci/packages/install.sh uninstall "$(DESTDIR)" "$(PREFIX)"

# What make install installs, by C programs, pkg-config, CMake, man and bash.
install-test: build library
	Tests/install-test.sh $(BIN) $(EDGE_BUILD)/library $(MODEL)/sr4-tiny.pth

dist: edge library
	.ci/packages/standalone.sh dist $(INSTALL_BUILD)
	rm -f dist/vmir-*.whl
	.ci/packages/wheel.sh dist $(EDGE_BUILD)/library/lib/libvmir.so
	.ci/packages/wheel.sh dist $(AARCH64_BUILD)/library/lib/libvmir.so
	.ci/edge/dist.sh dist $(EDGE_BUILD) $(AARCH64_BUILD)
	Tests/deb-test.sh dist
	.ci/packages/advisories.py dist/*.cdx.json

advisories:
	$(SUDO) apt-get update -qq
	.ci/packages/advisories.py dist/*.cdx.json

# The edge build gives the same bits as the ordinary one on the same kernels; the one for aarch64
# runs in an emulator.
edge-test: build build-tests edge
	Tests/edge-test.sh $(BIN) $(EDGE_BUILD)/vmir-run $(MODEL)
	Tests/edge-binary-test.sh $(EDGE_BUILD)/vmir-run 2700000
	Tests/edge-binary-test.sh $(AARCH64_BUILD)/vmir-run 2300000 qemu-aarch64
	VMIR_EDGE_RUN="$(EDGE_BUILD)/vmir-run" swift test -c release --skip-build --filter EdgeTests
	VMIR_EDGE_RUN="qemu-aarch64 $(AARCH64_BUILD)/vmir-run" swift test -c release --skip-build --filter EdgeTests

# Every kernel table on emulated arm64; skipped with a message where the cross tools are missing.
neon-test:
	Tests/neon-test.sh

# Unit tests under AddressSanitizer, without its search for leaks (Foundation and XCTest have some).
# The tools' processes are not tried here.
SANITIZE := -c release --sanitize address --scratch-path .build-asan
export ASAN_OPTIONS ?= detect_leaks=0:allocator_may_return_null=1
sanitize-build: dependencies
	swift build $(SANITIZE) --build-tests

sanitize: sanitize-build
	swift test $(SANITIZE) --skip-build --skip CommandLineTests

# The same under UndefinedBehaviorSanitizer, the C files that is: a fault is a trap.
sanitize-undefined: dependencies
	swift test -c release --scratch-path .build-ubsan -Xcc -fsanitize=undefined \
	  -Xcc -fsanitize-trap=undefined --skip CommandLineTests

# The tools' processes under the same.
sanitize-tools: sanitize-build
	swift build $(SANITIZE)
	swift test $(SANITIZE) --skip-build --filter CommandLineTests

# The thread pool alone, under ThreadSanitizer.
pool-test:
	Tests/Pool/pool-test.sh

# Sessions, the C library and a run on several threads.
sanitize-threads: build
	swift test -c release --sanitize thread --scratch-path .build-tsan --filter 'VMIRTests|PoolTests'
	Tests/threads-test.sh .build-tsan $(BIN)/vmir-convert $(MODEL)

# The static program on one picture, under Valgrind's search for wrong reads and writes.
valgrind-test: edge-x86_64
	Tests/valgrind-test.sh $(EDGE_BUILD)/release/vmir-run $(BIN)/vmir-convert $(MODEL)/sr4-tiny.pth

SECONDS ?= 60
fuzz: dependencies
	Tests/Fuzz/fuzz.sh .build-fuzz $(SECONDS) $(FUZZ_TARGETS)

# Some seconds for each target: what was once found stays found.
fuzz-test: dependencies
	Tests/Fuzz/fuzz.sh .build-fuzz 5

# ONNX's own operator cases; needs the onnx package.
onnx-test: build
	Tests/onnx-test.sh $(BIN) $(PYTHON)

# Trains a minute in PyTorch; skipped with a message where that is missing.
training-test:
	Tests/training-test.sh $(PYTHON)

clean:
	rm -rf .build $(CLIENT_BUILD) .build-install .build-edge .build-edge-aarch64 .build-asan .build-tsan .build-fuzz .build-python dist out
