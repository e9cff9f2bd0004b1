#!/bin/sh
# Makes or completes the virtual environment that the tests in Python use.
# Usage: Tests/python-environment.sh FOLDER
#
# NumPy, Pillow and onnx are always installed; PyTorch, a download of gigabytes, only with
# VMIR_REQUIRE_ALL=1. Without a network the environment stays as it is, and what it lacks is
# skipped by the tests, or fails there with VMIR_REQUIRE_ALL=1.
set -eu

folder=${1:?folder of the virtual environment}
tests=$(cd "$(dirname "$0")" && pwd)
requirements="-r $tests/requirements.txt"
[ "${VMIR_REQUIRE_ALL:-0}" = 1 ] && requirements="$requirements -r $tests/requirements-training.txt"

[ -x "$folder/bin/python" ] || python3 -m venv "$folder"
# shellcheck disable=SC2086
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check $requirements ||
  echo "python-environment: some packages could not be installed" >&2
