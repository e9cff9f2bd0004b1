"""Makes the checkpoints of this folder, their inputs and outputs, the archives of intermediate results,
and index.json.

`make.py` needs Models/reference and fixture_folder.py of the repository; it writes where it lies.
Weights are drawn at random from SEED and stored in half precision; outputs are computed in float64 from
the stored weights. What DiffIR's diffusion starts with is that of `torch.manual_seed(0)`.
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

import restormer as networks  # noqa: E402
from fixture_folder import FixtureFolder  # noqa: E402

SEED = 20261127
FOLDER = FixtureFolder(HERE, SEED)
SMALL = {"dim": 4, "blocks": (1, 1, 1, 1), "refinement": 1, "factor": 2.0, "heads": (1, 2, 4, 8)}
Run = Callable[[networks.Tensors, Tensor], Tensor]


def picture(height: int, width: int, channels: int) -> str:
    """An input, made once; the last of four channels is a mask."""
    name = f"input.{height}x{width}.{channels}ch.npy"
    draw = np.random.default_rng(SEED + height * width * channels)
    values = draw.random((1, channels, height, width), dtype=np.float32)
    if channels == 4:
        values[:, 3] = values[:, 3] > 0.6
    np.save(HERE / name, values)
    return name


def padded(x: Tensor, multiple: int, mode: str) -> Tensor:
    """Continued to the right and the bottom."""
    values = x.numpy()
    ends = [(0, 0), (0, 0), *((0, -side % multiple) for side in values.shape[2:])]
    return torch.from_numpy(np.pad(values, ends, mode=mode))


def add(
    name: str, form: str, state: networks.Tensors, run: Run, multiple: int = 8, channels: int = 3,
    size: tuple[int, int] = (9, 14), mode: str = "reflect", wrap: Callable[[dict], object] = lambda s: s,
    names: Callable[[str], str] = lambda name: name, black: bool = False,
) -> networks.Tensors:
    """Writes a checkpoint and what it makes of a picture."""
    stored = {key: value.half() for key, value in state.items()}
    content = wrap({names(key): value for key, value in stored.items()})
    torch.save(content, HERE / f"{name}.pth", _use_new_zipfile_serialization=False)
    source = picture(*size, channels)
    height, width = size
    x = padded(torch.from_numpy(np.load(HERE / source)), multiple, mode)
    exact = run({k: v.double() for k, v in stored.items()}, x.double())
    single = run({k: v.float() for k, v in stored.items()}, x)
    scale = exact.shape[2] // x.shape[2]
    exact, single = (y[:, :, : height * scale, : width * scale] for y in (exact, single))
    FOLDER.add(name, form, source, f"{name}.out.npy", exact, single)
    return stored


def intermediates(name: str, weights: networks.Tensors, image: Tensor) -> None:
    """An archive for `vmir-validate --per-node`: the first blocks of both sides."""
    found: list[networks.Tensors] = []
    for kind in (torch.float64, torch.float32):
        networks.recorded = {"input": image.to(kind)}
        result = networks.restormer({k: v.to(kind) for k, v in weights.items()}, image.to(kind))
        found.append(networks.recorded)
        if kind == torch.float64:
            arrays = {"input": image.numpy(), "output": result.float().numpy()}
    networks.recorded = None
    exact, single = found
    for key, value in exact.items():
        if key in ("input", "patch_embed.proj") or key.startswith("encoder_level1.0."):
            arrays[f"nodes/{key}"] = value.float().contiguous().numpy()
            arrays[f"noise/{key}"] = (value - single[key]).abs().max().float().numpy()
    np.savez(HERE / f"{name}.npz", **arrays)


def diffir(w: networks.Tensors, x: Tensor) -> Tensor:
    """DiffIR from the first of the 256 numbers of seed 0."""
    torch.manual_seed(0)
    width = w["condition.mlp.0.weight"].shape[0]
    return networks.diffir(w, x, torch.randn(256)[None, :width].to(x.dtype))


def doubled(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """As the original stores it: the condition and the diffusion's network twice, and its schedule."""
    made = dict(state)
    for name, value in state.items():
        if name.startswith("condition."):
            made["diffusion." + name] = value
        if name.startswith("denoise."):
            made["diffusion.model." + name[len("denoise.") :]] = value
    for name in ("betas", "alphas_cumprod", "posterior_variance"):
        made["diffusion." + name] = torch.rand(4)
    return made


