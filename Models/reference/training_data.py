"""Training pictures: photographs of Debian packages, made smaller, and crops of them.

`pictures(cache)` fetches the packages with `apt-get download` (nothing is installed), unpacks them
into the cache and keeps every photograph at several sizes as `.npy` files of 8-bit RGB.
"""

from __future__ import annotations

import functools
import subprocess
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

# Package -> licences of its pictures.
PACKAGES = {
    "lomiri-wallpapers-16.04": "CC-BY-4.0, CC-BY-SA-3.0, CC-BY-SA-4.0, CC0",
    "lomiri-wallpapers-20.04": "CC-BY-4.0, CC-BY-SA-4.0",
    "mate-backgrounds": "GPL-2+",
    "plasma-workspace-wallpapers": "LGPL-3",
}
# Pictures that teach nothing about photographs: logos, gradients, drawings of few colours.
LEFT_OUT = (
    "/mate/desktop/",
    "/mate/abstract/Arc-Colors",
    "/mate/abstract/Flow",
    "/mate/abstract/Silk",
    "/mate/abstract/Spring",
    "/mate/abstract/Waves",
    "/mate/abstract/Elephants.jpg",
    "/mate/abstract/Elephants_3840",
    "screenshot",
    "_dark/",
    "/1080x1920",
    "/720x1440",
    "/1622x2880",
    "RainDrops",
)
# Sides of a picture are divided by these; wider ones than WIDE pixels by the others.
FACTORS, WIDE_FACTORS, WIDE = (2, 3, 4), (3, 4, 6), 3500
SHORTEST_SIDE = 320
SUFFIXES = {".jpg", ".jpeg", ".png"}
# A crop is the best of so many, by how much there is to see in it.
CANDIDATES = 4


def fetch(cache: Path, packages: Iterable[str]) -> Path:
    """Downloads and unpacks packages where they are missing; returns the folder that has theirs.

    Raises:
        RuntimeError: apt or dpkg failed.
    """
    cache = cache.resolve()
    unpacked = cache / "unpacked"
    unpacked.mkdir(parents=True, exist_ok=True)
    for package in packages:
        target = unpacked / package
        if target.exists():
            continue
        folder = cache / "packages"
        folder.mkdir(parents=True, exist_ok=True)
        _run(["apt-get", "download", package], folder)
        archive = next(folder.glob(f"{package}_*.deb"), None)
        if archive is None:
            raise RuntimeError(f"apt-get left no {package} in {folder}")
        partial = unpacked / f"{package}.partial"
        _run(["dpkg-deb", "-x", str(archive), str(partial)], folder)
        partial.rename(target)
    return unpacked


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {done.stderr.strip()}")


def pictures(cache: Path, own: Path | None = None) -> list[np.ndarray]:
    """All training pictures, `[H, W, 3]` of 8 bits.

    Args:
        cache: Folder in which the packages' photographs are kept, made there at first.
        own: A folder of other pictures to take instead, as large as they are.

    Raises:
        ValueError: There are no pictures in `own`.
    """
    if own is not None:
        found = [np.asarray(Image.open(path).convert("RGB")) for path in picture_paths(own)]
        if not found:
            raise ValueError(f"there are no pictures in {own}")
        return found
    folder = cache / "pictures"
    if not folder.exists():
        _shrink([fetch(cache, PACKAGES) / package for package in PACKAGES], folder)
    return [np.load(path, mmap_mode="r") for path in sorted(folder.glob("*.npy"))]


def picture_paths(folder: Path) -> list[Path]:
    """JPEG and PNG files in a folder and those below it, without links."""
    paths = sorted(folder.rglob("*"))
    return [p for p in paths if p.suffix.lower() in SUFFIXES and p.is_file() and not p.is_symlink()]


def _shrink(sources: list[Path], folder: Path) -> None:
    partial = folder.with_name(folder.name + ".partial")
    partial.mkdir(parents=True, exist_ok=True)
    paths = sorted(path for source in sources for path in picture_paths(source))
    for place, path in enumerate(paths):
        if any(part in str(path) for part in LEFT_OUT):
            continue
        picture = Image.open(path).convert("RGB")
        for factor in WIDE_FACTORS if picture.width > WIDE else FACTORS:
            size = picture.width // factor, picture.height // factor
            if min(size) >= SHORTEST_SIDE:
                small = picture.resize(size, Image.Resampling.LANCZOS)
                np.save(partial / f"{place:03d}-{factor}.npy", np.asarray(small))
    partial.rename(folder)


def bicubic_quarter(picture: np.ndarray) -> np.ndarray:
    """A quarter of the size as MATLAB's imresize makes it of 8 bits, `[H, W, 3]` to the same.

    Rows first, rounded in between; H and W are multiples of 4.
    """
    rows, columns = (_quarter_weights(side) for side in picture.shape[:2])
    small = np.tensordot(rows, picture.astype(np.float64), 1)  # [H / 4, W, 3]
    small = np.tensordot(columns, _rounded(small), (1, 1))  # [W / 4, H / 4, 3]
    return _rounded(small).transpose(1, 0, 2).astype(np.uint8)


def _rounded(values: np.ndarray) -> np.ndarray:
    return np.floor(np.clip(values, 0, 255) + 0.5)


@functools.cache
def _quarter_weights(side: int) -> np.ndarray:
    """Weights `[side / 4, side]`: Keys' cubic, a = -1/2, stretched by 4; the border repeats."""
    made = side // 4
    weights = np.zeros((made, side))
    taps = np.arange(-6, 10)
    for place in range(made):
        centre = (place + 0.5) * 4 - 0.5
        at = place * 4 + taps
        x = np.abs(centre - at) / 4
        near = (1.5 * x - 2.5) * x * x + 1
        far = ((-0.5 * x + 2.5) * x - 4) * x + 2
        value = np.where(x <= 1, near, np.where(x < 2, far, 0))
        np.add.at(weights[place], at.clip(0, side - 1), value / value.sum())
    return weights


def detail(picture: np.ndarray) -> float:
    """Mean absolute difference of neighbouring pixels of green, in a quarter of the rows."""
    green = picture[::4, :, 1].astype(np.int16)
    return float(np.abs(np.diff(green, axis=1)).mean())


class Crops:
    """Random crops with flips and quarter turns, rather where there is something to see.

    Attributes:
        side: Pixels; to be set before the first is drawn.
    """

    def __init__(self, images: list[np.ndarray], generator: np.random.Generator) -> None:
        areas = np.array([image.shape[0] * image.shape[1] for image in images], np.float64)
        # Between one chance a picture and one chance a pixel.
        self.chances = np.sqrt(areas) / np.sqrt(areas).sum()
        self.images, self.generator = images, generator
        self.side = 0

    def draw(self) -> np.ndarray:
        """One crop `[side, side, 3]` of 8 bits."""
        drawn = [self._anywhere() for _ in range(CANDIDATES)]
        weights = np.array([detail(crop) + 0.5 for crop in drawn])
        crop = drawn[self.generator.choice(CANDIDATES, p=weights / weights.sum())]
        crop = np.rot90(crop, self.generator.integers(4))
        return crop[:, ::-1] if self.generator.integers(2) else crop

    def _anywhere(self) -> np.ndarray:
        image = self.images[self.generator.choice(len(self.images), p=self.chances)]
        top = self.generator.integers(image.shape[0] - self.side + 1)
        left = self.generator.integers(image.shape[1] - self.side + 1)
        return np.asarray(image[top : top + self.side, left : left + self.side])
