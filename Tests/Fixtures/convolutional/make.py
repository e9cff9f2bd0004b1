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

import convolutional as networks  # noqa: E402
from fixture_folder import FixtureFolder  # noqa: E402

SEED = 20261126
FOLDER = FixtureFolder(HERE, SEED)
Shapes = dict[str, tuple[int, ...]]


class Layout:
    """Names and shapes of a network's tensors, module by module."""

    def __init__(self) -> None:
        self.shapes: Shapes = {}

    def conv(self, name: str, inputs: int, outputs: int, side: int = 3, bias: bool = True) -> None:
        self.shapes[name + ".weight"] = (outputs, inputs, side, side)
        if bias:
            self.shapes[name + ".bias"] = (outputs,)


def rrdbnet(inputs: int, features: int = 6, growth: int = 4, blocks: int = 1, ups: int = 2) -> Shapes:
    it = Layout()
    it.conv("conv_first", inputs, features)
    for block in range(blocks):
        for dense in (1, 2, 3):
            for step in (1, 2, 3, 4, 5):
                outputs = growth if step < 5 else features
                it.conv(f"body.{block}.rdb{dense}.conv{step}", features + (step - 1) * growth, outputs)
    it.conv("conv_body", features, features)
    for step in range(ups):
        it.conv(f"conv_up{step + 1}", features, features)
    it.conv("conv_hr", features, features)
    it.conv("conv_last", features, 3)
    return it.shapes


def compact(scale: int, act: str = "prelu", features: int = 8, convolutions: int = 2) -> Shapes:
    it = Layout()
    inputs = 3
    for index in range(convolutions + 1):
        it.conv(f"body.{2 * index}", inputs, features)
        if act == "prelu":
            it.shapes[f"body.{2 * index + 1}.weight"] = (features,)
        inputs = features
    it.conv(f"body.{2 * convolutions + 2}", features, 3 * scale * scale)
    return it.shapes


def msrresnet(scale: int, features: int = 8, blocks: int = 1) -> Shapes:
    it = Layout()
    it.conv("conv_first", 3, features)
    for block in range(blocks):
        it.conv(f"body.{block}.conv1", features, features)
        it.conv(f"body.{block}.conv2", features, features)
    for index, factor in enumerate((2, 2) if scale == 4 else (scale,)):
        it.conv(f"upconv{index + 1}", features, features * factor * factor)
    it.conv("conv_hr", features, features)
    it.conv("conv_last", features, 3)
    return it.shapes


def ending(it: Layout, features: int, scale: int) -> None:
    it.conv("conv_after_body", features, features)
    for index, factor in enumerate((3,) if scale == 3 else (2,) * (scale.bit_length() - 1)):
        it.conv(f"upsample.{2 * index}", features, features * factor * factor)
    it.conv("conv_last", features, 3)


def edsr(scale: int, features: int = 8, blocks: int = 2) -> Shapes:
    it = Layout()
    it.conv("conv_first", 3, features)
    for block in range(blocks):
        it.conv(f"body.{block}.conv1", features, features)
        it.conv(f"body.{block}.conv2", features, features)
    ending(it, features, scale)
    return it.shapes


def rcan(scale: int, features: int = 8, groups: int = 2, blocks: int = 2, squeezed: int = 2) -> Shapes:
    it = Layout()
    it.conv("conv_first", 3, features)
    for group in range(groups):
        for block in range(blocks):
            name = f"body.{group}.residual_group.{block}.rcab"
            it.conv(name + ".0", features, features)
            it.conv(name + ".2", features, features)
            it.conv(name + ".3.attention.1", features, squeezed, 1)
            it.conv(name + ".3.attention.3", squeezed, features, 1)
        it.conv(f"body.{group}.conv", features, features)
    ending(it, features, scale)
    return it.shapes


def ridnet(features: int = 8, squeezed: int = 2) -> Shapes:
    it = Layout()
    it.conv("sub_mean", 3, 3, 1)
    it.conv("add_mean", 3, 3, 1)
    it.conv("head", 3, features)
    for branch in (1, 2):
        it.conv(f"body.0.merge.dilation{branch}.0", features, features)
        it.conv(f"body.0.merge.dilation{branch}.2", features, features)
    it.conv("body.0.merge.aggregation.0", 2 * features, features)
    it.conv("body.0.block1.conv1", features, features)
    it.conv("body.0.block1.conv2", features, features)
    it.conv("body.0.block2.body.0", features, features)
    it.conv("body.0.block2.body.2", features, features)
    it.conv("body.0.block2.body.4", features, features, 1)
    it.conv("body.0.ca.attention.1", features, squeezed, 1)
    it.conv("body.0.ca.attention.3", squeezed, features, 1)
    it.conv("tail", features, 3)
    return it.shapes


