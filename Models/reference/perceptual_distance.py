"""ST-LPIPS of pictures to their originals: how different they look, 0 for equal ones.

    pip install --no-deps stlpips-pytorch
    python perceptual_distance.py FOLDER [CHECKPOINT...]

FOLDER holds `NAME_LR.png` and `NAME_HR.png`; listed are the means of bicubic interpolation and of
each checkpoint of an x4 network. The package holds the weights (AlexNet, shift-tolerant, BSD-2;
arXiv 2207.13686) and nothing is downloaded.
"""

from __future__ import annotations

import argparse
import sys
import types
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from evaluation import bicubic, pairs, restored, to_bytes
from reference_outputs import read_image
from vmambair import load


def metric() -> nn.Module:
    """The network that compares, for images `[1, 3, H, W]` in [-1, 1]."""
    # The package imports these for printing alone.
    for name, member in (("torchsummary", "summary"), ("IPython", "embed")):
        if name not in sys.modules:
            sys.modules[name] = types.ModuleType(name)
            setattr(sys.modules[name], member, None)
    from stlpips_pytorch import stlpips

    return stlpips.LPIPS(net="alex", variant="shift_tolerant", verbose=False)


@torch.no_grad()
def distance(measure: nn.Module, found: Tensor, expected: Tensor) -> float:
    """Of two images `[1, 3, H, W]` in [0, 1], each taken as 8 bits."""
    found, expected = (to_bytes(image).float() / 255 for image in (found, expected))
    return float(measure(found, expected, normalize=True))


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("checkpoints", type=Path, nargs="*")
    options = parser.parse_args()
    measure = metric()
    models = {path.stem: load(path) for path in options.checkpoints}
    found: dict[str, list[float]] = {}
    for source, target in pairs(options.folder):
        image, expected = read_image(source), read_image(target)
        results = {"bicubic": bicubic(image)}
        results |= {name: restored(model, image) for name, model in models.items()}
        for name, result in results.items():
            found.setdefault(name, []).append(distance(measure, result, expected))
    for name, values in found.items():
        print(f"{name:24} {np.mean(values):.4f}")


if __name__ == "__main__":
    main()
