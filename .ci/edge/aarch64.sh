#!/bin/sh
# Builds vmir-run for aarch64 Linux as Embedded Swift, static and stripped, and libvmir.
#
# aarch64.sh BUILD_FOLDER
#
# Leaves vmir-run, and library as library.sh makes it.
#
# Needs python3, gcc-aarch64-linux-gnu to link, and arm64 libraries unpacked in
# BUILD_FOLDER/libraries by arm64-libraries.sh, from which all comes that is linked.
set -eu

if [ $# -ne 1 ]; then
  echo "usage: aarch64.sh BUILD_FOLDER" >&2
  exit 64
fi
repository=$(cd "$(dirname "$0")/../.." && pwd)
tools=$repository/.ci/edge
mkdir -p "$1"
cd "$1"
root=$PWD/libraries/root/usr
libraries=$root/lib/aarch64-linux-gnu
embedded=$(swiftc -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')/embedded
swift_bin=$(dirname "$(readlink -f "$(command -v swiftc)")")
headers="-isystem $root/include -isystem $root/include/aarch64-linux-gnu"
rm -rf modules objects
mkdir -p modules objects
# Which targets and files, and in which order: as the manifest says for the edge build.
VMIR_EDGE=$embedded/aarch64-none-none-elf swift package --package-path "$repository" \
  --scratch-path "$PWD/manifest" describe --type json >description.json
python3 "$tools/targets.py" vmir-run VMIRC <description.json >targets
tab=$(printf '\t')

# C: one object a file, and a module map for those that Swift imports.
imports=
c_headers=
for word in $headers; do c_headers="$c_headers -Xcc $word"; done
while IFS=$tab read -r kind target module path files; do
  folder=$repository/$path
  case $kind in
    system) imports="$imports -Xcc -fmodule-map-file=$folder/module.modulemap" ;;
    clang)
      mkdir "modules/$module"
      {
        echo "module $module {"
        for header in "$folder/include"/*.h; do echo "  header \"$header\""; done
        echo "  export *"
        echo "}"
      } >"modules/$module/module.modulemap"
      imports="$imports -Xcc -fmodule-map-file=$PWD/modules/$module/module.modulemap"
      guard=-fstack-protector-strong
      [ "$target" = CVMIRKernels ] && guard=
      for file in $files; do
        object=objects/$target-$(basename "$file" .c).o
        # shellcheck disable=SC2086
        "$swift_bin/clang" --target=aarch64-linux-gnu -O2 -fPIC -DNDEBUG -DVMIR_EDGE \
          -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables $guard \
          -ffile-prefix-map="$repository/Sources"=. $headers -I"$folder/include" \
          -c "$folder/$file" -o "$object" &
      done
      wait
      ;;
    swift) ;;
  esac
done <targets

# Swift: one object a module, in the order of the layers.
while IFS=$tab read -r kind target module path files; do
  [ "$kind" = swift ] || continue
  mode=-parse-as-library
  [ "$target" = vmir-run ] && mode=
  paths=
  for file in $files; do paths="$paths $repository/$path/$file"; done
  # shellcheck disable=SC2086
  swiftc -target aarch64-none-none-elf -enable-experimental-feature Embedded -swift-version 6 \
    -wmo -Osize -Xfrontend -function-sections -Xfrontend -disable-incremental-llvm-codegen \
    -Xllvm -sil-disable-pass=object-outliner \
    -enable-upcoming-feature ExistentialAny -enable-upcoming-feature InternalImportsByDefault \
    -enable-upcoming-feature MemberImportVisibility -D VMIR_EDGE -package-name vmir $mode \
    -module-name "$module" -I modules $imports $c_headers \
    -emit-module -emit-module-path "modules/$module.swiftmodule" \
    -file-prefix-map "$repository/Sources"=. -c -o "objects/$module.o" $paths
done <targets

# objects TARGET: those of a target and of what it depends on.
objects() {
  python3 "$tools/targets.py" "$1" <description.json |
    while IFS=$tab read -r kind target module path files; do
      case $kind in
        clang) for file in $files; do echo "objects/$target-$(basename "$file" .c).o"; done ;;
        swift) echo "objects/$module.o" ;;
      esac
    done
}

# The toolchain's lld: GNU ld refuses a copy relocation, and has no RELR, without which the addresses
# of a program that may stand anywhere take room.
mkdir -p linker
ln -sf "$swift_bin/ld.lld" linker/ld.lld
# shellcheck disable=SC2046
aarch64-linux-gnu-gcc -static-pie -fuse-ld=lld -B linker -B "$libraries/" \
  -B "$(echo "$root"/lib/gcc/aarch64-linux-gnu/*)/" -Wl,--trace -Wl,--gc-sections,--icf=all \
  -Wl,--no-eh-frame-hdr,--build-id=none,--strip-all,--pack-dyn-relocs=relr -o vmir-run $(objects vmir-run) \
  "$libraries/libpng16.a" "$libraries/libjpeg.a" "$libraries/libz.a" "$libraries/libzstd.a" \
  "$embedded/aarch64-none-none-elf/libswiftUnicodeDataTables.a" -lm >linked
# Nothing older is linked than what was unpacked.
if grep -v -e "^$root/" -e '^objects/' -e "^$embedded/" linked >&2; then
  echo "aarch64.sh: these were linked, and are not Debian's for arm64" >&2
  exit 1
fi

rm -f objects/library.a
# shellcheck disable=SC2046
aarch64-linux-gnu-ar rcsD objects/library.a $(objects VMIRC)
"$tools/library.sh" objects/library.a library libraries