def ecbsr(channels: int, scale: int, act: str = "prelu", features: int = 6, blocks: int = 1) -> Shapes:
    it = Layout()
    sides = [channels] + [features] * (blocks + 1) + [channels * scale * scale]
    for index, (inputs, outputs) in enumerate(zip(sides, sides[1:])):
        name = f"backbone.{index}"
        it.conv(name + ".conv3x3", inputs, outputs)
        part = name + ".conv1x1_3x3"
        it.shapes[part + ".k0"] = (2 * outputs, inputs, 1, 1)
        it.shapes[part + ".b0"] = (2 * outputs,)
        it.shapes[part + ".k1"] = (outputs, 2 * outputs, 3, 3)
        it.shapes[part + ".b1"] = (outputs,)
        for edge in ("sbx", "sby", "lpl"):
            part = f"{name}.conv1x1_{edge}"
            it.shapes[part + ".k0"] = (outputs, inputs, 1, 1)
            it.shapes[part + ".b0"] = (outputs,)
            it.shapes[part + ".scale"] = (outputs, 1, 1, 1)
            it.shapes[part + ".bias"] = (outputs,)
            it.shapes[part + ".mask"] = (outputs, 1, 3, 3)
        if act == "prelu" and index <= blocks:
            it.shapes[name + ".act.weight"] = (outputs,)
    return it.shapes


