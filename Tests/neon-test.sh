#!/bin/sh
# Compiles the kernels for aarch64, and runs all tables that it has under qemu.
#
# Needs clang, the libraries and linker of gcc-aarch64-linux-gnu, and qemu-user; is skipped where
# one of them is missing.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/Tests/skip.sh"
kernels=$root/Sources/CVMIRKernels
for tool in "${CLANG:-clang}" aarch64-linux-gnu-gcc qemu-aarch64; do
  command -v "$tool" >/dev/null || skip "$tool is missing"
done

build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
for source in "$kernels"/*.c "$kernels"/isa/*.c "$root/Tests/Tables/compare_tables.c"; do
  "${CLANG:-clang}" --target=aarch64-linux-gnu -isystem /usr/aarch64-linux-gnu/include \
    -O2 -Wall -Wextra -Werror -I"$kernels/include" -c "$source" \
    -o "$build/$(basename "$source").o"
done
aarch64-linux-gnu-gcc -static "$build"/*.o -lm -o "$build/compare_tables"
qemu-aarch64 "$build/compare_tables"
