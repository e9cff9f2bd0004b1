#!/bin/sh
# Unpacks Debian's static libpng, libjpeg, zlib and zstd for arm64 into a folder; nothing is installed.
#
# arm64-libraries.sh FOLDER
set -eu

if [ $# -ne 1 ]; then
  echo "usage: arm64-libraries.sh FOLDER" >&2
  exit 64
fi
target=$1
packages="libpng-dev libjpeg62-turbo-dev zlib1g-dev libzstd-dev"
[ -e "$target/complete-jpeg" ] && exit 0

mkdir -p "$target/lists/partial" "$target/archives/partial"
cd "$target"
target=$PWD
# The sources of this system, with lists of its own of the one architecture that is wanted.
options="-q -o Dir::State::Lists=$target/lists -o Dir::Cache::archives=$target/archives
  -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Architecture=arm64
  -o APT::Architectures=arm64 -o Dir::State::status=/dev/null -o APT::Sandbox::User="
# shellcheck disable=SC2086
apt-get $options update >/dev/null
# shellcheck disable=SC2086
apt-get $options download $packages >/dev/null
for archive in ./*.deb; do dpkg-deb -x "$archive" root; done
rm -rf lists archives ./*.deb
touch complete-jpeg
