# make run    install what is missing, build, convert the bundled model, restore the bundled picture
# make test   everything that CI checks
# make edge   vmir-run as Embedded Swift, static
#
# The packages are Debian's; on another system install their equivalents and set DEPENDENCIES= .

DEPENDENCIES ?= libprotobuf-c-dev protobuf-c-compiler libopenblas-dev libpng-dev libzstd-dev zlib1g-dev pkg-config
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
BIN := .build/release
MODEL := Models/sr4-tiny
EDGE_BUILD := .build-edge
EDGE_LIBRARIES = $(shell swiftc -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')/embedded/x86_64-unknown-linux-gnu

.PHONY: run test build edge dependencies lint unit-test edge-test neon-test sanitize clean

run: build
	mkdir -p out
	$(BIN)/vmir-convert $(MODEL)/sr4-tiny.pth -o out/sr4-tiny.vmir
	$(BIN)/vmir-run out/sr4-tiny.vmir $(MODEL)/example.png -o out/example_sr4-tiny.png
	@echo "The restored picture is out/example_sr4-tiny.png."

build: dependencies
	swift build -c release

test: dependencies lint unit-test edge-test neon-test sanitize

dependencies:
	@missing=; for package in $(DEPENDENCIES); do \
	  dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; \
	done; \
	if [ -n "$$missing" ]; then \
	  echo "Installing$$missing"; \
	  $(SUDO) apt-get update -qq && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq --no-install-recommends $$missing; \
	fi

lint:
	swift format lint --strict -r Package.swift Sources Tests

# In release: the tests run whole networks, in plain Swift too.
unit-test: dependencies
	swift build -c release
	swift test -c release

edge: dependencies
	VMIR_EDGE=$(EDGE_LIBRARIES) swift build -c release --scratch-path $(EDGE_BUILD) --product vmir-run
	strip -o $(EDGE_BUILD)/vmir-run $(EDGE_BUILD)/release/vmir-run
	@ls -l $(EDGE_BUILD)/vmir-run

# The edge build gives the same bits as the ordinary one on the same kernels.
edge-test: build edge
	Tests/edge-test.sh $(BIN) $(EDGE_BUILD)/vmir-run $(MODEL)

# Every kernel table on emulated arm64; skipped with a message where the cross tools are missing.
neon-test:
	Tests/neon-test.sh

# What reads files, under AddressSanitizer, without its search for leaks: Foundation and XCTest have
# some. The tools' processes are left out.
sanitize: dependencies
	ASAN_OPTIONS=detect_leaks=0 swift test -c release --sanitize address --scratch-path .build-asan --skip CommandLineTests

clean:
	rm -rf .build .build-edge .build-asan out