def nafnet(is_baseline: bool, width: int = 4) -> Shapes:
    it = Layout()
    it.conv("intro", 3, width)
    it.conv("ending", width, 3)

    def block(name: str, features: int) -> None:
        wide = features if is_baseline else 2 * features
        inside = features
        it.shapes[name + ".beta"] = it.shapes[name + ".gamma"] = (1, features, 1, 1)
        it.conv(name + ".conv1", features, wide, 1)
        it.shapes[name + ".conv2.weight"] = (wide, 1, 3, 3)
        it.shapes[name + ".conv2.bias"] = (wide,)
        it.conv(name + ".conv3", inside, features, 1)
        if is_baseline:
            it.conv(name + ".se.1", inside, inside // 2, 1)
            it.conv(name + ".se.3", inside // 2, inside, 1)
        else:
            it.conv(name + ".sca.1", inside, inside, 1)
        it.conv(name + ".conv4", features, 2 * features, 1)
        it.conv(name + ".conv5", 2 * features if is_baseline else features, features, 1)
        for norm in ("norm1", "norm2"):
            it.shapes[f"{name}.{norm}.weight"] = it.shapes[f"{name}.{norm}.bias"] = (features,)

    for level in (0, 1):
        block(f"encoders.{level}.0", width << level)
        it.shapes[f"downs.{level}.weight"] = (2 * width << level, width << level, 2, 2)
        it.shapes[f"downs.{level}.bias"] = (2 * width << level,)
    block("middle_blks.0", 4 * width)
    for index in (0, 1):
        level = 1 - index
        it.conv(f"ups.{index}.0", 2 * width << level, 4 * width << level, 1, bias=False)
        block(f"decoders.{index}.0", width << level)
    return it.shapes


def drawn(shapes: Shapes, seed: int) -> dict[str, Tensor]:
    """Weights that let no tensor go unnoticed."""
    draw = torch.Generator().manual_seed(SEED + seed)

    def uniform(shape: tuple[int, ...]) -> Tensor:
        return 2 * torch.rand(shape, generator=draw) - 1

    made: dict[str, Tensor] = {}
    for name, shape in shapes.items():
        fan_in = int(np.prod(shape[1:])) if len(shape) == 4 and shape[0] > 1 else 1
        if name.endswith((".mask", ".scale", ".beta", ".gamma")):
            value = uniform(shape)
        elif ".norm" in name and name.endswith(".weight"):
            value = 1 + 0.3 * uniform(shape)
        elif name in ("sub_mean.weight", "add_mean.weight"):
            value = torch.eye(3).view(3, 3, 1, 1) + 0.1 * uniform(shape)
        elif name in ("sub_mean.bias", "add_mean.bias"):
            value = (110 + 5 * uniform(shape)) * (-1 if name.startswith("sub") else 1)
        elif len(shape) == 1 and name.endswith(".weight"):
            value = 0.3 + 0.5 * uniform(shape)
        elif len(shape) == 1:
            value = 0.2 * uniform(shape)
        else:
            value = 1.7 * uniform(shape) / fan_in**0.5
        made[name] = value
    return made


def renamed(state: dict[str, Tensor], names: Callable[[str], str]) -> dict[str, Tensor]:
    """The same tensors under other names."""
    return {names(name): value for name, value in state.items()}


def trunk(name: str) -> str:
    """As the releases of ESRGAN name the modules."""
    for old, new in (
        ("body.", "RRDB_trunk."), ("conv_body", "trunk_conv"), ("conv_up", "upconv"), ("conv_hr", "HRconv"),
    ):
        if name.startswith(old):
            name = new + name[len(old) :]
    return name.replace(".rdb", ".RDB")


def layers(name: str) -> str:
    """As the first ESRGAN names them, with one doubling and one block."""
    module, part = name.rsplit(".", 1)
    fixed = {"conv_first": "0", "conv_body": "1.sub.1", "conv_up1": "3", "conv_hr": "5", "conv_last": "7"}
    if module not in fixed:
        fixed[module] = "1.sub." + module[len("body.") :].replace("rdb", "RDB") + ".0"
    return f"model.{fixed[module]}.{part}"


def edsr_original(name: str) -> str:
    """As the authors of EDSR name the modules, two blocks."""
    for old, new in (
        ("conv_first", "head.0"), ("conv_after_body", "body.2"), ("upsample.", "tail.0."), ("conv_last", "tail.1"),
    ):
        if name.startswith(old):
            return new + name[len(old) :]
    return name.replace(".conv1.", ".body.0.").replace(".conv2.", ".body.2.")


def rcan_original(name: str) -> str:
    """As the authors of RCAN name the modules, two groups of two blocks."""
    for old, new in (
        ("conv_first", "head.0"), ("conv_after_body", "body.2"), ("upsample.", "tail.0."), ("conv_last", "tail.1"),
    ):
        if name.startswith(old):
            return new + name[len(old) :]
    name = name.replace(".residual_group.", ".body.").replace(".rcab.", ".body.")
    name = name.replace(".attention.1.", ".conv_du.0.").replace(".attention.3.", ".conv_du.2.")
    parts = name.split(".")
    return ".".join(parts[:2] + ["body", "2"] + parts[3:]) if parts[2:3] == ["conv"] else name


def with_means(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The 1x1 convolutions of the authors' files."""
    mean = 255 * torch.tensor(networks.MEAN)
    eye = torch.eye(3).view(3, 3, 1, 1)
    means = {"sub_mean.weight": eye, "sub_mean.bias": -mean, "add_mean.weight": eye, "add_mean.bias": mean}
    return means | state


def add(
    name: str, form: str, state: dict[str, Tensor], run: Callable[..., Tensor], wrap: str = "",
    names: Callable[[str], str] = lambda name: name, dtype: torch.dtype = torch.float32,
    sizes: tuple[tuple[int, int], ...] = ((9, 11),), channels: int = 3, multiple: int = 1,
    convert: tuple[str, ...] = (), legacy: bool = False, means: bool = False, save: bool = True,
    suffix: str = "", **options: object,
) -> None:
    """Writes a checkpoint and what it makes of pictures."""
    stored = {key: value.to(dtype) for key, value in state.items()}
    if save:
        content: object = renamed(with_means(stored) if means else stored, names)
        path = HERE / f"{name}.pth"
        torch.save({wrap: content} if wrap else content, path, _use_new_zipfile_serialization=not legacy)
    for height, width in sizes:
        source = FOLDER.picture(height, width, channels)
        x = torch.from_numpy(np.load(HERE / source))
        padded = torch.nn.functional.pad(x, (0, -width % multiple, 0, -height % multiple), mode="reflect")
        with torch.no_grad():
            exact = run({k: v.double() for k, v in stored.items()}, padded.double(), **options)
            single = run({k: v.float() for k, v in stored.items()}, padded, **options)
        scale = exact.shape[2] // padded.shape[2]
        exact = exact[:, :, : height * scale, : width * scale]
        single = single[:, :, : height * scale, : width * scale]
        output = f"{name}{suffix}.{height}x{width}.out.npy"
        FOLDER.add(name, form, source, output, exact, single, convert)


def main() -> None:
    """Writes everything."""
    for old in list(HERE.glob("*.pth")) + list(HERE.glob("*.npy")):
        old.unlink()
    run = networks.rrdbnet
    add("rrdb-x4", "BasicSR, params_ema", drawn(rrdbnet(3), 1), run, "params_ema")
    add("rrdb-x2", "unshuffled by 2, params", drawn(rrdbnet(12), 2), run, "params", multiple=2)
    add("rrdb-x1", "unshuffled by 4, bare", drawn(rrdbnet(48), 3), run, multiple=4, sizes=((9, 14),))
    add(
        "rrdb-trunk-x4", "names of ESRGAN, bare, legacy, two blocks", drawn(rrdbnet(3, blocks=2), 4), run,
        names=trunk, legacy=True,
    )
    add(
        "rrdb-layers-x2", "names of the first ESRGAN, one doubling, float16", drawn(rrdbnet(3, ups=1), 5), run,
        names=layers, dtype=torch.float16, legacy=True,
    )

    run = networks.compact
    general, other = drawn(compact(4), 6), drawn(compact(4), 7)
    add("compact-x4", "params", general, run, "params")
    add("compact-other-x4", "params", other, run, "params")
    mixed = {key: 0.25 * value + 0.75 * other[key] for key, value in general.items()}
    add(
        "compact-x4", "blended with compact-other-x4", mixed, run, save=False, suffix=".blend",
        convert=("--blend", "$FOLDER/compact-other-x4.pth=0.75"),
    )
    add("compact-x3", "bfloat16", drawn(compact(3), 8), run, dtype=torch.bfloat16)
    add("compact-x1", "no enlargement", drawn(compact(1), 9), run)
    slopeless = drawn(compact(2, "relu"), 10)
    for act in ("relu", "leakyrelu"):
        add(
            "compact-slopeless-x2", "no slopes", slopeless, run, suffix="." + act, act=act,
            convert=("--set", f"act={act}"),
        )

    for scale in (2, 3, 4):
        add(f"msrresnet-x{scale}", "params", drawn(msrresnet(scale), 10 + scale), networks.msrresnet, "params")

    run = networks.edsr
    small = ("--set", "res_scale=0.1")
    add("edsr-x2", "params", drawn(edsr(2), 21), run, "params", convert=small, res_scale=0.1)
    add(
        "edsr-x3", "names of the authors, legacy", drawn(edsr(3), 22), run, names=edsr_original, means=True,
        legacy=True, convert=small, res_scale=0.1,
    )
    add(
        "edsr-x4", "another range", drawn(edsr(4), 23), run, img_range=1.0,
        convert=("--set", "res_scale=1", "--set", "img_range=1"),
    )

    run = networks.rcan
    add("rcan-x2", "params", drawn(rcan(2), 31), run, "params")
    add("rcan-x4", "names of the authors", drawn(rcan(4), 32), run, names=rcan_original, means=True, legacy=True)
    add("ridnet", "0 to 255, bare", drawn(ridnet(), 41), networks.ridnet)

    run = networks.ecbsr
    add("ecbsr-y-x2", "luma, branches", drawn(ecbsr(1, 2), 51), run, "params", channels=1)
    add(
        "ecbsr-x4", "colour, branches, the input added", drawn(ecbsr(3, 4, "relu"), 52), run, act="relu",
        with_idt=True, convert=("--set", "act=relu", "--set", "with_idt=1"),
    )

    run = networks.nafnet
    state = drawn(nafnet(False), 61)
    sizes = ((9, 11), (12, 8))
    add("nafnet", "params", state, run, "params", sizes=sizes)
    add(
        "nafnet", "means over windows", state, run, save=False, suffix=".tlc", sizes=((13, 22),), tlc=6,
        convert=("--set", "tlc=6"),
    )
    add("nafnet-baseline", "params", drawn(nafnet(True), 62), run, "params")

    FOLDER.refuse("compact-slopeless", "no slopes and no option", slopeless)
    FOLDER.refuse("edsr-width", "a width that was never published, and no option", drawn(edsr(2), 21))
    thirteen = {"body.6.weight": torch.zeros(13, 8, 3, 3), "body.6.bias": torch.zeros(13)}
    FOLDER.refuse("compact-outputs", "outputs that make no square", drawn(compact(2), 1) | thirteen)
    FOLDER.refuse("nafnet-extra", "a tensor too many", state | {"middle_blks.0.sca.2.bias": torch.zeros(1)})
    FOLDER.write_index()


if __name__ == "__main__":
    main()
