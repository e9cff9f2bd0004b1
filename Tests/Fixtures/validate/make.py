"""Makes a small network and what PyTorch computes with mistakes planted in it.

`make.py` needs nothing but Models/reference and Tests/Fixtures/networks beside it in the
repository; it writes where it lies. The picture is dark in one half, where the LayerNorm's eps
counts, and its sides are no multiples of 8, so that padding counts. One block has a channel whose
delta is too large for `exp`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[2] / "Models" / "reference"), str(HERE.parent / "networks")]

import selective_scan  # noqa: E402
from faults import FAULTS  # noqa: E402
from make import draw_weights, small  # noqa: E402
from reference_outputs import write  # noqa: E402
from vmambair import VmambaIR, load  # noqa: E402

SEED = 20240318
FIRST = ["input", "patch_embed.proj", "encoder_level1.0.*"]
SECOND = ["input", "down1_2.*", "encoder_level2.0.*"]
LATENT = ["input", "down3_4.*", "latent.0.*"]
# Where each mistake is made, and the intermediates that are stored.
PLANTED = {
    "layer-norm-eps": ("encoder_level1.0.norm1", FIRST),
    "tanh-gelu": ("encoder_level2", SECOND),
    "swapped-b-c": ("", FIRST),
    "other-merge": ("encoder_level1", FIRST),
    "reversed-a": ("encoder_level2", SECOND),
    "softplus": ("", LATENT),
    "edge-pad": ("", FIRST),
    "bgr": ("", FIRST),
}


def picture() -> torch.Tensor:
    """`[1, 3, 7, 6]`, 8-bit values over 255: nearly black on the left."""
    draw = torch.Generator().manual_seed(SEED)
    pixels = torch.rand(1, 3, 7, 6, generator=draw)
    pixels[..., :3] *= 0.02
    return (pixels * 255).round() / 255


def main() -> None:
    """Makes everything anew."""
    torch.set_grad_enabled(False)
    model = VmambaIR(small("Mamber33")).eval()
    state = draw_weights(model, torch.Generator().manual_seed(SEED + 1))
    state["latent.0.attn.dt_projs_bias"][2, 5] = 100
    state = {name: value.half() for name, value in state.items()}
    checkpoint = HERE / "network.pth"
    torch.save({"params": state}, checkpoint, _use_new_zipfile_serialization=False)
    np.save(HERE / "picture.npy", picture().numpy())
    selective_scan.use_native = False
    softplus = selective_scan.softplus
    write(load(checkpoint), picture(), HERE / "right.npz", True, [*FIRST, *LATENT])
    for fault, (at, nodes) in PLANTED.items():
        faulty = load(checkpoint)
        FAULTS[fault](faulty, at)
        write(faulty, picture(), HERE / f"{fault}.npz", True, nodes)
        selective_scan.softplus = softplus


if __name__ == "__main__":
    main()
