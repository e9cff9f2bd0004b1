#!/bin/sh
# The edge build of vmir-run beside the ordinary one: same kernels, same bytes, same exit codes.
#
# edge-test.sh BIN EDGE_VMIR_RUN MODEL_DIR
#   BIN            folder with vmir-convert and vmir-run
#   EDGE_VMIR_RUN  the static vmir-run
#   MODEL_DIR      folder with one .pth and example.png
set -u

if [ $# -ne 3 ]; then
  echo "usage: edge-test.sh BIN EDGE_VMIR_RUN MODEL_DIR" >&2
  exit 64
fi
bin=$1 edge=$2 models=$3
checkpoint=$(ls "$models"/*.pth | head -n 1)
picture=$models/example.png
work=$(mktemp -d) || exit 70
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
. "$(dirname "$0")/checks.sh"

# ends STATUS START COMMAND...: the command ends with this status and one line on stderr that
# starts so, or with nothing on stderr where START is empty.
ends() {
  status=$1 start=$2
  shift 2
  "$@" >"$work/out" 2>"$work/err"
  found=$?
  lines=$(wc -l <"$work/err")
  if [ "$found" -ne "$status" ]; then
    echo "  status $found instead of $status: $(cat "$work/err")"
    return 1
  fi
  if [ -z "$start" ]; then
    [ "$lines" -eq 0 ]
    return
  fi
  [ "$lines" -eq 1 ] || return 1
  case $(cat "$work/err") in
    "$start"*) return 0 ;;
    *)
      echo "  says $(cat "$work/err")"
      return 1
      ;;
  esac
}

is_static() {
  case $(ldd "$1" 2>&1) in
    *"not a dynamic executable"* | *"statically linked"*) return 0 ;;
    *) return 1 ;;
  esac
}

is_absent() { [ ! -e "$1" ]; }

check "the edge build is static" is_static "$edge"
check "the edge build tells its version" ends 0 "" "$edge" --version
cp "$work/out" "$work/version"
ends 0 "" "$bin/vmir-run" --version
check "both builds have the same version" cmp -s "$work/version" "$work/out"

model=$work/model.vmir
check "the checkpoint is converted" ends 0 "" "$bin/vmir-convert" "$checkpoint" -o "$model"

# An unknown name is answered with the names of those that this processor has.
"$edge" "$model" "$picture" --isa none 2>"$work/err"
isas=$(sed -n 's/.* it has //p' "$work/err" | tr -d ,)
check "the edge build has kernels" test -n "$isas"
for isa in $isas; do
  for threads in 1 3; do
    options="--gemm builtin --isa $isa --threads $threads"
    # shellcheck disable=SC2086
    check "$isa runs in the edge build" \
      ends 0 "" "$edge" "$model" "$picture" -o "$work/edge.png" $options
    # shellcheck disable=SC2086
    check "$isa runs in the ordinary build" \
      ends 0 "" "$bin/vmir-run" "$model" "$picture" -o "$work/plain.png" $options
    check "$isa gives the same bytes in both builds on $threads threads" \
      cmp -s "$work/edge.png" "$work/plain.png"
    rm -f "$work/edge.png" "$work/plain.png"
  done
done

jpeg=Tests/Fixtures/jpeg/density.jpg
check "JPEG is read by the edge build" ends 0 "" "$edge" "$model" "$jpeg" -o "$work/edge.png"
check "JPEG is read by the ordinary build" \
  ends 0 "" "$bin/vmir-run" "$model" "$jpeg" -o "$work/plain.png" --gemm builtin
check "JPEG gives the same bytes in both builds" cmp -s "$work/edge.png" "$work/plain.png"
rm -f "$work/edge.png" "$work/plain.png"

out=$work/out.png
head -c 1000 "$picture" >"$work/short.png"
head -c 5000 "$model" >"$work/short.vmir"
check "a damaged picture is bad input" \
  ends 65 "error: $work/short.png: is a damaged PNG" "$edge" "$model" "$work/short.png" -o "$out"
check "a damaged model is bad input" \
  ends 65 "error: $work/short.vmir: " "$edge" "$work/short.vmir" "$picture" -o "$out"
check "a checkpoint is no model" \
  ends 69 "error: $checkpoint: " "$edge" "$checkpoint" "$picture" -o "$out"
check "a missing picture is missing" \
  ends 66 "error: $work/none.png: no such file" "$edge" "$model" "$work/none.png" -o "$out"
check "an unknown option is a wrong command line" \
  ends 64 "error: unknown option --wat" "$edge" "$model" "$picture" --wat
check "OpenBLAS is not in the edge build" \
  ends 64 "error: --gemm: this build has no openblas" \
  "$edge" "$model" "$picture" -o "$out" --gemm openblas
check "kernels that are not there are unsupported" \
  ends 69 "error: $model: " "$edge" "$model" "$picture" -o "$out" --isa none
check "an output in what is no folder can't be written" \
  ends 74 "error: $work/short.png/out.png: cannot be written" \
  "$edge" "$model" "$picture" -o "$work/short.png/out.png"
latin=$(printf 'caf\351')
cp "$picture" "$work/$latin.png"
check "the edge build takes names that are not UTF-8" \
  ends 0 "" "$edge" "$model" "$work/$latin.png" -o "$work/new/" -q
check "and knows its own results" \
  ends 0 "" "$edge" "$model" "$work/$latin.png" -o "$work/new/" --skip-existing
check "by that name" grep -q "already exists" "$work/out"
check "a report to a full stdout is an error in the edge build" \
  ends 74 "error: standard output: " sh -c '"$@" >/dev/full' sh "$edge" --version
check "failures leave no output" is_absent "$out"

byte_count() { wc -c <"$1" | tr -d ' '; }
echo "kernels: $(echo $isas)"
echo "vmir-run: $(byte_count "$bin/vmir-run") bytes, edge: $(byte_count "$edge") bytes"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
