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

import state_space as networks  # noqa: E402
from fixture_folder import FixtureFolder  # noqa: E402

SEED = 20261126
FOLDER = FixtureFolder(HERE, SEED)
Shapes = dict[str, tuple[int, ...]]


class Layout:
    """Names and shapes of a network's tensors, module by module."""

    def __init__(self) -> None:
        self.shapes: Shapes = {}

    def conv(self, name: str, inputs: int, outputs: int, side: int = 3, bias: bool = True) -> None:
        self.add(name, (outputs, inputs, side, side), outputs if bias else 0)

    def linear(self, name: str, inputs: int, outputs: int, bias: bool = True) -> None:
        self.add(name, (outputs, inputs), outputs if bias else 0)

    def norm(self, name: str, channels: int) -> None:
        self.add(name, (channels,), channels)

    def add(self, name: str, weight: tuple[int, ...], bias: int) -> None:
        self.shapes[name + ".weight"] = weight
        if bias:
            self.shapes[name + ".bias"] = (bias,)

    def scan(self, name: str, inner: int, states: int, rank: int, directions: int = 4) -> None:
        self.shapes[name + ".x_proj_weight"] = (directions, rank + 2 * states, inner)
        self.shapes[name + ".dt_projs_weight"] = (directions, inner, rank)
        self.shapes[name + ".dt_projs_bias"] = (directions, inner)
        self.shapes[name + ".A_logs"] = (directions * inner, states)
        self.shapes[name + ".Ds"] = (directions * inner,)

    def block(self, name: str, channels: int, inner: int, states: int, form: str = "dense") -> None:
        """A block of MambaIR."""
        self.shapes[name + ".skip_scale"] = self.shapes[name + ".skip_scale2"] = (channels,)
        self.norm(name + ".ln_1", channels)
        self.norm(name + ".ln_2", channels)
        attention = name + ".self_attention"
        self.linear(attention + ".in_proj", channels, 2 * inner, bias=False)
        self.conv(attention + ".conv2d", 1, inner)
        self.scan(attention, inner, states, (channels + 15) // 16)
        self.norm(attention + ".out_norm", inner)
        self.linear(attention + ".out_proj", inner, channels, bias=False)
        branch = name + ".conv_blk"
        last = {"dense": 3, "separable": 5, "depthwise": 1}.get(form)
        if form == "gate":
            self.shapes[branch + ".a_parameter"] = self.shapes[branch + ".b_parameter"] = (1,)
        elif form == "dense":
            self.conv(branch + ".cab.0", channels, channels // 3)
            self.conv(branch + ".cab.2", channels // 3, channels)
        elif form == "separable":
            half = channels // 2
            self.conv(branch + ".cab.0", channels, half, 1)
            self.conv(branch + ".cab.1", 1, half)
            self.conv(branch + ".cab.3", half, channels, 1)
            self.conv(branch + ".cab.4", 1, channels)
        else:
            self.conv(branch + ".cab.0", 1, channels)
        if last is not None:
            self.conv(f"{branch}.cab.{last}.attention.1", channels, 2, 1)
            self.conv(f"{branch}.cab.{last}.attention.3", 2, channels, 1)

    def shell(
        self, channels: int, tail: str, inputs: int = 3, outputs: int = 3, scale: int = 2, wide: int = 8,
        patch_norm: bool = True, three: bool = False, last: str = "norm", groups: int = 1,
    ) -> None:
        """What is around the blocks of MambaIR and its relatives."""
        self.conv("conv_first", inputs, channels)
        if patch_norm:
            self.norm("patch_embed.norm", channels)
        self.norm(last, channels)
        for name in [f"layers.{group}.conv" for group in range(groups)] + ["conv_after_body"]:
            if three:
                self.conv(name + ".0", channels, channels // 4)
                self.conv(name + ".2", channels // 4, channels // 4, 1)
                self.conv(name + ".4", channels // 4, channels)
            else:
                self.conv(name, channels, channels)
        if tail in ("shuffles", "nearest"):
            self.conv("conv_before_upsample.0", channels, wide)
        if tail == "shuffles":
            for index in range(2 if scale == 4 else 1):
                self.conv(f"upsample.{2 * index}", wide, wide * (9 if scale == 3 else 4))
        elif tail == "nearest":
            for name in ("conv_up1", "conv_up2", "conv_hr"):
                self.conv(name, wide, wide)
        elif tail == "direct":
            self.conv("upsample.0", channels, outputs * scale * scale)
        if tail != "direct":
            self.conv("conv_last", channels if tail == "none" else wide, outputs)


def mambair(
    channels: int, inner: int, states: int, tail: str, form: str = "dense", blocks: tuple[int, ...] = (1,),
    **options: int | bool,
) -> Shapes:
    it = Layout()
    it.shell(channels, tail, groups=len(blocks), **options)
    for group, number in enumerate(blocks):
        for index in range(number):
            it.block(f"layers.{group}.residual_group.blocks.{index}", channels, inner, states, form)
    return it.shapes


def mambairunet(states: tuple[int, int, int, int], dim: int = 4) -> Shapes:
    it = Layout()
    it.conv("patch_embed.proj", 3, dim, bias=False)
    for name, depth, level in (
        ("encoder_level1", 0, 0), ("encoder_level2", 1, 1), ("encoder_level3", 2, 2), ("latent", 3, 3),
        ("decoder_level3", 2, 2), ("decoder_level2", 1, 1), ("decoder_level1", 1, 1), ("refinement", 1, 1),
    ):
        width = dim << depth
        it.block(f"{name}.0", width, width * 3 // 2, states[level])
    for level in (1, 2, 3):
        width = dim << level - 1
        it.conv(f"down{level}_{level + 1}.body.0", width, width // 2, bias=False)
        it.conv(f"up{level + 1}_{level}.body.0", 2 * width, 4 * width, bias=False)
        if level > 1:
            it.conv(f"reduce_chan_level{level}", 2 * width, width, 1, bias=False)
    it.conv("output", 2 * dim, 3, bias=False)
    return it.shapes


def dvmsr(channels: int = 12, inner: int = 18, states: int = 4, rank: int = 2) -> Shapes:
    it = Layout()
    it.shell(channels, "direct", scale=4, last="norm_f", groups=2)
    for group in (0, 1):
        name = f"layers.{group}.residual_group.blocks.0"
        it.norm(name + ".norm", channels)
        name += ".mixer"
        it.linear(name + ".in_proj", channels, 2 * inner, bias=False)
        it.add(name + ".conv1d", (inner, 1, 4), inner)
        it.linear(name + ".x_proj", inner, rank + 2 * states, bias=False)
        it.linear(name + ".dt_proj", rank, inner)
        it.shapes[name + ".A_log"], it.shapes[name + ".D"] = (inner, states), (inner,)
        it.linear(name + ".out_proj", inner, channels, bias=False)
    return it.shapes


def mambairv2(
    channels: int, tail: str, light: bool = False, side: int = 4, tokens: int = 6, rank: int = 5, states: int = 6,
    blocks: tuple[int, ...] = (2,), heads: tuple[int, ...] = (2,), **options: int | bool,
) -> Shapes:
    it = Layout()
    it.shapes["relative_position_index_SA"] = (side * side, side * side)
    it.shell(channels, tail, groups=len(blocks), **options)
    inner = channels if light else 2 * channels
    for group, number in enumerate(blocks):
        for index in range(number):
            name = f"layers.{group}.residual_group.layers.{index}"
            it.shapes[name + ".scale1"] = it.shapes[name + ".scale2"] = (channels,)
            for norm in (1, 2, 3, 4):
                it.norm(f"{name}.norm{norm}", channels)
            it.linear(name + ".wqkv", channels, 3 * channels)
            it.shapes[name + ".win_mhsa.relative_position_bias_table"] = ((2 * side - 1) ** 2, heads[group])
            it.linear(name + ".win_mhsa.proj", channels, channels)
            it.linear(name + ".assm.route.0", channels, channels // 3)
            it.linear(name + ".assm.route.2", channels // 3, tokens)
            it.shapes[name + ".assm.embeddingB.weight"] = (tokens, rank)
            it.shapes[name + ".embeddingA.weight"] = (rank, states)
            it.conv(name + ".assm.in_proj.0", channels, inner, 1)
            it.conv(name + ".assm.CPE.0", 1, inner)
            it.scan(name + ".assm.selectiveScan", inner, states, (inner + 15) // 16, 1)
            it.norm(name + ".assm.out_norm", inner)
            it.linear(name + ".assm.out_proj", inner, channels)
            for part in (f"{name}.convffn1", f"{name}.convffn2"):
                it.linear(part + ".fc1", channels, inner)
                if light:
                    it.norm(part + ".sg.norm", inner // 2)
                    it.conv(part + ".sg.conv", 1, inner // 2, 5)
                else:
                    it.conv(part + ".dwconv.depthwise_conv.0", 1, inner, 5)
                it.linear(part + ".fc2", inner // 2 if light else inner, channels)
    return it.shapes


def vmamba(
    stem: str, down: str, states: int, ratio: int = 1, gate: bool = False, mlp: bool = True, classes: int = 7,
    stages: int = 3, square: bool = False,
) -> Shapes:
    it = Layout()
    width = 8
    product = (lambda *args, **options: it.conv(*args, 1, **options)) if square else it.linear
    if stem == "v2":
        it.conv("patch_embed.0", 3, width // 2)
        it.norm("patch_embed.2", width // 2)
        it.conv("patch_embed.5", width // 2, width)
        it.norm("patch_embed.7", width)
    else:
        it.conv("patch_embed.0", 3, width, 4)
        it.norm("patch_embed.2", width)
    for stage in range(stages):
        name = f"layers.{stage}.blocks.0"
        inner = ratio * width
        it.norm(name + ".norm", width)
        product(name + ".op.in_proj", width, inner * (2 if gate else 1), bias=False)
        it.conv(name + ".op.conv2d", 1, inner, bias=gate)
        it.scan(name + ".op", inner, states, (width + 15) // 16)
        it.norm(name + ".op.out_norm", inner)
        product(name + ".op.out_proj", inner, width, bias=False)
        if mlp:
            it.norm(name + ".norm2", width)
            product(name + ".mlp.fc1", width, 2 * width)
            product(name + ".mlp.fc2", 2 * width, width)
        if stage + 1 < stages:
            name = f"layers.{stage}.downsample"
            if down == "v1":
                it.norm(name + ".norm", 4 * width)
                it.linear(name + ".reduction", 4 * width, 2 * width, bias=False)
            else:
                it.conv(name + ".1", width, 2 * width, 2 if down == "v2" else 3)
                it.norm(name + ".3", 2 * width)
            width *= 2
    if classes:
        it.norm("classifier.norm", width)
        it.linear("classifier.head", width, classes)
    return it.shapes


def relative_position_index(count: int) -> Tensor:
    """The buffer of MambaIRv2."""
    side = int(count**0.5)
    at = torch.stack(torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")).flatten(1)
    away = at[:, :, None] - at[:, None, :] + side - 1
    return away[0] * (2 * side - 1) + away[1]


def draw(shapes: Shapes, seed: int) -> dict[str, Tensor]:
    """Random tensors of a size that keeps the values of order 1."""
    generator = torch.Generator().manual_seed(SEED + seed)

    def uniform(shape: tuple[int, ...]) -> Tensor:
        return 2 * torch.rand(shape, generator=generator) - 1

    made = {}
    for name, shape in shapes.items():
        if name == "relative_position_index_SA":
            made[name] = relative_position_index(shape[0])
            continue
        if name.endswith(("A_logs", "A_log")):
            value = torch.log(torch.arange(1, shape[1] + 1).float()) + 0.1 * uniform(shape)
        elif name.endswith((".Ds", ".D")) or "skip_scale" in name or name.endswith((".scale1", ".scale2")):
            value = 1 + 0.3 * uniform(shape)
        elif name.endswith(("dt_projs_bias", "dt_proj.bias")):
            value = -2 + uniform(shape)
        elif len(shape) == 1:
            value = (1 if name.endswith("weight") else 0) + 0.3 * uniform(shape)
        else:
            fan_in = int(np.prod(shape[2:])) if len(shape) == 3 else int(np.prod(shape[1:]))
            value = 1.7 * uniform(shape) / fan_in**0.5
        made[name] = value
    return made


def old_names(name: str) -> str:
    """As the code of VMamba of January 2024."""
    for new, old in (
        ("patch_embed.0.", "patch_embed.proj."), ("patch_embed.2.", "patch_embed.norm."),
        ("classifier.norm.", "norm."), ("classifier.head.", "head."),
    ):
        if name.startswith(new):
            return old + name[len(new) :]
    return name.replace("s.0.norm.", "s.0.ln_1.").replace(".op.", ".self_attention.")


def add(
    name: str, form: str, shapes: Shapes, run: Callable[..., Tensor], wrap: str = "params", seed: int = 0,
    names: Callable[[str], str] = lambda name: name, size: tuple[int, int] = (9, 11), channels: int = 3,
    multiple: int = 1, convert: tuple[str, ...] = (), save: bool = True, suffix: str = "", **options: object,
) -> None:
    """Writes a checkpoint and what it makes of a picture."""
    stored = draw(shapes, seed)
    if save:
        content: object = {names(key): value for key, value in stored.items()}
        torch.save({wrap: content} if wrap else content, HERE / f"{name}.pth")
    source = FOLDER.picture(*size, channels)
    x = torch.from_numpy(np.load(HERE / source))
    padded = torch.nn.functional.pad(x, (0, -size[1] % multiple, 0, -size[0] % multiple), mode="reflect")
    with torch.no_grad():
        exact = run({k: v.double() for k, v in stored.items()}, padded.double(), **options)
        single = run({k: v.float() for k, v in stored.items()}, padded, **options)
    if multiple > 1:
        exact, single = (value[:, :, : size[0], : size[1]] for value in (exact, single))
    output = f"{name}{suffix}.{size[0]}x{size[1]}.out.npy"
    noise = FOLDER.add(name, form, source, output, exact, single, convert)
    # Else the two have other tokens.
    assert noise < 1e-5, (name, noise)


def add_tokens(name: str, shapes: Shapes, size: tuple[int, int] = (9, 11)) -> None:
    """Writes a picture, what a MambaIRv2 of `add` makes of it, and its tokens."""
    stored = draw(shapes, 0)
    x = torch.from_numpy(np.load(HERE / FOLDER.picture(*size, 3)))
    tokens: list[Tensor] = []
    with torch.no_grad():
        output = networks.mambairv2({k: v.double() for k, v in stored.items()}, x.double(), tokens)
    arrays = {f"route.{layer}": token.int().numpy() for layer, token in enumerate(tokens)}
    np.savez_compressed(
        HERE / f"{name}.{size[0]}x{size[1]}.npz", input=x.numpy(), output=output.float().numpy(), **arrays)


def main() -> None:
    """Writes everything."""
    it = networks
    add("mambair-x2", "classic x2, groups of 2 and 1 blocks", mambair(12, 24, 16, "shuffles", blocks=(2, 1)), it.mambair)
    add("mambair-x3", "classic x3", mambair(12, 18, 5, "shuffles", scale=3), it.mambair, "params_ema")
    add("mambair-x4", "classic x4", mambair(12, 24, 1, "shuffles", scale=4), it.mambair, "")
    add("mambair-light-x2", "light, October 2024", mambair(18, 21, 10, "direct", "separable"), it.mambair)
    add("mambair-light-x3", "light, February 2024", mambair(15, 18, 16, "direct", "depthwise", scale=3), it.mambair)
    shapes = mambair(12, 14, 5, "none", patch_norm=False, three=True)
    add("mambair-dn", "no tail, three convolutions, no patch norm", shapes, it.mambair)
    add(
        "mambair-dn", "the same in 0 to 255", shapes, it.mambair, save=False, suffix=".range",
        convert=("--set", "img_range=255"), img_range=255)
    grey = mambair(12, 14, 5, "none", inputs=1, outputs=1)
    add("mambair-grey", "one channel", grey, it.mambair, channels=1)
    fork = mambair(12, 18, 4, "direct", "gate")
    add("opensr", "branch added", fork, it.opensr, "", convert=("--arch", "opensr-sum"))
    add(
        "opensr", "branch multiplied", fork, it.opensr, save=False, suffix=".prod",
        convert=("--arch", "opensr-prod"), product=True)
    bands = mambair(12, 18, 4, "direct", "gate", inputs=10, outputs=6, scale=1)
    add("opensr-bands", "ten bands to six", bands, it.opensr, "", channels=10, convert=("--arch", "opensr-sum"))
    add("mambairunet", "states by level", mambairunet((4, 8, 6, 5)), it.mambairunet, multiple=8)
    add("dvmsr", "x4", dvmsr(), it.dvmsr)
    add("vmamba", "3x3 downsampling, MLP", vmamba("v2", "v3", 1, 2), it.vmamba, "model_ema", size=(37, 50))
    old = vmamba("v1", "v1", 4, 2, gate=True, mlp=False)
    add("vmamba-old", "names of January 2024", old, it.vmamba, "model", names=old_names, size=(37, 50))
    square = vmamba("v2", "v2", 3, gate=True, square=True)
    add("vmamba-square", "2x2 downsampling, 1x1 convolutions", square, it.vmamba, "model", size=(37, 50))
    add("vmamba-features", "no classifier", vmamba("v2", "v3", 2, classes=0), it.vmamba, "model", size=(37, 50))
    wide = mambairv2(12, "shuffles", blocks=(2, 1), heads=(2, 3))
    add("mambairv2-x2", "x2, groups of 2 and 1 layers", wide, it.mambairv2)
    add_tokens("mambairv2-x2", wide)
    add("mambairv2-light-x3", "light x3", mambairv2(12, "direct", True, scale=3), it.mambairv2)
    add("mambairv2-x4", "nearest enlargement", mambairv2(12, "nearest"), it.mambairv2)
    add("mambairv2-dn", "no tail", mambairv2(12, "none"), it.mambairv2, size=(2, 11))
    FOLDER.refuse("opensr", "nothing tells how branches are joined", fork)
    dual = mambairunet((4, 8, 6, 5)) | {"skip_conv.weight": (8, 4, 1, 1)}
    FOLDER.refuse("mambairunet-dual", "two pictures, which the published code can't run", dual)
    FOLDER.refuse("vmamba-outnorm", "features of a detector", {
        key: shape for key, shape in (old | {"outnorm0.weight": (8,)}).items() if "classifier" not in key})
    FOLDER.refuse("mambairv2-index", "another position index", mambairv2(12, "none"))
    FOLDER.write_index()


if __name__ == "__main__":
    main()
