#!/bin/sh
# Makes libvmir.so, libvmir.a and vmir.h from the archive of the library's Embedded Swift build.
#
# library.sh OBJECT_ARCHIVE OUT_FOLDER [ARM64_LIBRARIES]
#
# With ARM64_LIBRARIES, as arm64-libraries.sh makes them, the objects are those of aarch64.
# Both hold everything that they need but the C library: zstd's decoder is inside. Only the
# functions of vmir.h can be seen.
set -eu

if [ $# -lt 2 ] || [ $# -gt 3 ]; then
  echo "usage: library.sh OBJECT_ARCHIVE OUT_FOLDER [ARM64_LIBRARIES]" >&2
  exit 64
fi
archive=$1 out=$2
sources=$(cd "$(dirname "$0")/../../Sources" && pwd)
resources=$(swiftc -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')
swift_bin=$(dirname "$(readlink -f "$(command -v swiftc)")")
if [ $# -eq 3 ]; then
  root=$(cd "$3/root" && pwd) prefix=aarch64-linux-gnu- target=aarch64-none-none-elf
  zstd=$root/usr/lib/aarch64-linux-gnu/libzstd.a
  linker="aarch64-linux-gnu-gcc --sysroot=$root -B $root/usr/lib/aarch64-linux-gnu/"
  linker="$linker -B $(echo "$root"/usr/lib/gcc/aarch64-linux-gnu/*)/"
else
  prefix='' target=x86_64-unknown-linux-gnu
  zstd=$("$swift_bin/clang" -print-file-name=libzstd.a)
  linker=$swift_bin/clang
fi
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
"${prefix}ld" -r --gc-sections $roots -o "$work/vmir.o" "$archive" "$zstd" \
  "$resources/embedded/$target/libswiftUnicodeDataTables.a"
"${prefix}objcopy" --keep-global-symbols="$work/functions" --strip-unneeded --remove-section=.swift_modhash \
  "$work/vmir.o"

rm -f "$out"/lib/libvmir.*
"${prefix}ar" rcsD "$out/lib/libvmir.a" "$work/vmir.o"
mkdir "$work/linker"
ln -s "$swift_bin/ld.lld" "$work/linker/ld.lld"
# shellcheck disable=SC2086
$linker -shared -fuse-ld=lld -B "$work/linker" -Wl,-soname,"libvmir.so.$abi" \
  -Wl,--version-script="$map" -Wl,--gc-sections,--icf=all,--no-undefined,--build-id=none \
  -Wl,-z,relro,-z,now,--strip-all -o "$out/lib/libvmir.so.$version" "$work/vmir.o" -lm
ln -s "libvmir.so.$version" "$out/lib/libvmir.so.$abi"
ln -s "libvmir.so.$abi" "$out/lib/libvmir.so"
cp "$header" "$out/include/vmir.h"
