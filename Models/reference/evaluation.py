"""Quality of a network on folders of pictures, measured as the paper does.

PSNR of the Y channel (BT.601, studio swing, as MATLAB's rgb2ycbcr) of 8-bit results;
super-resolution leaves out a border of 4 pixels, deraining none.

    python evaluation.py CHECKPOINT FOLDER...

A folder holds `NAME_LR.png` and `NAME_HR.png`, or folders of inputs and targets with equal names:
`input` and `target`, or `inputcrop` and `cleancrop`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from reference_outputs import read_image
from vmambair import VmambaIR, load, restore

SUBFOLDERS = (("input", "target"), ("inputcrop", "cleancrop"))


def to_bytes(image: Tensor) -> Tensor:
    """`[1, 3, H, W]` in [0, 1], clamped and rounded half to even to whole numbers in float64."""
    return (image.float().clamp(0, 1) * 255).round().double()


def luma(image: Tensor) -> Tensor:
    """Y in [16, 235] of `[1, 3, H, W]` in [0, 255], not rounded."""
    weights = torch.tensor([65.481, 128.553, 24.966], dtype=torch.float64).view(1, 3, 1, 1)
    return (image * weights).sum(1) / 255 + 16


def psnr_y(found: Tensor, expected: Tensor, border: int) -> float:
    """PSNR in dB of the Y channel of `[1, 3, H, W]` in [0, 1], `border` pixels left out."""
    difference = luma(to_bytes(found)) - luma(to_bytes(expected))
    if border:
        difference = difference[:, border:-border, border:-border]
    return float(10 * torch.log10(255**2 / difference.square().mean()))


def pairs(folder: Path) -> list[tuple[Path, Path]]:
    """Inputs with their targets.

    Raises:
        ValueError: There are none.
    """
    found = [(p, p.with_name(p.name.replace("_LR", "_HR"))) for p in folder.glob("*_LR.png")]
    for inputs, targets in SUBFOLDERS:
        found += [(path, folder / targets / path.name) for path in folder.glob(f"{inputs}/*.png")]
    if not found:
        raise ValueError(f"{folder} holds no pairs of pictures")
    return sorted(found)


def restored(model: VmambaIR, image: Tensor) -> Tensor:
    """What a network makes of an image, on whichever device the network is."""
    device = next(model.parameters()).device
    return restore(model, image.to(device)).cpu()


def mean_psnr(model: VmambaIR, folder: Path) -> float:
    """Mean over a folder's pictures of a network's PSNR in dB."""
    border = 4 if model.variant.scale == 4 else 0
    values = [
        psnr_y(restored(model, read_image(source)), read_image(target), border)
        for source, target in pairs(folder)
    ]
    return float(np.mean(values))


def mean_input_psnr(folder: Path) -> float:
    """The same of the inputs themselves, where they are as large as the targets."""
    return float(np.mean([psnr_y(read_image(s), read_image(t), 0) for s, t in pairs(folder)]))


def mean_clean_psnr(model: VmambaIR, folder: Path) -> float:
    """The same of the targets passed through the network: what it does to clean pictures."""
    targets = [read_image(target) for _, target in pairs(folder)]
    return float(np.mean([psnr_y(restored(model, image), image, 0) for image in targets]))


def bicubic(image: Tensor) -> Tensor:
    """`[1, 3, H, W]` in [0, 1] four times larger, by bicubic interpolation with a = -1/2 of 8 bits."""
    pixels = to_bytes(image)[0].permute(1, 2, 0).to(torch.uint8).numpy()
    height, width = pixels.shape[:2]
    large = Image.fromarray(pixels).resize((4 * width, 4 * height), Image.Resampling.BICUBIC)
    return torch.from_numpy(np.array(large)).permute(2, 0, 1)[None].float() / 255


def mean_bicubic_psnr(folder: Path) -> float:
    """What bicubic interpolation makes of a folder's inputs."""
    values = [psnr_y(bicubic(read_image(s)), read_image(t), 4) for s, t in pairs(folder)]
    return float(np.mean(values))


def report(model: VmambaIR, folder: Path) -> dict[str, float]:
    """All figures of one folder in dB, by name."""
    figures = {folder.name: mean_psnr(model, folder)}
    if model.variant.scale == 4:
        figures[f"{folder.name} bicubic"] = mean_bicubic_psnr(folder)
    else:
        figures[f"{folder.name} input"] = mean_input_psnr(folder)
        figures[f"{folder.name} clean"] = mean_clean_psnr(model, folder)
    return figures


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("folders", type=Path, nargs="+")
    options = parser.parse_args()
    model = load(options.checkpoint)
    for folder in options.folders:
        for name, value in report(model, folder).items():
            print(f"{name:24} {value:6.2f} dB")


if __name__ == "__main__":
    main()
