#!/bin/sh
# Makes the wheel of Python/ around a libvmir.so, whose processor need not be this machine's.
#
# wheel.sh OUT_FOLDER LIBVMIR.so [PYTHON]
#
# pip and setuptools make it; the copy of the sources keeps the checkout clean.
set -eu

if [ $# -lt 2 ] || [ $# -gt 3 ]; then
  echo "usage: wheel.sh OUT_FOLDER LIBVMIR.so [PYTHON]" >&2
  exit 64
fi
mkdir -p "$1"
out=$(cd "$1" && pwd) library=$(readlink -f "$2") python=${3:-python3}
repository=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir -p "$work/Sources/VMIRC/include"
cp "$repository/Sources/VMIRC/include/vmir.h" "$work/Sources/VMIRC/include"
cp -R "$repository/Python" "$work/Python"
cp "$repository/LICENSE" "$work/Python"
rm -rf "$work/Python/build" "$work"/Python/src/*.egg-info "$work"/Python/src/vmir/libvmir.so
VMIR_LIBRARY=$library "$python" -m pip wheel --quiet --disable-pip-version-check --no-deps \
  --wheel-dir "$work/wheels" "$work/Python"
mv "$work"/wheels/*.whl "$out"
