#!/bin/sh
# Builds vmir-convert so that it needs the C library alone, and packs it for this machine's processor.
#
# standalone.sh OUT_FOLDER BUILD_FOLDER
#
# The Swift libraries and those of Debian are linked in, in a folder of BUILD_FOLDER.
set -eu

if [ $# -ne 2 ]; then
  echo "usage: standalone.sh OUT_FOLDER BUILD_FOLDER" >&2
  exit 64
fi
# On its own: it is linked with other libraries than what make install makes.
out=$1 build=$2/alone
repository=$(cd "$(dirname "$0")/../.." && pwd)
machine=$(uname -m)
version=$(sed -n 's/^public let vmirVersion = "\(.*\)"/\1/p' \
  "$repository/Sources/VMIRCore/Version.swift")
arguments=$(sed -n 's/.*swift-argument-parser.*exact: "\(.*\)".*/\1/p' "$repository/Package.swift")
SOURCE_DATE_EPOCH=$(git -C "$repository" log -1 --format=%ct 2>/dev/null || echo 0)
export SOURCE_DATE_EPOCH
swift_license=$(dirname "$(readlink -f "$(command -v swiftc)")")/../share/swift/LICENSE.txt
packages="libpng-dev libjpeg62-turbo-dev libwebp-dev libtiff-dev zlib1g-dev libzstd-dev libprotobuf-c-dev"
# What libtiff is linked with.
packages="$packages liblzma-dev libjbig-dev liblerc-dev libdeflate-dev"

# The linker takes what is in this folder before shared libraries.
static=$build/static
rm -rf "$static"
mkdir -p "$static" "$out"
static=$(cd "$static" && pwd)
of_tiff="lzma jbig Lerc deflate"
for library in png16 jpeg webp tiff z zstd protobuf-c stdc++ $of_tiff; do
  ln -s "$(gcc -print-file-name="lib$library.a")" "$static/lib$library.a"
done
# Its folder comes before that of the system, which pkg-config names.
for name in $(sed -n 's/.*pkgConfig: "\([^"]*\)".*/\1/p' "$repository/Package.swift"); do
  sed "s|^libdir=.*|libdir=$static|" "$(pkg-config --variable=pcfiledir "$name")/$name.pc" \
    >"$static/$name.pc"
done
also=
for library in $of_tiff webp zstd jpeg z stdc++; do also="$also -Xlinker -l$library"; done
# shellcheck disable=SC2086
PKG_CONFIG_PATH=$static swift build -c release --static-swift-stdlib --scratch-path "$build" \
  --package-path "$repository" --product vmir-convert $also
needed=$(readelf -d "$build/release/vmir-convert" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p')
others=$(echo "$needed" | grep -v -e '^libc\.so' -e '^libm\.so' -e '^ld-linux' -e '^libgcc_s\.so' || true)
if [ -n "$others" ]; then
  echo "standalone.sh: vmir-convert still needs" $others >&2
  exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
name=vmir-convert-$version-linux-$machine
mkdir -p "$work/$name/licences"
install -m 755 -s "$build/release/vmir-convert" "$work/$name/vmir-convert"
cp "$repository/LICENSE" "$work/$name/licences/vmir.txt"
cp "$swift_license" "$work/$name/licences/swift.txt"
cp "$build/checkouts/swift-argument-parser/LICENSE.txt" "$work/$name/licences/swift-argument-parser.txt"
for package in $packages; do
  cp "/usr/share/doc/$package/copyright" "$work/$name/licences/${package%-dev}.txt"
done
# shellcheck disable=SC2086
"$repository/.ci/packages/sbom.py" vmir-convert "$version" "$machine" --swift static \
  --library "swift-argument-parser=$arguments" $packages >"$work/$name/sbom.cdx.json"
cp "$work/$name/sbom.cdx.json" "$out/vmir-convert-$machine.cdx.json"
tar --create --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
  --mode=go=rX,u+w --directory "$work" "$name" | gzip -n9 >"$out/$name.tar.gz"
ls -l "$out/$name.tar.gz"
