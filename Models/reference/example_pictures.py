"""Makes the pictures of the models' cards: an example to restore, and its restoration beside it.

    python example_pictures.py ../sr4-tiny --source coffee.png --crop 150,0,300,370
    python example_pictures.py ../derain-tiny --source chelsea.png --rain heavy --seed 5

The folder holds `FOLDER/FOLDER.pth`; `example.png` and `before-after.png` are written there. For a
super-resolution network the example is a quarter of the source, by antialiased bicubic
interpolation; for a deraining network it is the source with synthetic rain. The restoration is that
of this folder's PyTorch program, or `--restored` of another one.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from compare_pictures import panels, parse_crop, side_by_side
from rain import KINDS, draw_rain
from reference_outputs import read_image, write_picture
from training_data import bicubic_quarter
from vmambair import load, restore


def degrade(source: np.ndarray, scale: int, kind: str, seed: int) -> np.ndarray:
    """The example made of a source, both `[H, W, 3]` of 8 bits."""
    if scale == 4:
        return bicubic_quarter(source)
    return draw_rain(source, KINDS[kind], np.random.default_rng(seed))


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="folder of the model")
    parser.add_argument("--source", type=Path, required=True, help="picture of a free licence")
    parser.add_argument("--restored", type=Path, help="restoration of example.png by vmir-run")
    parser.add_argument("--rain", choices=sorted(KINDS), default="heavy")
    parser.add_argument("--seed", type=int, default=1, help="of the rain")
    parser.add_argument("--crop", type=parse_crop, metavar="X,Y,W,H", help="part to show")
    options = parser.parse_args()
    name = options.folder.resolve().name
    model = load(options.folder / f"{name}.pth")
    scale = model.variant.scale
    source = np.asarray(Image.open(options.source).convert("RGB"))
    source = source[: source.shape[0] // 4 * 4, : source.shape[1] // 4 * 4]
    example = options.folder / "example.png"
    degraded = Image.fromarray(degrade(source, scale, options.rain, options.seed))
    degraded.save(example, optimize=True)
    output = options.folder / "before-after.png"
    if options.restored is None:
        write_picture(output, restore(model, read_image(example)))
    restored = Image.open(options.restored or output).convert("RGB")
    shown = panels(degraded, restored, f"{name} x{scale}" if scale > 1 else name)
    shown.append(("original", Image.fromarray(source)))
    if options.crop:
        shown = [(label, picture.crop(options.crop)) for label, picture in shown]
    side_by_side(shown).save(output, optimize=True)


if __name__ == "__main__":
    main()
