#!/bin/sh
# The thread pool under ThreadSanitizer, and under AddressSanitizer with UndefinedBehaviorSanitizer.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
platform=$here/../../Sources/CVMIRPlatform
clang=$(dirname "$(readlink -f "$(command -v swiftc)")")/clang
# The toolchain's ThreadSanitizer refers to these.
libraries=$(dirname "$clang")/../lib/swift/linux
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for sanitizer in thread address,undefined; do
  "$clang" -O1 -g -fsanitize=$sanitizer -fno-sanitize-recover=all -I"$platform/include" \
    "$here/pool_test.c" "$platform/pool.c" "$platform/system.c" \
    -lpthread -L"$libraries" -ldispatch -lBlocksRuntime -Wl,-rpath,"$libraries" -fuse-ld=lld -o "$work/pool-test"
  echo "pool under $sanitizer: $("$work/pool-test")"
done
