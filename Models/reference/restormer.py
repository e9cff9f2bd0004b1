"""Restormer and DiffIR (second stage) in plain PyTorch, written from what they compute; a state dict of
the published names in, pictures out.

Each function takes the tensors by name and a picture [1, C, H, W] with values of 0 to 1, whose sides are
multiples of what the network needs, and returns the whole result, not clamped. All sizes are read off the
tensors. `shapes` and `diffir_shapes` give names and shapes of a network's tensors.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

Tensors = dict[str, Tensor]
# Intermediate results by the names that they have in a .vmir file, while it is a dict.
recorded: Tensors | None = None
gelu = F.gelu
Shapes = dict[str, tuple[int, ...]]
LEVELS = {
    "encoder_level1": 0, "encoder_level2": 1, "encoder_level3": 2, "latent": 3, "decoder_level3": 2,
    "decoder_level2": 1, "decoder_level1": 1, "refinement": 1,
}


def note(name: str, value: Tensor) -> Tensor:
    """The value, which is recorded where that is wanted."""
    if recorded is not None:
        recorded[name] = value
    return value


def conv(w: Tensors, name: str, x: Tensor, groups: int = 1) -> Tensor:
    """A convolution that keeps the size, with zero padding."""
    weight, bias = w[name + ".weight"], w.get(name + ".bias")
    return note(name, F.conv2d(x, weight, bias, padding=weight.shape[-1] // 2, groups=groups))


def layer_norm(w: Tensors, name: str, x: Tensor) -> Tensor:
    """Over the channels; without a bias the mean stays."""
    weight, bias = w[name + ".body.weight"], w.get(name + ".body.bias")
    y = x.permute(0, 2, 3, 1)
    if bias is not None:
        y = F.layer_norm(y, y.shape[-1:], weight, bias, 1e-5)
    else:
        y = y / torch.sqrt(y.var(-1, keepdim=True, unbiased=False) + 1e-5) * weight
    return note(name, y.permute(0, 3, 1, 2))


def attention(w: Tensors, name: str, x: Tensor) -> Tensor:
    """Attention between channels, each divided by its norm over the whole picture."""
    n, c, height, width = x.shape
    temperature = w[name + ".temperature"]
    heads = temperature.shape[0]
    qkv = conv(w, name + ".qkv_dwconv", conv(w, name + ".qkv", x), groups=3 * c)
    q, k, v = (part.reshape(n, heads, c // heads, height * width) for part in qkv.chunk(3, 1))
    weights = F.normalize(q, dim=-1) @ F.normalize(k, dim=-1).transpose(-2, -1) * temperature
    mixed = note(name + ".attention", (weights.softmax(-1) @ v).reshape(n, c, height, width))
    return conv(w, name + ".project_out", mixed)


def feed_forward(w: Tensors, name: str, x: Tensor) -> Tensor:
    """Two halves, one through GELU, multiplied."""
    wide = conv(w, name + ".project_in", x)
    a, b = conv(w, name + ".dwconv", wide, groups=wide.shape[1]).chunk(2, 1)
    gated = note(name + ".gate", note(name + ".gelu", gelu(a)) * b)
    return conv(w, name + ".project_out", gated)


def block(w: Tensors, name: str, x: Tensor, z: Tensor | None) -> Tensor:
    """Attention and feed-forward part, each added to what it is made of."""
    for norm, part, function in (("norm1", "attn", attention), ("norm2", "ffn", feed_forward)):
        y = layer_norm(w, f"{name}.{norm}", x)
        if z is not None:
            k1, k2 = F.linear(z, w[f"{name}.{part}.kernel.0.weight"])[..., None, None].chunk(2, 1)
            y = y * k1 + k2
        x = note(f"{name}.{part}.residual", x + function(w, f"{name}.{part}", y))
    return x


def features(w: Tensors, x: Tensor, z: Tensor | None = None, prefix: str = "") -> tuple[Tensor, Tensor]:
    """The first features, and those at the end of the U-Net."""

    def stage(name: str, x: Tensor) -> Tensor:
        index = 0
        while f"{prefix}{name}.{index}.attn.qkv.weight" in w:
            x = block(w, f"{prefix}{name}.{index}", x, z)
            index += 1
        return x

    def down(name: str, x: Tensor) -> Tensor:
        return F.pixel_unshuffle(conv(w, f"{prefix}{name}.body.0", x), 2)

    def up(name: str, x: Tensor, other: Tensor) -> Tensor:
        return torch.cat([F.pixel_shuffle(conv(w, f"{prefix}{name}.body.0", x), 2), other], 1)

    first = conv(w, prefix + "patch_embed.proj", x)
    one = stage("encoder_level1", first)
    two = stage("encoder_level2", down("down1_2", one))
    three = stage("encoder_level3", down("down2_3", two))
    y = up("up4_3", stage("latent", down("down3_4", three)), three)
    y = stage("decoder_level3", conv(w, prefix + "reduce_chan_level3", y))
    y = stage("decoder_level2", conv(w, prefix + "reduce_chan_level2", up("up3_2", y, two)))
    y = stage("decoder_level1", up("up2_1", y, one))
    return first, stage("refinement", y)


def restormer(w: Tensors, x: Tensor) -> Tensor:
    """Restormer; with `skip_conv` the dual-pixel network."""
    first, last = features(w, x)
    if "skip_conv.weight" in w:
        return conv(w, "output", last + conv(w, "skip_conv", first))
    return conv(w, "output", last) + x


def condition(w: Tensors, x: Tensor) -> Tensor:
    """What the diffusion is conditioned by, `[1, 4 n]`."""

    def leaky(value: Tensor) -> Tensor:
        return F.leaky_relu(value, 0.1)

    y, index = leaky(conv(w, "condition.E.0", x)), 2
    while f"condition.E.{index}.body.0.weight" in w:
        name = f"condition.E.{index}.body"
        y = y + conv(w, name + ".2", leaky(conv(w, name + ".0", y)))
        index += 1
    for step in range(3):
        y = leaky(conv(w, f"condition.E.{index + 2 * step}", y))
    y = y.mean((2, 3))
    for layer in ("condition.mlp.0", "condition.mlp.2"):
        y = leaky(F.linear(y, w[layer + ".weight"], w[layer + ".bias"]))
    return y


def diffused(w: Tensors, c: Tensor, noise: Tensor) -> Tensor:
    """z, `[1, 4 n]`, from noise of that shape."""
    coef1, coef2 = w["diffusion.posterior_mean_coef1"], w["diffusion.posterior_mean_coef2"]
    steps, z = len(coef1), noise
    for t in reversed(range(steps)):
        h = torch.cat([c, torch.full_like(c[:, :1], t / (10 * steps)), z], 1)
        name, index = "denoise.resmlp.0", 2
        while name + ".weight" in w:
            h = F.leaky_relu(F.linear(h, w[name + ".weight"], w[name + ".bias"]), 0.1)
            name, index = f"denoise.resmlp.{index}.resmlp.0", index + 1
        z = coef1[t] * h + coef2[t] * z
    return z


def diffir(w: Tensors, x: Tensor, noise: Tensor) -> Tensor:
    """DiffIR; what it is for shows in the tensors. An inpainting network takes the mask as last channel."""
    inputs = w["G.patch_embed.proj.weight"].shape[1]
    ends = w.get("G.tail.1.weight", w.get("G.output.weight"))
    factor = int((inputs / ends.shape[0]) ** 0.5) if "G.tail.1.weight" in w else 1
    if inputs == ends.shape[0] + 1:
        x = torch.cat([x[:, :-1] * (1 - x[:, -1:]), x[:, -1:]], 1)
    pixels = F.pixel_unshuffle(x, factor)
    squares = int((w["condition.E.0.weight"].shape[1] / inputs) ** 0.5)
    z = diffused(w, condition(w, F.pixel_unshuffle(pixels, squares)), noise)
    y = features(w, pixels, z, "G.")[1]
    if "G.tail.1.weight" in w:
        y = F.pixel_shuffle(conv(w, "G.tail.0.0", y), 2)
        y = conv(w, "G.tail.1", F.pixel_shuffle(conv(w, "G.tail.0.2", y), 2))
        return y + F.interpolate(x, scale_factor=4 // factor)
    y = conv(w, "G.output", y)
    return y + x if inputs == ends.shape[0] else y * x[:, -1:] + x[:, :-1]


def shapes(
    dim: int, blocks: tuple[int, int, int, int], refinement: int, factor: float, has_norm_bias: bool,
    inputs: int = 3, heads: tuple[int, int, int, int] = (1, 2, 4, 8), bias: bool = False,
    modulation: int = 0,
) -> Shapes:
    """The U-Net's tensors without its end; `modulation` is `4 n` of DiffIR."""
    made: Shapes = {}

    def add(name: str, outputs: int, taken: int, side: int = 1, has_bias: bool = False) -> None:
        made[name + ".weight"] = (outputs, taken, side, side)
        if has_bias:
            made[name + ".bias"] = (outputs,)

    add("patch_embed.proj", dim, inputs, 3)
    counts = (*blocks, blocks[2], blocks[1], blocks[0], refinement)
    ends = (*heads, heads[2], heads[1], heads[0], heads[0])
    for (stage, level), count, head in zip(LEVELS.items(), counts, ends):
        c, h = dim << level, int((dim << level) * factor)
        for index in range(count):
            name = f"{stage}.{index}"
            for norm in ("norm1", "norm2"):
                for part in ("weight", "bias") if has_norm_bias else ("weight",):
                    made[f"{name}.{norm}.body.{part}"] = (c,)
            made[name + ".attn.temperature"] = (head, 1, 1)
            if modulation:
                made[name + ".attn.kernel.0.weight"] = (2 * c, modulation)
                made[name + ".ffn.kernel.0.weight"] = (2 * c, modulation)
            add(name + ".attn.qkv", 3 * c, c, has_bias=bias)
            add(name + ".attn.qkv_dwconv", 3 * c, 1, 3, bias)
            add(name + ".attn.project_out", c, c, has_bias=bias)
            add(name + ".ffn.project_in", 2 * h, c, has_bias=bias)
            add(name + ".ffn.dwconv", 2 * h, 1, 3, bias)
            add(name + ".ffn.project_out", c, h, has_bias=bias)
    for level, name in enumerate(("down1_2", "down2_3", "down3_4")):
        add(name + ".body.0", dim << level >> 1, dim << level, 3)
    for level, name in ((3, "up4_3"), (2, "up3_2"), (1, "up2_1")):
        add(name + ".body.0", dim << level << 1, dim << level, 3)
    add("reduce_chan_level3", 4 * dim, 8 * dim, has_bias=bias)
    add("reduce_chan_level2", 2 * dim, 4 * dim, has_bias=bias)
    return made


