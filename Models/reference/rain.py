"""Draws synthetic rain over photographs, for training of deraining networks.

Rain is light that is added: layers of straight streaks that share a direction, each layer with its
own density, length, width, brightness and sharpness. Some pictures get a veil of haze as well.

    python rain.py PICTURE -o RAINY.png --kind heavy --seed 1
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

# Streaks are drawn so much larger and then averaged, for smooth edges.
OVERSAMPLING = 2
# Parts of a streak with soft ends, of its length, and their brightness.
SOFT_PARTS = ((1.0, 0.4), (0.7, 0.7), (0.4, 1.0))
Range = tuple[float, float]


@dataclass(frozen=True)
class Kind:
    """What the layers of one kind of rain are drawn from, evenly within each range.

    Attributes:
        layers: Least and most layers.
        angle: Largest angle of a layer to the vertical, in degrees.
        spread: Largest angle of a streak to its layer, in degrees.
        coverage: Part of the picture that a layer's streaks take, before they overlap.
        length: Pixels.
        width: Pixels.
        brightness: Grey levels that are added where a streak is.
        variation: Largest difference of a streak's brightness from its layer's, as a factor.
        blur: Radius of the softening, in pixels.
        soft_ends: Chance that a layer's streaks fade towards their ends.
    """

    layers: tuple[int, int]
    angle: float
    spread: float
    coverage: Range
    length: Range
    width: Range
    brightness: Range
    variation: float
    blur: Range
    soft_ends: float


KINDS = {
    "light": Kind(
        layers=(1, 2),
        angle=45,
        spread=3,
        coverage=(0.02, 0.2),
        length=(8, 45),
        width=(0.6, 2.2),
        brightness=(15, 80),
        variation=0.7,
        blur=(0.3, 1.0),
        soft_ends=0.8,
    ),
    "heavy": Kind(
        layers=(1, 4),
        angle=30,
        spread=6,
        coverage=(0.12, 0.7),
        length=(20, 160),
        width=(0.8, 4.5),
        brightness=(35, 110),
        variation=0.3,
        blur=(0.0, 0.6),
        soft_ends=0.15,
    ),
}
HAZE_CHANCE, HAZE = 0.1, (0.03, 0.2)
HAZE_GREY = (160.0, 255.0)
# Largest difference of a colour channel's brightness from the mean.
TINT = 0.06


def streaks(shape: tuple[int, int], kind: Kind, generator: np.random.Generator) -> np.ndarray:
    """One layer, `[H, W]` float32 in grey levels."""
    height, width = shape
    scale = OVERSAMPLING
    sheet = Image.new("L", (width * scale, height * scale))
    pen = ImageDraw.Draw(sheet)
    direction = generator.uniform(-kind.angle, kind.angle)
    length, thick = generator.uniform(*kind.length), generator.uniform(*kind.width)
    brightness = generator.uniform(*kind.brightness)
    count = int(generator.uniform(*kind.coverage) * width * height / (length * thick)) + 1
    soft = generator.random() < kind.soft_ends
    # As many more as start outside.
    margin = length / 2
    count = int(count * (1 + 2 * margin / height)) + 1
    centres = generator.uniform((0, -margin), (width, height + margin), (count, 2))
    angles = np.radians(direction + generator.uniform(-kind.spread, kind.spread, count))
    sizes = generator.uniform(0.5, 1.5, (count, 2)) * (length, thick)
    levels = brightness * (1 + kind.variation * generator.uniform(-1, 1, count))
    for (x, y), angle, (long, wide), level in zip(centres, angles, sizes, levels, strict=True):
        across, along = math.sin(angle) * long / 2, math.cos(angle) * long / 2
        for part, share in SOFT_PARTS if soft else ((1.0, 1.0),):
            ends = (x - across * part, y - along * part, x + across * part, y + along * part)
            pen.line(
                [end * scale for end in ends],
                fill=int(min(level * share, 255)),
                width=max(1, round(wide * scale)),
            )
    layer = sheet.reduce(scale)
    blur = generator.uniform(*kind.blur)
    if blur > 0.2:
        layer = layer.filter(ImageFilter.GaussianBlur(blur))
    return np.asarray(layer, np.float32)


def draw_rain(picture: np.ndarray, kind: Kind, generator: np.random.Generator) -> np.ndarray:
    """Rain of a kind over `[H, W, 3]` of 8 bits; the result has the same form."""
    layers = generator.integers(kind.layers[0], kind.layers[1] + 1)
    light = sum(streaks(picture.shape[:2], kind, generator) for _ in range(layers))
    result = picture.astype(np.float32)
    if generator.random() < HAZE_CHANCE:
        veil = generator.uniform(*HAZE)
        result = result * (1 - veil) + veil * generator.uniform(*HAZE_GREY)
    tint = 1 + generator.uniform(-TINT, TINT, 3).astype(np.float32)
    result = result + light[..., None] * tint
    return np.clip(result + 0.5, 0, 255).astype(np.uint8)


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("picture", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--kind", choices=sorted(KINDS), default="light")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    picture = np.asarray(Image.open(options.picture).convert("RGB"))
    generator = np.random.default_rng(options.seed)
    Image.fromarray(draw_rain(picture, KINDS[options.kind], generator)).save(options.output)


if __name__ == "__main__":
    main()
