"""Degrades pictures as photographs are on their way to a folder: blur, resizing, noise, JPEG.

In the manner of Real-ESRGAN (arXiv 2107.10833): the parts are put together at random, in the second
order twice, with ringing at the end. Pictures are `[H, W, 3]` of 8 bits before and after each part;
what is random comes from the generator that is handed over.

    python degradation.py PICTURE -o OUT.png --part second-order --seed 1
    python degradation.py PICTURE -o SHEET.png --sheet
"""

from __future__ import annotations

import argparse
import io
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from compare_pictures import parse_crop

Range = tuple[float, float]
# Filters of PIL, which widens them when it makes a picture smaller.
METHODS = (Image.Resampling.BOX, Image.Resampling.BILINEAR, Image.Resampling.BICUBIC)
# Half the side of a blur kernel, in pixels.
RADIUS = 10
QUALITY: Range = (30, 95)
# Standard deviations in grey levels; photons at full brightness are `255 / scale`.
NOISE: Range = (1, 20)
POISSON_SCALE: Range = (0.05, 2.0)
GREY_CHANCE = 0.4


def gaussian_kernel(
    wide: float, narrow: float, angle: float = 0, power: float = 1, plateau: bool = False
) -> np.ndarray:
    """A Gaussian `[2 * RADIUS + 1]` squared that sums to 1, or a relative of it.

    Args:
        wide: Standard deviation along `angle`, in pixels.
        narrow: That across it.
        angle: In radians.
        power: Of the exponent: below 1 heavier tails, above 1 a flatter top.
        plateau: `1 / (1 + exponent ** power)` instead of `exp(-exponent ** power / 2)`.
    """
    y, x = np.mgrid[-RADIUS : RADIUS + 1, -RADIUS : RADIUS + 1].astype(np.float64)
    along = (x * math.cos(angle) + y * math.sin(angle)) / wide
    across = (y * math.cos(angle) - x * math.sin(angle)) / narrow
    exponent = (along**2 + across**2) ** power
    kernel = 1 / (1 + exponent) if plateau else np.exp(-exponent / 2)
    return kernel / kernel.sum()


def sinc_kernel(cutoff: float) -> np.ndarray:
    """A low pass of a sharp edge, with ringing: frequencies up to `cutoff` radians a pixel."""
    y, x = np.mgrid[-RADIUS : RADIUS + 1, -RADIUS : RADIUS + 1].astype(np.float64)
    distance = np.hypot(x, y)
    distance[RADIUS, RADIUS] = 1.0
    kernel = cutoff * _bessel_j1(cutoff * distance) / (2 * math.pi * distance)
    kernel[RADIUS, RADIUS] = cutoff**2 / (4 * math.pi)
    return kernel / kernel.sum()


def _bessel_j1(x: np.ndarray) -> np.ndarray:
    """The Bessel function of the first kind and order 1, by its integral."""
    turns = (np.arange(200) + 0.5) * math.pi / 200
    return np.cos(turns - x[..., None] * np.sin(turns)).mean(-1)


def random_kernel(generator: np.random.Generator, width: Range) -> np.ndarray:
    """One kernel of seven kinds.

    Args:
        generator: Of everything random here.
        width: Least and largest standard deviation, in pixels.
    """
    if generator.random() < 0.1:
        return sinc_kernel(generator.uniform(math.pi / 3, math.pi))
    wide = generator.uniform(*width)
    round_one = generator.random() < 0.6
    narrow = wide if round_one else generator.uniform(width[0], wide)
    angle = generator.uniform(0, math.pi)
    kind = generator.random()
    if kind < 0.7:
        return gaussian_kernel(wide, narrow, angle)
    if kind < 0.85:
        return gaussian_kernel(wide, narrow, angle, generator.uniform(0.5, 2))
    return gaussian_kernel(wide, narrow, angle, generator.uniform(1, 2), plateau=True)


