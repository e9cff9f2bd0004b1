#!/bin/sh
# One edge binary: its size, that it needs no other file, how it is hardened, that it starts, passes
# its self-test with all kernels that the processor or the emulator has, and times a network.
#
# edge-binary-test.sh VMIR_RUN LARGEST_BYTE_COUNT [EMULATOR]
set -u

if [ $# -lt 2 ] || [ $# -gt 3 ]; then
  echo "usage: edge-binary-test.sh VMIR_RUN LARGEST_BYTE_COUNT [EMULATOR]" >&2
  exit 64
fi
binary=$1 limit=$2 emulator=${3-}
status=0

fail() {
  echo "FAIL $binary: $1"
  status=1
}

size=$(wc -c <"$binary")
[ "$size" -le "$limit" ] || fail "has $size bytes, more than $limit"
if readelf -lW "$binary" | grep -q INTERP; then fail "needs a dynamic loader"; fi
readelf -SW "$binary" | grep -q symtab && fail "is not stripped"
# It stands at any address, what is relocated is read-only then, no stack can be executed, and
# functions look whether their frame was overwritten.
readelf -hW "$binary" | grep -q 'Type: *DYN' || fail "is not position-independent"
readelf -lW "$binary" | grep -q GNU_RELRO || fail "has no read-only relocations"
readelf -lW "$binary" | awk '/GNU_STACK/ { found = $7 == "RW" } END { exit !found }' ||
  fail "may execute its stack"
if readelf -lW "$binary" | grep LOAD | grep -q 'RWE'; then fail "may execute what it writes"; fi
grep -aq 'stack smashing detected' "$binary" || fail "has no stack protector"
# shellcheck disable=SC2086
$emulator "$binary" --version >/dev/null || fail "does not start"
# shellcheck disable=SC2086
$emulator "$binary" --self-test || fail "does not pass its self-test"
# shellcheck disable=SC2086
$emulator "$binary" "$(dirname "$0")/../Models/sr4-tiny/sr4-tiny.vmir" --benchmark 8x8 --json |
  grep '"runs":5,"median_ms":[0-9]*\.[0-9]*,' || fail "times nothing"

if [ -z "$emulator" ]; then
  root=$(mktemp -d) || exit 70
  trap 'rm -rf "$root"' EXIT
  cp "$binary" "$root/vmir-run"
  if unshare -r true 2>/dev/null; then
    unshare -r chroot "$root" /vmir-run --version >/dev/null || fail "needs files of the system"
  elif [ "$(id -u)" -eq 0 ]; then
    chroot "$root" /vmir-run --version >/dev/null || fail "needs files of the system"
  else
    echo "note: no right to change the root folder; not tried in an empty one"
  fi
fi
echo "$binary: $size bytes"
exit $status
