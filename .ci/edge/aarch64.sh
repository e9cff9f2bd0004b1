#!/bin/sh
# Builds vmir-run for aarch64 Linux as Embedded Swift, static and stripped.
#
# aarch64.sh BUILD_FOLDER
#
# Needs gcc-aarch64-linux-gnu with its libc6-dev, and arm64 libraries unpacked in
# BUILD_FOLDER/libraries by arm64-libraries.sh.
set -eu

if [ $# -ne 1 ]; then
  echo "usage: aarch64.sh BUILD_FOLDER" >&2
  exit 64
fi
sources=$(cd "$(dirname "$0")/../../Sources" && pwd)
mkdir -p "$1"
cd "$1"
root=$PWD/libraries/root/usr
libraries=$root/lib/aarch64-linux-gnu
embedded=$(swiftc -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')/embedded
swift_bin=$(dirname "$(readlink -f "$(command -v swiftc)")")
headers="-isystem $root/include -isystem $root/include/aarch64-linux-gnu -isystem /usr/aarch64-linux-gnu/include"
rm -rf modules objects
mkdir -p modules objects

# C: one object a file, and a module map for those that Swift imports.
for target in CVMIRPlatform CVMIRKernels CPNG CEdge; do
  mkdir "modules/$target"
  {
    echo "module $target {"
    for header in "$sources/$target/include"/*.h; do echo "  header \"$header\""; done
    echo "  export *"
    echo "}"
  } >"modules/$target/module.modulemap"
  for file in $(cd "$sources/$target" && find . -name '*.c' | sort); do
    object=objects/$target-$(basename "$file" .c).o
    # shellcheck disable=SC2086
    "$swift_bin/clang" --target=aarch64-linux-gnu -O2 -DNDEBUG -ffunction-sections \
      -fdata-sections -fno-asynchronous-unwind-tables -ffile-prefix-map="$sources"=. $headers \
      -I"$sources/$target/include" -c "$sources/$target/$file" -o "$object" &
  done
  wait
done

# Swift: one object a module, in the order of the layers.
imports=
for target in CVMIRPlatform CVMIRKernels CPNG; do
  imports="$imports -Xcc -fmodule-map-file=$PWD/modules/$target/module.modulemap"
done
for target in CLibPNG CZstd; do
  imports="$imports -Xcc -fmodule-map-file=$sources/$target/module.modulemap"
done
c_headers=
for word in $headers; do c_headers="$c_headers -Xcc $word"; done
for target in VMIRCore VMIRGraph VMIRFile VMIRImage VMIRRuntime vmir-run; do
  files=$(find "$sources/$target" -name '*.swift' ! -name VMIRWriter.swift \
    ! -name ZstdEncoder.swift ! -path '*/VMIRImage/JPEG/*' | sort)
  module=$(echo "$target" | tr - _)
  mode=-parse-as-library
  [ "$target" = vmir-run ] && mode=
  # shellcheck disable=SC2086
  swiftc -target aarch64-none-none-elf -enable-experimental-feature Embedded -swift-version 6 \
    -wmo -Osize -Xfrontend -function-sections -Xfrontend -disable-incremental-llvm-codegen \
    -D VMIR_EDGE -package-name vmir $mode \
    -module-name "$module" -I modules $imports $c_headers \
    -emit-module -emit-module-path "modules/$module.swiftmodule" \
    -file-prefix-map "$sources"=. -c -o "objects/$module.o" $files
done

# The toolchain's lld: GNU ld refuses a copy relocation.
mkdir -p linker
ln -sf "$swift_bin/ld.lld" linker/ld.lld
aarch64-linux-gnu-gcc -static -fuse-ld=lld -B linker -Wl,--gc-sections,--icf=all \
  -Wl,--no-eh-frame-hdr,--build-id=none,--strip-all -o vmir-run objects/*.o \
  "$libraries/libpng16.a" "$libraries/libz.a" "$libraries/libzstd.a" \
  "$embedded/aarch64-none-none-elf/libswiftUnicodeDataTables.a" -lm
