"""Makes the checkpoints of this folder, their inputs and outputs, and index.json.

`make.py` needs Models/reference and fixture_folder.py of the repository; it writes where it lies.
Weights are drawn at random from SEED; outputs are computed in float64 from the stored weights.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[2] / "Models" / "reference"), str(HERE.parent)]

import swin  # noqa: E402
from fixture_folder import FixtureFolder  # noqa: E402

SEED = 20261127
FOLDER = FixtureFolder(HERE, SEED)
Tensors = dict[str, Tensor]


def drawn(seed: int, *layout: object, **options: object) -> Tensors:
    """Weights that let no tensor go unnoticed."""
    draw = torch.Generator().manual_seed(SEED + seed)
    made: Tensors = {}
    for name, shape in swin.shapes(*layout, **options).items():
        value = 2 * torch.rand(shape, generator=draw) - 1
        if name.endswith("_table"):
            pass
        elif len(shape) == 1:
            value = 1 + 0.3 * value if name.endswith(".weight") else 0.2 * value
        else:
            value = 1.7 * value / float(np.prod(shape[1:])) ** 0.5
        made[name] = value
    return made


def with_buffers(state: Tensors, size: int, masks: bool = True) -> Tensors:
    """What the authors' files hold beside the parameters, for a training size."""
    window = swin.side(state)
    made = dict(state)
    for name in state:
        if not name.endswith(".attn.relative_position_bias_table"):
            continue
        block = name.removesuffix(".attn.relative_position_bias_table")
        made[block + ".attn.relative_position_index"] = swin.positions(window, window)
        if masks and int(block.split(".")[-1]) % 2:
            made[block + ".attn_mask"] = swin.zones(size, size, window, window // 2)[:, 0]
    return made


def padded(x: Tensor, window: int, flips: bool) -> Tensor:
    """To whole windows: mirrored, a whole one more; or reflected, only where needed."""
    height, width = x.shape[2:]
    if not flips:
        return torch.nn.functional.pad(x, (0, -width % window, 0, -height % window), mode="reflect")
    x = torch.cat([x, x.flip(2)], 2)[:, :, : (height // window + 1) * window]
    return torch.cat([x, x.flip(3)], 3)[:, :, :, : (width // window + 1) * window]


def add(
    name: str, form: str, state: Tensors, run: Callable[..., Tensor] = swin.swinir, wrap: str = "",
    size: tuple[int, int] = (9, 11), channels: int = 3, flips: bool = True, stored: Tensors | None = None,
    convert: tuple[str, ...] = (), save: bool = True, suffix: str = "", **options: object,
) -> None:
    """Writes a checkpoint and what it makes of a picture."""
    if save:
        content = stored or state
        torch.save({wrap: content} if wrap else content, HERE / f"{name}.pth")
    height, width = size
    source = FOLDER.picture(height, width, channels)
    x = padded(torch.from_numpy(np.load(HERE / source)), swin.side(state), flips)
    with torch.no_grad():
        exact = run({k: v.double() for k, v in state.items()}, x.double(), **options)
        single = run(state, x, **options)
    scale = exact.shape[2] // x.shape[2]
    exact = exact[:, :, : height * scale, : width * scale]
    single = single[:, :, : height * scale, : width * scale]
    output = f"{name}{suffix}.{height}x{width}.out.npy"
    FOLDER.add(name, form, source, output, exact, single, convert)


def fault(name: str, state: Tensors) -> None:
    """Writes a network's intermediates with a mistake, and how far float32 is from float64."""
    window = swin.side(state)
    x = padded(torch.from_numpy(np.load(HERE / FOLDER.picture(9, 11, 3))), window, True)

    def run(weights: Tensors, image: Tensor) -> tuple[Tensor, Tensors]:
        notes: Tensors = {}
        with torch.no_grad():
            output = swin.swinir(weights, image, note=notes.__setitem__, fault=name)
        return output, notes

    output, notes = run(state, x)
    _, exact = run({k: v.double() for k, v in state.items()}, x.double())
    notes = {key: value for key, value in notes.items() if key.startswith("layers.0.")}
    arrays = {f"nodes/{key}": value.numpy() for key, value in notes.items()}
    arrays |= {
        f"noise/{key}": np.array(float((value - exact[key]).abs().max()), np.float32)
        for key, value in notes.items()
    }
    scale = output.shape[2] // x.shape[2]
    arrays["output"] = output[:, :, : 9 * scale, : 11 * scale].numpy()
    arrays["input"] = np.load(HERE / FOLDER.picture(9, 11, 3))
    np.savez_compressed(HERE / f"nodes.{name or 'right'}.npz", **arrays)


def main() -> None:
    """Writes everything."""
    for old in [*HERE.glob("*.pth"), *HERE.glob("*.npy"), *HERE.glob("*.npz")]:
        old.unlink()
    small = {"inner": 6}
    state = drawn(1, 3, 12, (2, 1), 2, 4, "pixelshuffle", 2, **small)
    add("classical-x2", "params, buffers", state, wrap="params", stored=with_buffers(state, 8))
    add(
        "classical-x2", "reflected as in BasicSR", state, save=False, suffix=".reflect", flips=False,
        convert=("--set", "padding=reflect"),
    )
    for name in ("", "shift", "mask", "gelu"):
        fault(name, state)
    state = drawn(2, 3, 12, (1,), 3, 8, "pixelshuffle", 3, **small)
    add("classical-x3", "sides of one window and more", state, size=(8, 13))
    add("classical-x8", "bare", drawn(3, 3, 6, (2,), 1, 4, "pixelshuffle", 8, inner=4), size=(5, 3))
    state = drawn(4, 3, 10, (1, 2), 2, 4, "pixelshuffledirect", 4, qkv_bias=False)
    add("lightweight-x4", "buffers left out, no bias of qkv", state)
    state = drawn(5, 3, 10, (2,), 5, 4, "pixelshuffledirect", 2)
    add(
        "lightweight-x2", "trained on single windows: no shifts", state, shifts=False,
        stored=with_buffers(state, 4, masks=False),
    )
    add("real-x4", "params_ema", drawn(6, 3, 12, (2,), 2, 4, "nearest+conv", 4, three=3, **small), wrap="params_ema")
    add("real-x2", "bare", drawn(7, 3, 12, (2,), 2, 4, "nearest+conv", 2, **small))
    add(
        "denoising-gray", "another range", drawn(8, 1, 12, (2,), 2, 4), channels=1, img_range=2.0,
        convert=("--set", "range=2"),
    )
    add("jpeg-color", "windows of 7, range 255", drawn(9, 3, 12, (2,), 2, 7), img_range=255.0, size=(7, 15))
    hats = {"compressed": 5, "squeezed": 2, "inner": 6}
    state = drawn(11, 3, 12, (2, 1), 2, 4, "pixelshuffle", 2, reach=6, **hats)
    indices = {
        "relative_position_index_SA": swin.positions(4, 4),
        "relative_position_index_OCA": swin.positions(4, 6),
    }
    add("hat-x2", "params_ema, buffers", state, swin.hat, "params_ema", flips=False, stored=indices | state)
    add(
        "hat-x2", "another factor", state, swin.hat, flips=False, save=False, suffix=".scale", conv_scale=0.5,
        convert=("--set", "conv_scale=0.5"),
    )
    add("hat-x3", "bare", drawn(12, 3, 12, (1,), 3, 4, "pixelshuffle", 3, reach=8, **hats), swin.hat, flips=False)

    state = drawn(21, 3, 6, (1,), 2, 4, "pixelshuffle", 2, **small)
    FOLDER.refuse("absolute-positions", "one size only", state | {"absolute_pos_embed": torch.zeros(1, 64, 6)})
    table = "layers.0.residual_group.blocks.0.attn.relative_position_bias_table"
    FOLDER.refuse("even-table", "positions of no window", state | {table: torch.zeros(36, 2)})
    FOLDER.refuse("heads", "heads that don't divide the features", state | {table: torch.zeros(49, 4)})
    FOLDER.refuse("extra", "a tensor too many", state | {"layers.0.conv.scale": torch.zeros(6)})
    FOLDER.write_index()


if __name__ == "__main__":
    main()