def lightning(state: dict[str, Tensor]) -> dict[str, object]:
    """As Lightning stores it: the network, the first stage, and what trains them."""
    made = {"generator." + name: value for name, value in doubled(state).items()}
    made |= {
        "generatorS1." + name: value for name, value in state.items() if name.startswith("G.down")
    }
    one = torch.zeros(1)
    made |= {"discriminator.model0.weight": one, "loss_pl.impl.conv1.weight": one}
    return {"epoch": 3, "state_dict": made | {"val_evaluator.ssim.window": one}}


def main() -> None:
    """Writes everything."""
    torch.set_grad_enabled(False)
    torch.manual_seed(SEED)
    for old in [*HERE.glob("*.pth"), *HERE.glob("*.np?")]:
        old.unlink()
    drawn, run = networks.drawn, networks.restormer
    shapes = networks.restormer_shapes(has_norm_bias=True, **SMALL)
    weights = add("colour", "WithBias, params", drawn(shapes, 1), run, wrap=lambda s: {"params": s})
    grey = networks.restormer_shapes(1, 1, has_norm_bias=False, **SMALL)
    add(
        "grey", "BiasFree, one channel, generator.", drawn(grey, 2), run, channels=1,
        wrap=lambda s: {"meta": {}, "state_dict": s}, names=lambda name: "generator." + name,
    )
    dual = networks.restormer_shapes(6, 3, has_norm_bias=True, bias=True, **SMALL)
    add("dual-pixel", "six channels, biases, bare", drawn(dual, 3), run, channels=6)

    tiny = SMALL | {"features": 4, "condition_blocks": 2}
    enlarging = networks.diffir_shapes("x2", has_norm_bias=False, **tiny)
    add(
        "diffir-x2", "unshuffled by 2, params_ema", drawn(enlarging, 4), diffir, multiple=16,
        wrap=lambda s: {"params_ema": doubled(s)},
    )
    deblurring = networks.diffir_shapes("deblurring", has_norm_bias=True, layers=2, **tiny)
    add("diffir-deblurring", "one copy of each, two layers, bare", drawn(deblurring, 5), diffir)
    masked = networks.diffir_shapes(
        "inpainting", has_norm_bias=True, **tiny | {"refinement": 0, "condition_blocks": 1}
    )
    add(
        "diffir-inpainting", "mask as fourth channel, Lightning", drawn(masked, 6), diffir, channels=4,
        mode="symmetric", wrap=lightning,
    )

    FOLDER.refuse("no-temperature", "a block without", {
        key: shape for key, shape in shapes.items() if key != "latent.0.attn.temperature"
    })
    first = {key: shape for key, shape in deblurring.items() if key.startswith("G.")}
    FOLDER.refuse("diffir-first-stage", "takes the true picture", first | {"E.E.0.weight": (4, 96, 3, 3)})
    FOLDER.refuse("channels", "outputs that the input can't be added to", shapes | {"output.weight": (4, 8, 3, 3)})
    FOLDER.write_index()

    image = torch.rand(1, 3, 8, 8)
    intermediates("right", weights, image)
    plain = {k: torch.ones_like(v) if "temperature" in k else v for k, v in weights.items()}
    intermediates("no-temperature", plain, image)
    networks.gelu = lambda value: torch.nn.functional.gelu(value, approximate="tanh")
    intermediates("tanh-gelu", weights, image)


if __name__ == "__main__":
    main()
