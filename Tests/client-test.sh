#!/bin/sh
# A package that imports the product VMIR alone: that it builds, restores what vmir-run restores, can
# tell errors apart, and that its program needs no BLAS.
#
# client-test.sh BIN MODEL_DIR BUILD_FOLDER
#   BIN           folder with vmir-convert and vmir-run
#   MODEL_DIR     folder with one .pth and example.png
#   BUILD_FOLDER  where the package is built
set -u

if [ $# -ne 3 ]; then
  echo "usage: client-test.sh BIN MODEL_DIR BUILD_FOLDER" >&2
  exit 64
fi
bin=$1 models=$2 build=$3
package=$(cd "$(dirname "$0")" && pwd)/Client
work=$(mktemp -d) || exit 70
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
. "$(dirname "$0")/checks.sh"

checkpoint=$(ls "$models"/*.pth | head -n 1)
picture=$models/example.png
model=$work/model.vmir

quietly() { "$@" >"$work/out" 2>&1 || { tail -n 20 "$work/out"; return 1; }; }

# ends STATUS START COMMAND...: the command ends with this status, and its output starts so.
ends() {
  status=$1 start=$2
  shift 2
  "$@" >"$work/out" 2>"$work/err"
  found=$?
  case $found:$(cat "$work/out") in
    "$status:$start"*) return 0 ;;
    *)
      echo "  $found: $(cat "$work/out" "$work/err")"
      return 1
      ;;
  esac
}

needs_no() { ! grep -i "$1" "$work/needed"; }

check "the client builds with import VMIR alone" \
  quietly swift build -c release --package-path "$package" --scratch-path "$build"
client=$build/release/client
check "the checkpoint is converted" quietly "$bin/vmir-convert" "$checkpoint" -o "$model"
check "vmir-run restores the picture" \
  quietly "$bin/vmir-run" "$model" "$picture" -o "$work/run.png"
check "the client restores the picture" \
  ends 0 "" "$client" "$model" "$picture" "$work/client.png"
check "the picture has the size that the model says" grep -q 'true$' "$work/out"
# vmir-run tells in a text chunk before them what the pixels were made of.
pixels() { tail -c "+$(grep -abo IDAT "$1" | head -n 1 | cut -d: -f1)" "$1"; }
pixels "$work/run.png" >"$work/run.pixels"
pixels "$work/client.png" >"$work/client.pixels"
check "both make the same pixels" cmp "$work/run.pixels" "$work/client.pixels"
check "a missing model is a fault of input and output" \
  ends 1 "io: no such file" "$client" "$work/none.vmir" "$picture" "$work/none.png"
check "a picture is no model" \
  ends 1 "unsupported: is a PNG picture, not a .vmir file" "$client" "$picture" "$picture" "$work/none.png"
printf 'GIF89a' >"$work/a.gif"
check "another format is unsupported" \
  ends 1 "unsupported: is a GIF picture" "$client" "$model" "$work/a.gif" "$work/none.png"
ldd "$client" >"$work/needed"
check "the client's libraries are known" grep -q libc "$work/needed"
for library in openblas blas gfortran quadmath; do
  check "the client needs no $library" needs_no "$library"
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
