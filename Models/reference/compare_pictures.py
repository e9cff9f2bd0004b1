"""Draws a picture beside its restoration, labelled, for README files.

`compare_pictures.py INPUT RESTORED -o OUT.png` puts INPUT beside RESTORED. If that is larger, INPUT
is enlarged to its size twice: by pixel repetition and by bicubic interpolation. `--truth` adds the
picture that the input was made of, `--beside LABEL=PICTURE` another restoration. `--crop` cuts the
same part out of each.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

GAP = 6
LABEL_HEIGHT = 28


def parse_crop(text: str) -> tuple[int, int, int, int]:
    """Reads `X,Y,WIDTH,HEIGHT` in pixels of the restored picture as a box of Pillow."""
    left, top, width, height = (int(part) for part in text.split(","))
    return left, top, left + width, top + height


def side_by_side(panels: list[tuple[str, Image.Image]]) -> Image.Image:
    """Puts pictures of one size in a row, each below its label, on white."""
    width, height = panels[0][1].size
    sheet = Image.new(
        "RGB", (len(panels) * (width + GAP) - GAP, height + LABEL_HEIGHT), (255, 255, 255)
    )
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=16)
    for place, (label, picture) in enumerate(panels):
        left = place * (width + GAP)
        sheet.paste(picture, (left, LABEL_HEIGHT))
        draw.text((left + width // 2, LABEL_HEIGHT // 2), label, (0, 0, 0), font, anchor="mm")
    return sheet


Panels = list[tuple[str, Image.Image]]


def panels(degraded: Image.Image, restored: Image.Image, label: str) -> Panels:
    """The labelled pictures, all of the size of the restored one.

    Raises:
        ValueError: The restored picture is no whole multiple of the other's size.
    """
    scale = max(1, restored.width // degraded.width)
    if restored.size != (degraded.width * scale, degraded.height * scale):
        raise ValueError(f"{restored.size} is no multiple of the size {degraded.size}")
    if scale == 1:
        return [("input", degraded), (label, restored)]
    return [
        (f"input, pixels x{scale}", degraded.resize(restored.size, Image.Resampling.NEAREST)),
        (f"bicubic x{scale}", degraded.resize(restored.size, Image.Resampling.BICUBIC)),
        (label, restored),
    ]


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("input", type=Path, help="input of the network")
    parser.add_argument("restored", type=Path, help="output of vmir-run")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--truth", type=Path, help="what the input was made of")
    parser.add_argument("--beside", action="append", default=[], metavar="LABEL=PICTURE")
    parser.add_argument("--crop", type=parse_crop, metavar="X,Y,W,H", help="part to show")
    parser.add_argument("--label", default="vmir", help="what to write above the restored picture")
    options = parser.parse_args()
    restored = Image.open(options.restored).convert("RGB")
    try:
        shown = panels(Image.open(options.input).convert("RGB"), restored, options.label)
    except ValueError as error:
        raise SystemExit(f"error: {error}") from None
    others = [text.partition("=")[::2] for text in options.beside]
    if options.truth:
        others.append(("original", options.truth))
    for label, path in others:
        other = Image.open(path).convert("RGB")
        if other.size != restored.size:
            raise SystemExit(f"error: {path} has not the size of {options.restored}")
        place = len(shown) if label == "original" else -1
        shown.insert(place, (label, other))
    if options.crop:
        shown = [(label, picture.crop(options.crop)) for label, picture in shown]
    side_by_side(shown).save(options.output, optimize=True)


if __name__ == "__main__":
    main()