def blurred(picture: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """The picture convolved with a kernel, its border mirrored."""
    height, width = picture.shape[:2]
    padded = np.pad(picture, ((RADIUS, RADIUS), (RADIUS, RADIUS), (0, 0)), mode="symmetric")
    sides = padded.shape[:2]
    frequencies = np.fft.rfft2(padded.astype(np.float32), axes=(0, 1))
    frequencies *= np.fft.rfft2(kernel.astype(np.float32), sides)[..., None]
    made = np.fft.irfft2(frequencies, sides, axes=(0, 1))
    return to_bytes(made[2 * RADIUS :, 2 * RADIUS :][:height, :width])


def to_bytes(values: np.ndarray) -> np.ndarray:
    """Grey levels, clamped and rounded."""
    return np.clip(values + 0.5, 0, 255).astype(np.uint8)


def resized(picture: np.ndarray, size: tuple[int, int], method: Image.Resampling) -> np.ndarray:
    """The picture in another size, `(height, width)`."""
    return np.asarray(Image.fromarray(picture).resize(size[::-1], method))


def with_gaussian_noise(
    picture: np.ndarray, deviation: float, grey: bool, generator: np.random.Generator
) -> np.ndarray:
    """Adds noise of a standard deviation in grey levels, the same to all colours or not."""
    shape = (*picture.shape[:2], 1 if grey else 3)
    return to_bytes(picture + deviation * generator.standard_normal(shape, np.float32))


def with_poisson_noise(
    picture: np.ndarray, scale: float, grey: bool, generator: np.random.Generator
) -> np.ndarray:
    """Adds the noise of counted photons, `255 / scale` of them at full brightness.

    Grey noise is that of the mean of the colours.
    """
    bright = picture.astype(np.float32)
    if grey:
        bright = bright.mean(-1, keepdims=True)
    return to_bytes(picture + generator.poisson(bright / scale) * scale - bright)


def compressed(picture: np.ndarray, quality: int) -> np.ndarray:
    """The picture after JPEG, with halved colour resolution, as most programs write it."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def noisy(picture: np.ndarray, generator: np.random.Generator, part: float = 1) -> np.ndarray:
    """Noise of either kind; `part` of the range of strengths is used."""
    grey = generator.random() < GREY_CHANCE
    if generator.random() < 0.5:
        deviation = NOISE[0] + part * generator.uniform(0, NOISE[1] - NOISE[0])
        return with_gaussian_noise(picture, deviation, grey, generator)
    scale = POISSON_SCALE[0] + part * generator.uniform(0, POISSON_SCALE[1] - POISSON_SCALE[0])
    return with_poisson_noise(picture, scale, grey, generator)


def jpeg(picture: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """JPEG of a random quality."""
    return compressed(picture, int(generator.integers(QUALITY[0], QUALITY[1] + 1)))


def first_order(
    picture: np.ndarray, generator: np.random.Generator, scale: int = 4
) -> np.ndarray:
    """What a camera or a web site does once: perhaps blur, smaller by `scale`, noise, JPEG."""
    size = picture.shape[0] // scale, picture.shape[1] // scale
    if generator.random() < 0.12:
        picture = blurred(picture, random_kernel(generator, (0.4, 2.5)))
    picture = resized(picture, size, METHODS[generator.choice(3, p=(0.15, 0.15, 0.7))])
    if generator.random() < 0.4:
        picture = noisy(picture, generator, 0.7)
    return jpeg(picture, generator) if generator.random() < 0.9 else picture


def second_order(
    picture: np.ndarray, generator: np.random.Generator, scale: int = 4
) -> np.ndarray:
    """Blur, size, noise and JPEG twice, then ringing; JPEG last or last but one."""
    size = picture.shape[0] // scale, picture.shape[1] // scale
    picture = blurred(picture, random_kernel(generator, (0.3, 2.5)))
    picture = resized(picture, _between(picture.shape, generator, (0.35, 1.3)), _method(generator))
    picture = jpeg(noisy(picture, generator, 0.8), generator)
    if generator.random() < 0.6:
        picture = blurred(picture, random_kernel(generator, (0.3, 1.3)))
    picture = resized(picture, _between(size, generator, (0.7, 1.5)), _method(generator))
    if generator.random() < 0.7:
        picture = noisy(picture, generator, 0.5)
    ringing = None
    if generator.random() < 0.5:
        ringing = sinc_kernel(generator.uniform(math.pi / 2, math.pi))
    jpeg_last = generator.random() < 0.5
    if not jpeg_last:
        picture = jpeg(picture, generator)
    picture = resized(picture, size, _method(generator))
    if ringing is not None:
        picture = blurred(picture, ringing)
    return jpeg(picture, generator) if jpeg_last else picture


def _between(
    shape: tuple[int, ...], generator: np.random.Generator, factors: Range
) -> tuple[int, int]:
    factor = math.exp(generator.uniform(*np.log(factors)))
    return max(1, round(shape[0] * factor)), max(1, round(shape[1] * factor))


def _method(generator: np.random.Generator) -> Image.Resampling:
    return METHODS[generator.integers(len(METHODS))]


Part = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def _quarter(method: Image.Resampling) -> Part:
    return lambda p, _: resized(p, (p.shape[0] // 4, p.shape[1] // 4), method)


PARTS: dict[str, Part] = {
    "Gaussian blur": lambda p, _: blurred(p, gaussian_kernel(2.0, 2.0)),
    "turned blur": lambda p, _: blurred(p, gaussian_kernel(3.5, 0.8, 0.7)),
    "heavy tails": lambda p, _: blurred(p, gaussian_kernel(2.0, 2.0, power=0.5)),
    "plateau": lambda p, _: blurred(p, gaussian_kernel(2.5, 2.5, power=2, plateau=True)),
    "sinc": lambda p, _: blurred(p, sinc_kernel(math.pi / 3)),
    "random kernel": lambda p, g: blurred(p, random_kernel(g, (0.3, 2.5))),
    "area": _quarter(Image.Resampling.BOX),
    "bilinear": _quarter(Image.Resampling.BILINEAR),
    "bicubic": _quarter(Image.Resampling.BICUBIC),
    "colour noise": lambda p, g: with_gaussian_noise(p, 15, False, g),
    "grey noise": lambda p, g: with_gaussian_noise(p, 15, True, g),
    "Poisson colour": lambda p, g: with_poisson_noise(p, 2, False, g),
    "Poisson grey": lambda p, g: with_poisson_noise(p, 2, True, g),
    "JPEG 30": lambda p, _: compressed(p, 30),
    "JPEG 60": lambda p, _: compressed(p, 60),
    "JPEG 95": lambda p, _: compressed(p, 95),
    "first order": first_order,
    "second order": second_order,
}


def sheet(picture: np.ndarray, seed: int) -> Image.Image:
    """Every part's result with the picture before them; smaller ones are shown four times larger.

    Each part starts from the same seed.
    """
    height, width = picture.shape[:2]
    columns, space, title = 6, 4, 14
    shown = [("original", picture)]
    for name, part in PARTS.items():
        shown.append((name, part(picture, np.random.default_rng(seed))))
    for place in range(1, 6):
        made = second_order(picture, np.random.default_rng(seed + place))
        shown.append((f"second order, {seed + place}", made))
    rows = -(-len(shown) // columns)
    size = columns * (width + space) - space, rows * (height + space + title) - space
    made_sheet = Image.new("RGB", size, (255, 255, 255))
    pen = ImageDraw.Draw(made_sheet)
    for place, (name, pixels) in enumerate(shown):
        left = place % columns * (width + space)
        top = place // columns * (height + space + title)
        pen.text((left, top), name, (0, 0, 0))
        tile = Image.fromarray(pixels).resize((width, height), Image.Resampling.NEAREST)
        made_sheet.paste(tile, (left, top + title))
    return made_sheet


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("picture", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--part", choices=[name.replace(" ", "-") for name in PARTS])
    what.add_argument("--sheet", action="store_true", help="draw every part")
    parser.add_argument("--crop", type=parse_crop, metavar="X,Y,W,H", help="part of the picture")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    picture = Image.open(options.picture).convert("RGB")
    if options.crop:
        picture = picture.crop(options.crop)
    pixels = np.asarray(picture)
    if options.sheet:
        sheet(pixels, options.seed).save(options.output, optimize=True)
        return
    part = PARTS[options.part.replace("-", " ")]
    result = part(pixels, np.random.default_rng(options.seed))
    Image.fromarray(result).save(options.output)


if __name__ == "__main__":
    main()
