"""Makes the pictures that real4-tiny is measured on: free photographs that no model was trained on.

    python evaluation_set.py FOLDER                        from Debian packages
    python evaluation_set.py FOLDER --pictures PICTURES    from pictures of your own

FOLDER gets a folder for each degradation, with `NAME_LR.png` and `NAME_HR.png`, as `evaluation.py`
and `vmir-validate --ground-truth` read them. The same pictures make the same files.
"""

from __future__ import annotations

import argparse
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

from degradation import blurred, compressed, gaussian_kernel, with_gaussian_noise
from training_data import bicubic_quarter, fetch, picture_paths

# Package -> its photographs, where they are, and their licences. A number divides the sides.
PACKAGES = {
    "python3-skimage": {
        "astronaut.png": 1,  # NASA, public domain
        "chelsea.png": 1,  # Stefan van der Walt, CC0
        "coffee.png": 1,  # Rachel Michetti, CC0
        "rocket.jpg": 1,  # SpaceX, public domain
        "retina.jpg": 3,  # Mikael Häggström, CC0
    },
    "python3-sklearn": {
        "china.jpg": 1,  # danielbuechele, CC-BY-2.0
        "flower.jpg": 1,  # vultilion, CC-BY-2.0
    },
    # Lt. j.g. James S. Davis, US Navy, public domain
    "python-matplotlib-data": {"grace_hopper.jpg": 2},
}
QUALITY, DEVIATION, BLUR = 60, 10, 2.0
KINDS = ("clean", "jpeg", "noise", "blur")


def degraded(picture: np.ndarray, kind: str, generator: np.random.Generator) -> np.ndarray:
    """A quarter of a picture `[H, W, 3]` of 8 bits, H and W multiples of 4.

    `jpeg` is of quality 60, `noise` is Gaussian with a deviation of 10 and then the same JPEG,
    `blur` is Gaussian with a deviation of 2 pixels before the picture is made smaller.
    """
    if kind == "blur":
        picture = blurred(picture, gaussian_kernel(BLUR, BLUR))
    small = bicubic_quarter(picture)
    if kind == "noise":
        small = with_gaussian_noise(small, DEVIATION, False, generator)
    return compressed(small, QUALITY) if kind in ("jpeg", "noise") else small


def sources(cache: Path) -> dict[str, np.ndarray]:
    """The photographs of the packages, by name."""
    found = {}
    unpacked = fetch(cache, PACKAGES)
    for package, names in PACKAGES.items():
        for path in picture_paths(unpacked / package):
            if path.name in names and path.stem not in found:
                picture = Image.open(path).convert("RGB")
                found[path.stem] = np.asarray(picture.reduce(names[path.name]))
    return found


def write(folder: Path, pictures: dict[str, np.ndarray]) -> None:
    """Writes the pairs of all kinds; sides are cut to multiples of 4."""
    for kind in KINDS:
        (folder / kind).mkdir(parents=True, exist_ok=True)
        for name, picture in pictures.items():
            picture = picture[: picture.shape[0] // 4 * 4, : picture.shape[1] // 4 * 4]
            generator = np.random.default_rng(zlib.crc32(name.encode()))
            small = degraded(picture, kind, generator)
            Image.fromarray(small).save(folder / kind / f"{name}_LR.png")
            Image.fromarray(picture).save(folder / kind / f"{name}_HR.png")


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pictures", type=Path, help="folder of pictures, instead of packages")
    cache = Path.home() / ".cache" / "vmir-training"
    parser.add_argument("--cache", type=Path, default=cache, help="folder of the packages")
    options = parser.parse_args()
    if options.pictures is None:
        pictures = sources(options.cache)
    else:
        paths = picture_paths(options.pictures)
        pictures = {path.stem: np.asarray(Image.open(path).convert("RGB")) for path in paths}
    write(options.folder, pictures)


if __name__ == "__main__":
    main()
