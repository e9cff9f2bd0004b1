"""Makes the checkpoints of this folder, their inputs and outputs, and index.json.

`make.py` needs nothing but Models/reference beside it in the repository; it writes where it lies.
Weights are drawn like those of trained networks: no scale is 1, no bias 0, no rate on its initial
value. Outputs are computed in float64. The seeds come from `make.py --search 60`: little rounding,
and the output moves by more than three times `LIMIT` when any one tensor is disturbed, but for two
`Dsc` of realsr-legacy, one of derain33-dim6, and every `conv_cout.bias`, which cannot matter.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import sys
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "Models" / "reference"))

import selective_scan  # noqa: E402
from reference_outputs import arrays  # noqa: E402
from vmambair import Configuration, VmambaIR, load, restore  # noqa: E402

SEED = 20240318
# Least limit of a row.
LIMIT = 5e-5
SMALL = Configuration("", dim=4, num_blocks=(1, 1, 1, 1), num_refinement_blocks=1)
State = dict[str, Tensor]


@dataclass(frozen=True)
class Fixture:
    """One checkpoint: its network, the form that it is stored in, and what is run through it."""

    name: str
    form: str
    seed: int
    options: Configuration
    wrap: Callable[[State], object]
    sizes: tuple[tuple[int, int], ...] = ((24, 16),)
    keys: tuple[str | None, ...] = (None,)
    dtype: torch.dtype = torch.float32
    legacy: bool = False
    save_nodes: Callable[..., None] | None = None
    change: Callable[[State], State] = field(default=lambda state: state)


def small(variant: str, **changes: object) -> Configuration:
    """Options of a small network."""
    return replace(SMALL, variant=variant, **changes)


def params(state: State) -> object:
    """The container of BasicSR before it keeps averaged weights."""
    return {"params": state}


def averaged(state: State) -> object:
    """A container with averaged weights only."""
    return {"params_ema": state}


def both(state: State) -> object:
    """Weights, and averaged weights that differ from them near the end of the network."""
    draw = torch.Generator().manual_seed(SEED + 1)
    plain = dict(state)
    for name, value in state.items():
        if name.startswith(("refinement", "output")):
            plain[name] = value + 0.05 * torch.randn(value.shape, generator=draw).to(value.dtype)
    return {"params": plain, "params_ema": state}


def parallel(state: State) -> object:
    """What a training script saves from `torch.nn.DataParallel`."""
    names = OrderedDict((f"module.{name}", value) for name, value in state.items())
    return {"epoch": 7, "state_dict": names, "optimizer": {"state": {}, "param_groups": []}}


def strided(state: State) -> State:
    """The same shapes as transposed, shifted, shared and zero-stride views."""
    made: State = {}
    for name, value in state.items():
        if name.endswith(("Ac_logs", "Dsc")):
            half = value[: value.shape[0] // 2]
            made[name] = half[:1].expand(value.shape)
        elif name.endswith("project_in.weight"):
            made[name] = value.transpose(0, 1).contiguous().transpose(0, 1)
        elif name.endswith("in_conv.bias"):
            made[name] = torch.cat([value.new_full((3,), 9.0), value])[3:]
        elif name.endswith("out_norm.body.bias"):
            # The last third of one storage with the weight before it.
            weight = made[name.replace("bias", "weight")]
            shared = torch.cat([weight, value])
            made[name.replace("bias", "weight")] = shared[: weight.shape[0]]
            made[name] = shared[weight.shape[0] :]
        elif name.endswith("conv2d.weight"):
            made[name] = torch.stack([value, value], -1)[..., 0]
        else:
            made[name] = value
    return made


FIXTURES = (
    Fixture("sisr", "params_ema only", 76, small("MambaSISR6"), averaged, ((24, 16), (13, 11))),
    Fixture(
        "realsr",
        "params only; bfloat16",
        85,
        small("MambaRealSR11"),
        params,
        ((24, 16), (13, 11)),
        dtype=torch.bfloat16,
    ),
    Fixture(
        "derain32",
        "a plain state dict",
        7,
        small("Mamber32"),
        dict,
        ((24, 16), (13, 11)),
        save_nodes=np.savez,
    ),
    Fixture(
        "derain33",
        "params only; float16",
        83,
        small("Mamber33"),
        params,
        ((24, 16), (13, 11), (3, 5), (1, 1)),
        dtype=torch.float16,
    ),
    Fixture(
        "derain32-options",
        "biases in the convolutions, LayerNorm without bias; float16",
        3,
        small("Mamber32", bias=True, LayerNorm_type="BiasFree"),
        params,
        dtype=torch.float16,
        legacy=True,
    ),
    Fixture(
        "derain33-dual-pixel",
        "six input channels and skip_conv; float16",
        3,
        small("Mamber33", inp_channels=6, dual_pixel_task=True),
        params,
        dtype=torch.float16,
        legacy=True,
    ),
    Fixture(
        "derain33-dim6",
        "channels that fill no vector: 6, 12, 24, 48; float16",
        8,
        small("Mamber33", dim=6),
        params,
        dtype=torch.float16,
        legacy=True,
    ),
    Fixture(
        "sisr-state8",
        "8 states in the spatial scan, 16 in the channel scan; float16",
        13,
        small("MambaSISR6", d_state=8),
        params,
        ((16, 8),),
        dtype=torch.float16,
        legacy=True,
    ),
    Fixture(
        "realsr-state8",
        "8 states in both scans; float16",
        22,
        small("MambaRealSR11", d_state=8),
        params,
        ((16, 8),),
        dtype=torch.float16,
        legacy=True,
    ),
    Fixture(
        "realsr-legacy",
        "legacy file, module. prefix, uneven numbers of blocks; float16",
        163,
        small("MambaRealSR11", num_blocks=(2, 1, 1, 1), num_refinement_blocks=2),
        parallel,
        ((16, 8),),
        dtype=torch.float16,
        legacy=True,
    ),
    Fixture(
        "derain32-ema",
        "params differs from params_ema; float16",
        4,
        small("Mamber32", num_blocks=(1, 2, 1, 1)),
        both,
        keys=(None, "params_ema", "params"),
        dtype=torch.float16,
        legacy=True,
    ),
    Fixture(
        "realsr-strided",
        "views: strides, offsets, shared storages, stride 0; float16",
        3,
        small("MambaRealSR11"),
        params,
        ((16, 8),),
        change=strided,
        dtype=torch.float16,
        legacy=True,
    ),
)


def draw_weights(model: VmambaIR, draw: torch.Generator) -> State:
    """Weights like those of a trained network, by the name of the parameter."""
    state: State = {}
    for name, value in model.state_dict().items():
        noise = torch.randn(value.shape, generator=draw)
        last = name.rsplit(".", 1)[-1]
        if last in ("A_logs", "Ac_logs"):
            rates = torch.log(torch.arange(1, value.shape[1] + 1.0))
            state[name] = rates + 0.3 * noise
        elif last in ("Ds", "Dsc"):
            state[name] = 1 + 0.3 * noise
        elif last in ("dt_projs_bias", "dtc_projs_bias"):
            spread = torch.rand(value.shape, generator=draw) * math.log(20) + math.log(0.05)
            state[name] = torch.log(torch.expm1(torch.exp(spread)))
        elif last in ("dt_projs_weight", "dtc_projs_weight"):
            state[name] = noise * value.shape[-1] ** -0.5
        elif last == "x_proj_weight":
            state[name] = noise * value.shape[-1] ** -0.5
        elif last == "xc_proj_weight":
            state[name] = 1.2 * noise * value.shape[-1] ** -0.5
        elif last == "weight" and ".conv_cin" in name:
            state[name] = noise
        elif last == "bias" and ".conv_cin" in name:
            state[name] = 0.4 * noise
        elif ".body.weight" in name and value.dim() == 1:
            state[name] = 1 + 0.2 * noise
        elif last == "bias":
            state[name] = 0.15 * noise
        else:
            reach = value[0].numel() ** -0.5
            state[name] = noise * reach * (0.25 if name.startswith(("tail.1", "output")) else 0.8)
    return state


def pictures(channels: int, height: int, width: int) -> Tensor:
    """A smooth picture with an edge and a little noise, `[1, C, H, W]` in [0, 1]."""
    draw = torch.Generator().manual_seed(SEED + 100 * height + width)
    y = torch.linspace(0, 1, height)[None, :, None]
    x = torch.linspace(0, 1, width)[None, None, :]
    phase = torch.rand(channels, 1, 1, generator=draw) * 6.28
    wave = 0.5 + 0.3 * torch.sin(phase + 9 * x + 5 * y) + 0.15 * torch.sign(x - 0.4 - 0.3 * y)
    noise = 0.03 * torch.randn(channels, height, width, generator=draw)
    return (wave + noise).clamp(0, 1)[None].float()


def idle_tensors(model: VmambaIR, image: Tensor) -> list[str]:
    """Disturbs each tensor in turn; names those by which the result moves too little.

    `conv_cout.bias` is left out: the LayerNorm that follows takes it away again.
    """
    before = restore(model, image)
    draw = torch.Generator().manual_seed(SEED + 2)
    idle: list[str] = []
    for name, value in model.named_parameters():
        if name.endswith("conv_cout.bias"):
            continue
        kept = value.clone()
        size = max(kept.std(correction=0).item(), 0.1 * kept.abs().max().item())
        value += 2 * size * torch.randn(kept.shape, generator=draw)
        moved = (restore(model, image) - before).abs().max().item()
        value.copy_(kept)
        if moved < 3 * LIMIT:
            idle.append(name)
    return idle


def save_array(name: str, value: Tensor) -> str:
    """Writes a float32 `.npy` and returns its name."""
    np.save(HERE / name, value.float().contiguous().numpy())
    return name


def draw_network(fixture: Fixture, seed: int) -> tuple[State, VmambaIR]:
    """Weights as they are stored, and the network that has them."""
    model = VmambaIR(fixture.options).eval()
    state = draw_weights(model, torch.Generator().manual_seed(seed))
    state = fixture.change({name: value.to(fixture.dtype) for name, value in state.items()})
    model.load_state_dict(state)
    return state, model


def search(fixture: Fixture, seconds: float) -> None:
    """Prints seeds whose networks are well conditioned and leave the fewest tensors idle."""
    image = pictures(fixture.options.inp_channels, 24, 16)
    fewest, started, seed = 1000, time.monotonic(), 0
    while fewest and time.monotonic() < started + seconds:
        seed += 1
        _, model = draw_network(fixture, seed)
        result = restore(model, image)
        noise = (restore(copy.deepcopy(model).double(), image.double()) - result).abs().max()
        if noise > LIMIT / 40:
            continue
        idle = idle_tensors(model, image)
        if len(idle) < fewest:
            fewest = len(idle)
            print(f"{fixture.name}: seed {seed}, noise {noise:.1e}, idle {idle}", flush=True)


def make(fixture: Fixture) -> list[dict]:
    """Writes one checkpoint with its arrays and returns its rows of the index."""
    path = HERE / f"{fixture.name}.pth"
    stored = fixture.wrap(draw_network(fixture, fixture.seed)[0])
    torch.save(stored, path, _use_new_zipfile_serialization=not fixture.legacy)
    rows: list[dict] = []
    for key in fixture.keys:
        single, double = load(path, key), load(path, key, dtype=torch.float64)
        assert double.options == fixture.options, double.options
        label = f"{fixture.name}.{key}" if key == "params" else fixture.name
        for height, width in fixture.sizes:
            image = pictures(fixture.options.inp_channels, height, width)
            size = f"{height}x{width}" + (".6ch" if image.shape[1] == 6 else "")
            result = restore(double, image.double())
            noise = (restore(single, image) - result).abs().max().item()
            row = {
                "model": path.name,
                "form": fixture.form,
                "variant": fixture.options.variant,
                "config": asdict(fixture.options),
                "input": save_array(f"input.{size}.npy", image),
                "output": save_array(f"{label}.{size}.out.npy", result),
                "float64_noise": noise,
                "max_abs": max(LIMIT, 30 * noise),
                "min_psnr": 95,
            }
            rows.append(row | ({"key": key} if key else {}))
    if fixture.save_nodes:
        name = f"{fixture.name}.8x8.nodes.npz"
        image = pictures(3, 8, 8).double()
        fixture.save_nodes(HERE / name, **arrays(double, image, per_layer=True))
        rows = [row | {"nodes": name} for row in rows]
    return rows


def make_refused() -> list[dict]:
    """Writes the checkpoints that must be refused, small: all tensors are views of one number."""
    one = torch.full((1,), 0.0625)
    names = VmambaIR(small("MambaSISR6")).state_dict()
    whole = {name: one.expand(value.shape) for name, value in names.items()}
    norm, proj = "latent.0.norm1.body.weight", "encoder_level2.0.attn.in_conv.weight"
    cin = "decoder_level1.0.attn.conv_cin.weight"
    missing = {name: value for name, value in whole.items() if name != norm}
    extra = whole | {"encoder_level1.0.attn.temperature": one}
    poisoned = one.repeat(whole[norm].shape)
    poisoned[5] = math.nan
    infinite = one.repeat(whole[norm].shape)
    infinite[5] = math.inf
    rows_of_three = {
        name: one.expand(3, *value.shape[1:]) if name.endswith("conv_cin.weight") else value
        for name, value in whole.items()
    }
    restormer = {
        "patch_embed.proj.weight": one.expand(8, 3, 3, 3),
        "encoder_level1.0.norm1.body.weight": one.expand(8),
        "encoder_level1.0.norm1.body.bias": one.expand(8),
        "encoder_level1.0.attn.temperature": one.expand(1, 1, 1),
        "encoder_level1.0.attn.qkv.weight": one.expand(24, 8, 1, 1),
        "encoder_level1.0.attn.qkv_dwconv.weight": one.expand(24, 1, 3, 3),
        "encoder_level1.0.attn.project_out.weight": one.expand(8, 8, 1, 1),
        "encoder_level1.0.ffn.project_in.weight": one.expand(42, 8, 1, 1),
        "output.weight": one.expand(3, 16, 3, 3),
    }
    cases: dict[str, tuple[State, str, str]] = {
        "missing-tensor": (missing, "a tensor is missing", norm),
        "extra-tensor": (extra, "a tensor is not part of the network", list(extra)[-1]),
        "misshapen-tensor": (whole | {proj: one.expand(17, 8, 1, 1)}, "[17, 8, 1, 1]", proj),
        "nan-weight": (whole | {norm: poisoned}, "a weight is not a number", norm),
        "infinite-weight": (whole | {norm: infinite}, "a weight is infinite", norm),
        "mixed-rows": (whole | {cin: one.expand(2, 1, 1, 1)}, "one block has other rows", cin),
        "three-rows": (rows_of_three, "no variant has three channel-scan rows", ""),
        "two-ends": (whole | {"output.weight": one.expand(3, 8, 3, 3)}, "tail and output", ""),
        "restormer": (restormer, "Restormer, not VmambaIR", ""),
        "no-tensors": ({}, "an empty state dict", ""),
    }
    for name, (state, _, _) in cases.items():
        torch.save({"params": state}, HERE / f"refused.{name}.pth")
    return [
        {"model": f"refused.{name}.pth", "form": form, "refuse": True}
        | ({"tensor": tensor} if tensor else {})
        for name, (_, form, tensor) in cases.items()
    ]


def main() -> None:
    """Reads the command line; makes everything anew unless told to search."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="search for this network alone")
    parser.add_argument("--search", type=float, metavar="SECONDS", help="for seeds, each network")
    options = parser.parse_args()
    torch.set_grad_enabled(False)
    if options.search:
        for fixture in FIXTURES:
            if options.only in fixture.name:
                search(fixture, options.search)
        return
    selective_scan.use_native = False
    for old in [*HERE.glob("*.pth"), *HERE.glob("*.npy"), *HERE.glob("*.npz")]:
        old.unlink()
    rows: list[dict] = []
    for fixture in FIXTURES:
        rows += make(fixture)
    rows += make_refused()
    (HERE / "index.json").write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
