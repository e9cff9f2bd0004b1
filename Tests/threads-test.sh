#!/bin/sh
# The C library and vmir-run on several threads, under ThreadSanitizer.
#
# threads-test.sh BUILD_FOLDER VMIR_CONVERT MODEL_FOLDER
#   BUILD_FOLDER  of swift build --sanitize thread
#   MODEL_FOLDER  has NAME.pth and example.png
#
# No report is left out: there are no suppressions.
set -eu

if [ $# -ne 3 ]; then
  echo "usage: threads-test.sh BUILD_FOLDER VMIR_CONVERT MODEL_FOLDER" >&2
  exit 64
fi
repository=$(cd "$(dirname "$0")/.." && pwd)
build=$1 convert=$2 folder=$3
clang=$(dirname "$(readlink -f "$(command -v swiftc)")")/clang
export TSAN_OPTIONS=halt_on_error=1:exitcode=66
VMIR_FUZZ=1 swift build -c release --package-path "$repository" --scratch-path "$build" \
  --sanitize thread --product VMIRCFunctions
swift build -c release --package-path "$repository" --scratch-path "$build" --sanitize thread \
  --product vmir-run
"$clang" -O1 -g -fsanitize=thread -D_GNU_SOURCE -I "$repository/Sources/VMIRC/include" \
  -c "$repository/Tests/Library/threads_test.c" -o "$build/threads_test.o"
swiftc -sanitize=thread "$build/threads_test.o" "$build/release/libVMIRCFunctions.a" \
  -lzstd -lpng16 -ljpeg -lwebp -ltiff -lz -lm -o "$build/threads_test"
"$convert" "$folder"/*.pth -o "$build/model.vmir" >/dev/null
"$build/threads_test" "$build/model.vmir"
"$build/release/vmir-run" "$build/model.vmir" "$folder/example.png" -o "$build/out.png" --overwrite \
  --threads 4
echo "threads: nothing found"
