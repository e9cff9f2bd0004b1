#!/bin/bash
# Builds the fuzz targets with libFuzzer and runs each for some seconds.
#
# fuzz.sh BUILD_FOLDER SECONDS [TARGET...]
#
# Seeds are the fixtures, the test vectors and Tests/Fuzz/seeds; what is found grows
# BUILD_FOLDER/corpus/TARGET. A finding is left in BUILD_FOLDER/findings with its target's name, and
# ends with 1. An input may take FUZZ_TIMEOUT seconds (20, since sanitizers are slow) and 1 GB. Each
# target adds a line to BUILD_FOLDER/totals.txt: executions, edges reached, seconds.
#
# FUZZ_SANITIZE=address, the default, searches under AddressSanitizer, and UBSan for C.
# FUZZ_SANITIZE=none searches without: two to six times the executions in a second, which find traps,
# inputs without end, and memory without bound, but of wrong reads and writes only those that end the
# process. So all that the search kept is run again under both sanitizers, and the line counts both.
set -eu

if [ $# -lt 2 ]; then
  echo "usage: fuzz.sh BUILD_FOLDER SECONDS [TARGET...]" >&2
  exit 64
fi
repository=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$1"
build=$(cd "$1" && pwd) seconds=$2
shift 2
cd "$repository"
fixtures=Tests/Fixtures
sanitize=${FUZZ_SANITIZE:-address}

# compile PROGRAM SANITIZERS [OPTION...]: libFuzzer and the targets.
compile() {
  local program=$1 sanitizers=$2 options=()
  shift 2
  for sanitizer in ${sanitizers//,/ }; do options+=(--sanitize "$sanitizer"); done
  VMIR_FUZZ=1 swift build -c release --scratch-path "$build/swift-$program" --product VMIRFuzz \
    "${options[@]}" "$@" >"$build/build.log" 2>&1 || { tail -n 30 "$build/build.log"; exit 1; }
  # The linker names each function of AddressSanitizer that Swift's modules don't export.
  swiftc -sanitize="$sanitizers" -o "$build/$program" \
    "$build/swift-$program/release/libVMIRFuzz.a" \
    -lpng -ljpeg -lwebp -ltiff -lzstd -lz -lprotobuf-c -lm 2>"$build/link.log" ||
    { tail -n 30 "$build/link.log"; exit 1; }
}
case $sanitize in
  address) search=fuzz ;;
  none)
    # Without a look at each comparison either, which takes a third of the time: what those lead to, the
    # other build finds.
    search=fuzz-none
    compile fuzz-none fuzzer -Xswiftc -sanitize-coverage=edge,inline-8bit-counters,pc-table \
      -Xcc -fno-sanitize-coverage=trace-cmp,indirect-calls
    ;;
  *) echo "FUZZ_SANITIZE must be address or none" >&2; exit 64 ;;
esac
# The kernels are C, too, and slow with a check at every access: their own tests run under sanitizers.
compile fuzz fuzzer,address -Xcc -fsanitize=undefined -Xcc -fno-sanitize-recover=undefined

# seeds TARGET: prints the files that its corpus starts with.
seeds() {
  case $1 in
    zip | torch) find $fixtures -name '*.pt' -o -name '*.pth' -o -name '*.npz' ;;
    convert) find $fixtures -name '*.pth' ;;
    safetensors) find $fixtures -name '*.safetensors' ;;
    onnx | graph) find $fixtures Tests/Fuzz/seeds -name '*.onnx' ;;
    vmir | plan) find Formats/vectors $fixtures Models -name '*.vmir' ;;
    png) find $fixtures -name '*.png' ;;
    jpeg) find $fixtures -name '*.jpg' ;;
    webp) find $fixtures -name '*.webp' ;;
    tiff) find $fixtures -name '*.tif' ;;
    bmp) find $fixtures -name '*.bmp' ;;
    npy) find $fixtures -name '*.npy' ;;
    text) find Formats/vectors -name '*.txt' ;;
  esac
}

# byte_limit TARGET: the largest input, since small ones find the same faults in more executions.
byte_limit() {
  case $1 in
    convert) echo 40000 ;;
    zip | torch | vmir | plan) echo 20000 ;;
    onnx | graph | jpeg | webp | tiff | text) echo 8000 ;;
    *) echo 4000 ;;
  esac
}

# fuzz PROGRAM LOG OPTION...: runs the target.
fuzz() {
  local program=$1 log=$2
  shift 2
  FUZZ_TARGET=$target \
    ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1:malloc_context_size=2:quarantine_size_mb=16:detect_stack_use_after_return=0 \
    UBSAN_OPTIONS=halt_on_error=1 "$build/$program" -timeout="${FUZZ_TIMEOUT:-20}" \
    -rss_limit_mb=1024 -malloc_limit_mb=1024 -max_len="$limit" -print_final_stats=1 "$@" >"$log" 2>&1
}

# executions LOG
executions() { awk '/number_of_executed_units/ { print $2 }' "$1"; }

[ $# -gt 0 ] || set -- zip torch safetensors onnx vmir png jpeg webp tiff bmp npy text convert graph plan
status=0
mkdir -p "$build/findings"
for target; do
  corpus=$build/corpus/$target limit=$(byte_limit "$target")
  mkdir -p "$corpus" "$build/seeds/$target"
  rm -f "$build/seeds/$target"/*
  if [ "$target" = safetensors ]; then
    header='{"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"b":{"dtype":"I64","shape":[],"data_offsets":[8,16]},"__metadata__":{"format":"pt"}}'
    printf "\\$(printf %o ${#header})\\0\\0\\0\\0\\0\\0\\0%s\\0\\0\\0\\77\\0\\0\\0\\100\\7\\0\\0\\0\\0\\0\\0\\0" "$header" \
      >"$build/seeds/$target/two-tensors"
  fi
  seeds "$target" | while read -r file; do
    [ "$(stat -c %s "$file")" -gt "$limit" ] || cp "$file" "$build/seeds/$target/$(echo "$file" | tr / _)"
  done
  log=$build/$target.log
  rm -f "$log.again"
  if fuzz $search "$log" -max_total_time="$seconds" -artifact_prefix="$build/findings/$target-" \
    "$corpus" "$build/seeds/$target" &&
    { [ $search = fuzz ] || fuzz fuzz "$log.again" -runs=0 \
      -artifact_prefix="$build/findings/$target-" "$corpus"; }
  then
    line="$target: $(executions "$log") executions, $(grep -o 'cov: [0-9]*' "$log" | tail -1), $seconds s"
    [ $search = fuzz ] ||
      line="$line without sanitizers; $(executions "$log.again") inputs again with them"
    echo "$line"
    echo "$line" >>"$build/totals.txt"
  else
    status=1
    [ ! -e "$log.again" ] || log=$log.again
    echo "$target: FINDING; see $log"
    tail -n 25 "$log"
  fi
done
exit $status
