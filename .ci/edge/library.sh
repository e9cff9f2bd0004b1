#!/bin/sh
# Makes libvmir.so, libvmir.a and vmir.h from the archive of the library's Embedded Swift build.
#
# library.sh OBJECT_ARCHIVE OUT_FOLDER
#
# Both hold everything that they need but the C library: zstd's decoder is inside. Only the
# functions of vmir.h can be seen.
set -eu

if [ $# -ne 2 ]; then
  echo "usage: library.sh OBJECT_ARCHIVE OUT_FOLDER" >&2
  exit 64
fi
archive=$1 out=$2
sources=$(cd "$(dirname "$0")/../../Sources" && pwd)
resources=$(swiftc -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')
swift_bin=$(dirname "$(readlink -f "$(command -v swiftc)")")
zstd=$("$swift_bin/clang" -print-file-name=libzstd.a)
header=$sources/VMIRC/include/vmir.h
map=$sources/VMIRC/vmir.map
version=$(sed -n 's/^#define VMIR_VERSION "\(.*\)"/\1/p' "$header")
abi=$(sed -n 's/^#define VMIR_ABI_VERSION \(.*\)/\1/p' "$header")
mkdir -p "$out/include" "$out/lib"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

sed -n 's/^ *\(vmir_[a-z_]*\);$/\1/p' "$map" >"$work/functions"
roots=$(sed 's/^/-u /' "$work/functions")
# What the functions lead to, as one object whose other symbols nobody else sees.
# shellcheck disable=SC2086
ld -r --gc-sections $roots -o "$work/vmir.o" "$archive" "$zstd" \
  "$resources/embedded/x86_64-unknown-linux-gnu/libswiftUnicodeDataTables.a"
objcopy --keep-global-symbols="$work/functions" --strip-unneeded --remove-section=.swift_modhash \
  "$work/vmir.o"

rm -f "$out"/lib/libvmir.*
ar rcsD "$out/lib/libvmir.a" "$work/vmir.o"
"$swift_bin/clang" -shared -fuse-ld=lld -Wl,-soname,"libvmir.so.$abi" \
  -Wl,--version-script="$map" -Wl,--gc-sections,--icf=all,--no-undefined,--build-id=none \
  -Wl,-z,relro,-z,now,--strip-all -o "$out/lib/libvmir.so.$version" "$work/vmir.o" -lm
ln -s "libvmir.so.$version" "$out/lib/libvmir.so.$abi"
ln -s "libvmir.so.$abi" "$out/lib/libvmir.so"
cp "$header" "$out/include/vmir.h"
