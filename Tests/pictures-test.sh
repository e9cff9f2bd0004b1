#!/bin/sh
# Pictures that vmir-run reads and writes, compared with Pillow.
#
# pictures-test.sh BIN [PYTHON]
set -u

if [ $# -lt 1 ] || [ $# -gt 2 ]; then
  echo "usage: pictures-test.sh BIN [PYTHON]" >&2
  exit 64
fi
bin=$1 python=${2:-python3}
tests=$(cd "$(dirname "$0")" && pwd)
. "$tests/skip.sh"
"$python" -c 'import numpy, PIL.features as f; assert f.check("webp") and f.check("libtiff")' \
  2>/dev/null || skip "NumPy and Pillow with WebP and TIFF are needed"
exec "$python" -B "$tests/pictures_test.py" "$bin"
