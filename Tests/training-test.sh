#!/bin/sh
# Trains for a minute and checks what comes of it: gradients, falling loss, going on where a run
# ended, equal results for equal seeds, packing. Needs PyTorch; is skipped without it.
# Usage: Tests/training-test.sh [PYTHON]
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/Tests/skip.sh"
python=${1:-${PYTHON:-python3}}
case $python in */*) python=$(cd "$(dirname "$python")" && pwd)/$(basename "$python") ;; esac
"$python" -c 'import numpy, PIL, torch' 2>/dev/null ||
  skip "$python has no PyTorch, NumPy and Pillow"
command -v c++ >/dev/null || command -v g++ >/dev/null || command -v clang++ >/dev/null ||
  skip "there is no C++ compiler"
# One thread each: the pictures are small, and machines that test are often busy.
export OMP_NUM_THREADS=1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$root/Models/reference"

fail() {
  echo "training-test: FAILED: $1" >&2
  exit 1
}

"$python" check_gradients.py || fail "a gradient differs from PyTorch's"

# Pictures with edges and texture, and a pair for each task.
"$python" - "$folder" <<'PYTHON'
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from rain import KINDS, draw_rain
from training_data import bicubic_quarter

folder = Path(sys.argv[1])
generator = np.random.default_rng(1)
pictures = []
for _ in range(3):
    coarse = generator.integers(0, 256, (14, 14, 3), dtype=np.uint8)
    smooth = np.asarray(Image.fromarray(coarse).resize((224, 224), Image.Resampling.BICUBIC))
    blocks = np.asarray(Image.fromarray(coarse).resize((224, 224), Image.Resampling.NEAREST))
    pictures.append(np.where(generator.random((1, 224, 1)) < 0.5, smooth, blocks))
for name in ("pictures", "sr", "rain/input", "rain/target"):
    (folder / name).mkdir(parents=True)
for place, picture in enumerate(pictures):
    Image.fromarray(picture).save(folder / "pictures" / f"{place}.png")
part = pictures[0][:64, :64]
Image.fromarray(part).save(folder / "sr/a_HR.png")
Image.fromarray(bicubic_quarter(part)).save(folder / "sr/a_LR.png")
rainy = draw_rain(part, KINDS["heavy"], np.random.default_rng(1))
Image.fromarray(rainy).save(folder / "rain/input/a.png")
Image.fromarray(part).save(folder / "rain/target/a.png")
PYTHON

# train MODEL OUTPUT STEPS PAIRS
train() {
  "$python" train.py "$1" --steps "$3" --log-steps 1 --output "$folder/$2" \
    --pictures "$folder/pictures" --evaluate "$folder/$4" --threads 1 >/dev/null ||
    fail "train.py $1"
}

# Mean loss of the first or last eight rows, since crops differ in how much rain they get: loss head|tail OUTPUT
loss() {
  grep ',loss,' "$folder/$2/log.csv" | "$1" -n 8 | awk -F, '{ sum += $4 } END { print sum / NR }'
}

train derain-tiny derain 48 rain
awk "BEGIN { exit !($(loss tail derain) < 0.8 * $(loss head derain)) }" ||
  fail "the loss did not fall: $(loss head derain) to $(loss tail derain)"
[ -s "$folder/derain/curve.png" ] || fail "there is no curve"
grep -q ',rain clean,' "$folder/derain/log.csv" || fail "nothing was evaluated"

train sr4-tiny first 3 sr
train sr4-tiny again 3 sr
cmp -s "$folder/first/sr4-tiny.pth" "$folder/again/sr4-tiny.pth" ||
  fail "the same seed gave other weights"
cp "$folder/first/sr4-tiny.pth" "$folder/before.pth"
train sr4-tiny first 5 sr
[ "$(grep -c ',loss,' "$folder/first/log.csv")" = 5 ] || fail "it did not go on after step 3"
cmp -s "$folder/first/sr4-tiny.pth" "$folder/before.pth" && fail "going on changed nothing"

"$python" pack_model.py "$folder/first/state.pth" -o "$folder/packed.pth" >"$folder/facts"
grep -q 'MambaSISR6: dim 16' "$folder/facts" || fail "pack_model.py printed no architecture"
"$python" evaluation.py "$folder/packed.pth" "$folder/sr" | grep -q ' dB$' ||
  fail "the packed model was not evaluated"
echo "training-test: passed"
