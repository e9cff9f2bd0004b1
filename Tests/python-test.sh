#!/bin/sh
# The wheel in a fresh virtual environment, against vmir-run.
#
# python-test.sh WHEEL BIN MODEL.pth [PYTHON]
#   WHEEL   what `make wheel` made
#   BIN     folder with vmir-convert and vmir-run
#   PYTHON  the interpreter whose version is tried
# The types are checked where there is mypy, on the PATH or named by MYPY.
set -u

if [ $# -lt 3 ] || [ $# -gt 4 ]; then
  echo "usage: python-test.sh WHEEL BIN MODEL.pth [PYTHON]" >&2
  exit 64
fi
wheel=$1 bin=$(cd "$2" && pwd) checkpoint=$3 python=${4:-python3}
tests=$(cd "$(dirname "$0")" && pwd)
. "$tests/skip.sh"
. "$tests/checks.sh"
work=$(mktemp -d) || exit 70
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
unset PYTHONPATH VMIR_LIBRARY

case $wheel in
  *-py3-none-manylinux_2_[0-9]*_"$(uname -m)".whl) tag=ok ;;
  *) tag=wrong ;;
esac
check "the wheel's name says which systems it is for" test $tag = ok
"$python" -m venv "$work/venv" 2>"$work/log" || skip "no virtual environment can be made"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'numpy>=2,<3' \
  'pillow>=11' 2>"$work/log" || skip "NumPy and Pillow can't be installed"
check "the wheel is installed without anything else" \
  "$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-index "$wheel"
check "the checkpoint is converted" \
  "$bin/vmir-convert" "$checkpoint" -o "$work/model.vmir" >"$work/log"
files=$("$work/venv/bin/python" -c 'import vmir; print(vmir.__path__[0])')
check "type checkers see the types" test -f "$files/py.typed"
mypy=${MYPY:-$(command -v mypy || true)}
if [ -n "$mypy" ]; then
  check "its types are sound" "$mypy" --strict --cache-dir "$work/mypy" \
    --python-executable "$work/venv/bin/python" "$files"
else
  echo "python-test: there is no mypy; the types are not checked"
fi
VMIR_TEST_MODEL=$work/model.vmir VMIR_TEST_RUN=$bin/vmir-run \
  check "its tests pass" "$work/venv/bin/python" -B "$tests/Python/test_vmir.py"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
