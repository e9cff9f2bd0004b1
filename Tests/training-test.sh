#!/bin/sh
# Trains for a minute and checks what comes of it: gradients, Triton kernels, falling loss, going on
# where a run ended, equal results for equal seeds, degradations, packing. Needs PyTorch; is skipped
# without it.
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
# The kernels for a GPU, in Triton's interpreter.
code=0
"$python" check_triton.py || code=$?
case $code in
  0) ;;
  77) echo "training-test: there is no Triton; its kernels are not checked" ;;
  *) fail "a Triton kernel differs from PyTorch" ;;
esac

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

# Each part of the degradation follows its seed, does something and keeps to its size and range.
"$python" - "$folder" <<'PYTHON' || fail "a degradation is wrong"
import sys
from pathlib import Path

import numpy as np
from PIL import Image

import degradation
from training_data import Crops
from training_tasks import real_pair

picture = np.asarray(Image.open(Path(sys.argv[1]) / "pictures/0.png"))
seeded = {
    "random kernel", "colour noise", "grey noise", "Poisson colour", "Poisson grey",
    "first order", "second order",
}
smaller = {"area", "bilinear", "bicubic", "first order", "second order"}
for name, part in degradation.PARTS.items():
    first, again, other = (part(picture, np.random.default_rng(seed)) for seed in (1, 1, 2))
    side = 56 if name in smaller else 224
    assert first.shape == (side, side, 3) and first.dtype == np.uint8, name
    assert np.array_equal(first, again), f"{name}: the same seed gave another picture"
    assert np.array_equal(first, other) != (name in seeded), f"{name}: the seed does nothing"
    assert side == 56 or not np.array_equal(first, picture), f"{name} does nothing"

# A kernel in the middle moves nothing; noise has the strength that was asked for.
point = np.zeros((41, 41, 3), np.uint8)
point[20, 20] = 255
generator = np.random.default_rng(3)
for _ in range(50):
    kernel = degradation.random_kernel(generator, (0.3, 2.5))
    assert abs(kernel.sum() - 1) < 1e-9 and np.allclose(kernel, kernel[::-1, ::-1])
turned = degradation.blurred(point, degradation.gaussian_kernel(3.0, 1.0, 0.5))
assert np.array_equal(turned, turned[::-1, ::-1]) and turned[20, 20, 0] == turned.max()
grey = np.full((200, 200, 3), 128, np.uint8)
noise = degradation.with_gaussian_noise(grey, 10, True, generator).astype(float) - grey
assert abs(noise.std() - 10) < 0.3 and np.array_equal(noise[..., 0], noise[..., 2])
noise = degradation.with_poisson_noise(grey, 2, False, generator).astype(float) - grey
assert abs(noise.std() - (128 * 2) ** 0.5) < 0.5 and not np.array_equal(noise[..., 0], noise[..., 2])

# The degraded part lies where its target does.
smooth = np.asarray(Image.fromarray(picture[:28, :28]).resize((448, 448), Image.Resampling.BICUBIC))
crops = Crops([smooth], generator)
crops.side = 224
for _ in range(30):
    small, target = real_pair(crops)
    assert small.shape == (40, 40, 3) and target.shape == (160, 160, 3)
    truth = np.asarray(Image.fromarray(target).reduce(4)).astype(float)
    here = np.abs(truth[2:-2, 2:-2] - small[2:-2, 2:-2]).mean()
    there = np.abs(truth[4:, 4:] - small[:-4, :-4]).mean()
    assert here < there, "an input and its target lie at different places"
PYTHON

"$python" evaluation_set.py "$folder/set" --pictures "$folder/pictures"
"$python" evaluation_set.py "$folder/set2" --pictures "$folder/pictures"
diff -r "$folder/set" "$folder/set2" >/dev/null || fail "the evaluation set came out different"
[ "$(find "$folder/set" -name '*_LR.png' | wc -l)" = 12 ] || fail "pictures of the set are missing"
rm "$folder"/set/*/[12]_*

# train MODEL OUTPUT STEPS PAIRS [OPTION...]
train() {
  model=$1 output=$2 steps=$3 set=$4
  shift 4
  "$python" train.py "$model" --steps "$steps" --log-steps 1 --output "$folder/$output" \
    --pictures "$folder/pictures" --evaluate "$folder/$set" --threads 1 "$@" >/dev/null ||
    fail "train.py $model"
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

# From a network of another channel scan, with an adversary; that it is as good as it was tells
# that its weights were taken.
start=$root/Models/sr4-tiny/sr4-tiny.pth
train real4-tiny real 2 set/clean --start "$start"
train real4-tiny twice 2 set/clean --start "$start"
cmp -s "$folder/real/real4-tiny.pth" "$folder/twice/real4-tiny.pth" ||
  fail "the same seed gave other weights of real4-tiny"
figure() { awk -F, -v name="$1" '$3 == name { print $4 }' "$folder/real/log.csv" | tail -n 1; }
"$python" evaluation.py "$start" "$folder/set/clean" >"$folder/before"
awk "BEGIN { exit !($(figure clean) > $(awk '$1 == "clean" { print $2; exit }' "$folder/before") - 1) }" ||
  fail "the network lost what it started with: $(figure clean) dB"
train real4-tiny real 3 set/clean --adversarial 0.01
"$python" train.py real4-tiny --steps 1 --output "$folder/other" --pictures "$folder/pictures" \
  --start "$root/Models/derain-tiny/derain-tiny.pth" 2>"$folder/refused" &&
  fail "a network of another shape was taken"
grep -q '^error: .*another network' "$folder/refused" || fail "the refusal gave no reason"

# Another width and other pairs, in a run shorter than a row of the log.
narrow() {
  "$python" train.py real4-tiny -o "$folder/narrow" --pictures "$folder/pictures" --threads 1 \
    --dim 8 "$@"
}
narrow --steps 2 --degradation first-order >/dev/null || fail "train.py --dim --degradation"
[ "$(grep -c '^2,.*,loss,' "$folder/narrow/log.csv")" = 1 ] || fail "a short run logs no loss"
narrow --steps 3 --degradation second-order 2>"$folder/refused" &&
  fail "it went on with other pairs"
grep -q '^error: .*another --dim or --degradation' "$folder/refused" || fail "and gave no reason"
narrow --steps 1 --degradation rain 2>"$folder/refused" && fail "pairs of another scale were taken"
grep -q '^error: the pairs of rain are of x1' "$folder/refused" || fail "and gave no reason"

"$python" pack_model.py "$folder/first/state.pth" -o "$folder/packed.pth" >"$folder/facts"
grep -q 'MambaSISR6: dim 16' "$folder/facts" || fail "pack_model.py printed no architecture"
"$python" evaluation.py "$folder/packed.pth" "$folder/sr" >"$folder/figures"
grep -q ' dB$' "$folder/figures" || fail "the packed model was not evaluated"
echo "training-test: passed"
