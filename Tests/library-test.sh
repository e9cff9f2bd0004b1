#!/bin/sh
# libvmir as programs in C and Python use it, against vmir-run; what it exports and what it needs.
#
# library-test.sh LIBRARY_FOLDER BIN MODEL.pth [PYTHON]
#   LIBRARY_FOLDER  what .ci/edge/library.sh made
#   BIN             folder with vmir-convert and vmir-run
#   PYTHON          an interpreter with NumPy
#
# CC compiles, and EMULATOR runs, the programs of a library of another processor; Python is then
# not tried.
set -u

if [ $# -lt 3 ] || [ $# -gt 4 ]; then
  echo "usage: library-test.sh LIBRARY_FOLDER BIN MODEL.pth [PYTHON]" >&2
  exit 64
fi
library=$(cd "$1" && pwd) bin=$2 checkpoint=$3 python=${4:-python3}
tests=$(cd "$(dirname "$0")" && pwd)
examples=$tests/../Sources/VMIRC/Examples
cc=${CC:-cc} emulator=${EMULATOR:-}
work=$(mktemp -d) || exit 70
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
. "$(dirname "$0")/checks.sh"

# compile OUT SOURCE ARGUMENT...: no compiler warning is let through.
compile() {
  program=$work/$1 source=$2
  shift 2
  $cc -std=c11 -Wall -Wextra -Wpedantic -Werror -D_GNU_SOURCE -I "$library/include" "$source" \
    "$@" -o "$program"
}

quietly() { "$@" >/dev/null 2>"$work/err" || { cat "$work/err"; return 1; }; }

same_values() {
  for file in "$1" "$2"; do tail -c "$3" "$file" >"$file.values"; done
  cmp -s "$1.values" "$2.values"
}

export LD_LIBRARY_PATH="$library/lib"
model=$work/model.vmir
check "the checkpoint is converted" quietly "$bin/vmir-convert" "$checkpoint" -o "$model"

# What is in the libraries.
sed -n 's/^[a-z].*[ *]\(vmir_[a-z_]*\)(.*/\1/p' "$library/include/vmir.h" | sort >"$work/declared"
nm -D --defined-only "$library/lib/libvmir.so" | sed -n 's/^.* T \(.*\)@@VMIR_0$/\1/p' |
  sort >"$work/exported"
check "the header has functions" test -s "$work/declared"
check "the shared library exports the header's functions" cmp "$work/declared" "$work/exported"
nm -D --defined-only "$library/lib/libvmir.so" | grep -v 'VMIR_0$' >"$work/others"
check "it exports nothing else" test ! -s "$work/others"
nm --extern-only --defined-only "$library/lib/libvmir.a" | sed -n 's/^[0-9a-f]* . //p' |
  sort >"$work/global"
check "the static library shows nothing else" cmp "$work/declared" "$work/global"
# The dynamic linker, which has the stack protector's guard on arm64, is a part of it.
readelf -d "$library/lib/libvmir.so" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' |
  grep -v -e '^libc\.so' -e '^libm\.so' -e '^ld-linux-' >"$work/needed"
check "it needs the C library alone" test ! -s "$work/needed"
soname=$(# The dynamic linker, which has the stack protector's guard on arm64, is a part of it.
readelf -d "$library/lib/libvmir.so" | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')
check "its name is libvmir.so.0" test "$soname" = libvmir.so.0
echo '#include <vmir.h>
int main() { return vmir_abi_version(); }' >"$work/header.cc"
# shellcheck disable=SC2086
if [ -n "$emulator" ] && ! $cc -x c++ -fsyntax-only /dev/null 2>"$work/err"; then
  echo "note: $cc compiles no C++; the header is not tried in it"
else
  check "the header is C++ too" $cc -x c++ -Wall -Werror -fsyntax-only -I "$library/include" \
    "$work/header.cc"
fi

# C, with either library.
shared="-L $library/lib -lvmir -pthread" static="$library/lib/libvmir.a -lm -pthread"
for kind in shared static; do
  eval "link=\$$kind"
  # shellcheck disable=SC2086
  check "the C test compiles ($kind)" compile "test-$kind" "$tests/Library/library_test.c" $link
  # shellcheck disable=SC2086
  check "the C test passes ($kind)" \
    $emulator "$work/test-$kind" "$model" "$work/in.npy" "$work/$kind.npy"
  # shellcheck disable=SC2086
  check "the test of threads compiles ($kind)" \
    compile "threads-$kind" "$tests/Library/threads_test.c" $link
  # shellcheck disable=SC2086
  check "the test of threads passes ($kind)" quietly $emulator "$work/threads-$kind" "$model"
  # shellcheck disable=SC2086
  check "the C example compiles ($kind)" compile "ppm-$kind" "$examples/restore_ppm.c" $link
done
check "vmir-run restores the same array" \
  quietly ${VMIR_RUN:-"$bin/vmir-run"} "$model" "$work/in.npy" -o "$work/run.npy"
bytes=$(($(wc -c <"$work/shared.npy") / 16 * 16 - 128))
for kind in shared static; do
  check "vmir-run gives the same bits ($kind)" same_values "$work/$kind.npy" "$work/run.npy" "$bytes"
done
{
  printf 'P6\n48 32\n255\n'
  head -c 4608 "$checkpoint"
} >"$work/in.ppm"
for kind in shared static; do
  check "the C example restores a picture ($kind)" \
    quietly $emulator "$work/ppm-$kind" "$model" "$work/in.ppm" "$work/$kind.ppm"
done
check "both libraries make the same picture" cmp "$work/shared.ppm" "$work/static.ppm"
check "the C example refuses what is no picture" test 1 = \
  "$($emulator "$work/ppm-shared" "$model" "$model" "$work/none.ppm" >/dev/null 2>&1; echo $?)"

# Python.
if [ -n "$emulator" ]; then
  echo "note: Python is not tried in an emulator"
elif "$python" -c 'import numpy' 2>/dev/null; then
  check "Python gets what C gets" env PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$examples" \
    "$python" "$tests/Library/library_test.py" "$library/lib/libvmir.so" "$model" \
    "$work/in.ppm" "$work/shared.ppm"
else
  check "the Python example is tried" test "${VMIR_REQUIRE_ALL:-0}" != 1
  echo "note: $python has no NumPy; the Python example is not tried"
fi

echo "libvmir.so: $(wc -c <"$library/lib/libvmir.so") bytes"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
