#!/bin/sh
# Unpacks Debian's C library, libpng, libjpeg, zlib and zstd for arm64 into a folder; nothing is
# installed. They come from the archives of this system, security updates included, which Debian's
# packages for cross compilation don't get.
#
# arm64-libraries.sh FOLDER
#
# FOLDER/versions has a line a package: name, version, source package and its version. A folder of
# an older kind, or older than a week, is made anew, for new updates.
set -eu

if [ $# -ne 1 ]; then
  echo "usage: arm64-libraries.sh FOLDER" >&2
  exit 64
fi
target=$1
packages="libpng-dev libjpeg62-turbo-dev zlib1g-dev libzstd-dev libc6 libc6-dev linux-libc-dev libgcc-12-dev"
[ -n "$(find "$target/versions" -mtime -7 2>/dev/null)" ] && exit 0

rm -rf "$target.new"
mkdir -p "$target.new/lists/partial" "$target.new/archives/partial"
old=$(cd "$target.new/.." && pwd)/$(basename "$target")
cd "$target.new"
# The sources of this system, with lists of its own of the one architecture that is wanted.
options="-q -o Dir::State::Lists=$PWD/lists -o Dir::Cache::archives=$PWD/archives
  -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Architecture=arm64
  -o APT::Architectures=arm64 -o Dir::State::status=/dev/null -o APT::Sandbox::User="
# shellcheck disable=SC2086
if ! { apt-get $options update && apt-get $options download $packages; } >/dev/null; then
  [ -e "$old/versions" ] || exit 1
  echo "note: no new libraries for arm64; those of $(date -r "$old/versions" +%F) are kept" >&2
  rm -rf "$PWD"
  exit 0
fi
for archive in ./*.deb; do
  dpkg-deb -x "$archive" root
  # shellcheck disable=SC2016
  dpkg-deb -W --showformat='${Package}\t${Version}\t${source:Package}\t${source:Version}\n' \
    "$archive" >>versions
done
rm -rf lists archives ./*.deb "$old"
mv "$PWD" "$old"
