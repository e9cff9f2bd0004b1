#!/bin/sh
# The static vmir-run on one picture under Valgrind: no read or write outside of memory, and nothing
# depends on what was never written. Skipped where Valgrind is missing.
#
# valgrind-test.sh VMIR_RUN VMIR_CONVERT CHECKPOINT
set -eu

if [ $# -ne 3 ]; then
  echo "usage: valgrind-test.sh VMIR_RUN VMIR_CONVERT CHECKPOINT" >&2
  exit 64
fi
tests=$(cd "$(dirname "$0")" && pwd)
. "$tests/skip.sh"
command -v valgrind >/dev/null || skip "valgrind is missing"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$2" "$3" -o "$work/model.vmir" >/dev/null
# Its names, without the debug information of a Swift newer than Valgrind. Valgrind replaces the
# allocator of shared libraries only: in a static program it sees stacks, and what the system gives, but
# not the blocks of malloc; those are AddressSanitizer's.
strip -g -o "$work/vmir-run" "$1"
picture=$tests/Fixtures/png/PngSuite/basn2c08.png
valgrind --error-exitcode=9 --exit-on-first-error=no --suppressions="$tests/valgrind.supp" \
  --quiet --num-callers=20 "$work/vmir-run" "$work/model.vmir" "$picture" -o "$work/out.png" --isa avx2 --threads 2 --quiet
"$1" "$work/model.vmir" "$picture" -o "$work/same.png" --isa avx2 --quiet
cmp "$work/out.png" "$work/same.png"
echo "valgrind: nothing found, and the same picture"
