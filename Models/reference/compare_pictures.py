"""Draws a low-resolution picture beside its restoration, labelled, for README files.

`compare_pictures.py LOW RESTORED -o OUT.png` puts LOW, enlarged to the size of RESTORED by pixel
repetition and by bicubic interpolation, beside RESTORED. `--crop` cuts the same part out of each.
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


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("low", type=Path, help="input of the network")
    parser.add_argument("restored", type=Path, help="output of vmir-run")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--crop", type=parse_crop, metavar="X,Y,W,H", help="part to show")
    parser.add_argument("--label", default="vmir", help="what to write above the restored picture")
    options = parser.parse_args()
    low = Image.open(options.low).convert("RGB")
    restored = Image.open(options.restored).convert("RGB")
    scale = restored.width // low.width
    if restored.size != (low.width * scale, low.height * scale):
        raise SystemExit(f"error: {options.restored} is no enlargement of {options.low}")
    panels = [
        (f"input, pixels x{scale}", low.resize(restored.size, Image.Resampling.NEAREST)),
        (f"bicubic x{scale}", low.resize(restored.size, Image.Resampling.BICUBIC)),
        (options.label, restored),
    ]
    if options.crop:
        panels = [(label, picture.crop(options.crop)) for label, picture in panels]
    side_by_side(panels).save(options.output, optimize=True)


if __name__ == "__main__":
    main()