def restormer_shapes(inputs: int = 3, outputs: int = 3, bias: bool = False, **body: object) -> Shapes:
    """A Restormer's tensors; with other outputs than inputs the dual-pixel network's."""
    made = shapes(inputs=inputs, bias=bias, **body)
    dim = made["patch_embed.proj.weight"][0]
    ends = [("output", outputs, 3)] + ([("skip_conv", 2 * dim, 1)] if outputs != inputs else [])
    for name, count, side in ends:
        made[name + ".weight"] = (count, 2 * dim if side == 3 else dim, side, side)
        if bias:
            made[name + ".bias"] = (count,)
    return made


def diffir_shapes(
    use: str, features: int = 64, condition_blocks: int = 5, layers: int = 1, steps: int = 4,
    **body: object,
) -> Shapes:
    """A DiffIR's tensors; `use` is x4, x2, x1, deblurring or inpainting."""
    inputs = {"x4": 3, "x2": 12, "x1": 48, "deblurring": 3, "inpainting": 4}[use]
    width = 4 * features
    made = {f"G.{k}": v for k, v in shapes(inputs=inputs, modulation=width, **body).items()}
    wide = 2 * made["G.patch_embed.proj.weight"][0]

    def add(name: str, outputs: int, *rest: int) -> None:
        made[name + ".weight"], made[name + ".bias"] = (outputs, *rest), (outputs,)

    if use in ("deblurring", "inpainting"):
        made["G.output.weight"] = (3, wide, 3, 3)
        inputs *= 16
    else:
        for index in (0, 2):
            add(f"G.tail.0.{index}", 4 * wide, wide, 3, 3)
        add("G.tail.1", 3, wide, 3, 3)
    add("condition.E.0", features, inputs, 3, 3)
    for index in range(condition_blocks):
        add(f"condition.E.{2 + index}.body.0", features, features, 3, 3)
        add(f"condition.E.{2 + index}.body.2", features, features, 3, 3)
    for index, (outputs, taken) in enumerate(((2, 1), (2, 2), (4, 2))):
        add(
            f"condition.E.{2 + condition_blocks + 2 * index}", outputs * features, taken * features, 3, 3
        )
    add("condition.mlp.0", width, width)
    add("condition.mlp.2", width, width)
    add("denoise.resmlp.0", width, 2 * width + 1)
    for index in range(layers):
        add(f"denoise.resmlp.{2 + index}.resmlp.0", width, width)
    made["diffusion.posterior_mean_coef1"] = made["diffusion.posterior_mean_coef2"] = (steps,)
    return made


def drawn(shapes: Shapes, seed: int) -> Tensors:
    """Weights that let no tensor go unnoticed."""
    draw = torch.Generator().manual_seed(seed)

    def uniform(shape: tuple[int, ...]) -> Tensor:
        return 2 * torch.rand(shape, generator=draw) - 1

    made: Tensors = {}
    for name, shape in shapes.items():
        if name.endswith(".temperature"):
            made[name] = 2 + uniform(shape)
        elif "norm" in name and name.endswith(".weight"):
            made[name] = 1 + 0.3 * uniform(shape)
        elif len(shape) == 1:
            made[name] = 0.2 * uniform(shape) + (0.5 if "coef" in name else 0)
        else:
            fan_in = max(int(torch.Size(shape[1:]).numel()), 1)
            made[name] = 1.4 * uniform(shape) / fan_in**0.5
    return made
