#!/bin/sh
# ONNX's own operator cases, and graphs as exporters write them, through the tools. Usage: Tests/onnx-test.sh BIN [PYTHON]
set -eu

bin=${1:?folder with vmir-convert and vmir-run}
python=${2:-python3}
. "$(dirname "$0")/skip.sh"

"$python" -c 'import numpy, onnx, onnxruntime' 2>/dev/null || skip "$python has no NumPy, onnx and onnxruntime"
"$python" "$(dirname "$0")/onnx_operators.py" --bin "$bin"
"$python" "$(dirname "$0")/onnx_graphs.py" --bin "$bin"
