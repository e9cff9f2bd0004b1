"""SwinIR and HAT in plain PyTorch, written from what they compute; a state dict of their authors'
names in, pictures out.

`swinir` and `hat` take the tensors by name and a picture [1, C, H, W] whose sides are multiples of the
window, with values of 0 to 1, and return the whole result, not clamped. What no tensor shows is a
parameter. `shapes` gives names and shapes of a network's tensors. The arithmetic is that of the authors'
code: PyTorch's own products, softmax and norms, tables and masks made once for each size.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from convolutional import MEAN, conv, count

Tensors = dict[str, Tensor]
# Takes the name of a node of the converted graph and its result.
Note = Callable[[str, Tensor], object]
Shapes = dict[str, tuple[int, ...]]


@functools.lru_cache
def positions(window: int, reach: int) -> Tensor:
    """Numbers of the table's rows, [window^2, reach^2]: queries, keys."""
    query, key = torch.arange(window), torch.arange(reach)
    if reach == window:
        step = query[:, None] - key[None, :] + window - 1
    else:
        step = key[None, :] - query[:, None] + window - reach + 1
    side = window + reach - 1
    rows = step[:, None, :, None] * side + step[None, :, None, :]
    return rows.reshape(window**2, reach**2) % side**2


@functools.lru_cache
def zones(height: int, width: int, window: int, shift: int) -> Tensor:
    """What is added to logits of a shifted image, [windows, 1, window^2, window^2]."""

    def zone(side: int) -> Tensor:
        place = torch.arange(side)
        return (place >= side - window).long() + (place >= side - shift).long()

    zone_of = (3 * zone(height)[:, None] + zone(width)[None, :])[None, :, :, None]
    each = windows(zone_of, window)[:, :, 0]
    return torch.where(each[:, :, None] == each[:, None, :], 0.0, -100.0)[:, None]


def windows(x: Tensor, window: int) -> Tensor:
    """[1, H, W, C] -> [windows, window^2, C]."""
    _, height, width, channels = x.shape
    x = x.view(height // window, window, width // window, window, channels)
    return x.transpose(1, 2).reshape(-1, window**2, channels)


def unwindows(x: Tensor, window: int, height: int, width: int) -> Tensor:
    """The inverse."""
    x = x.view(height // window, width // window, window, window, -1)
    return x.transpose(1, 2).reshape(1, height, width, -1)


def linear(w: Tensors, name: str, x: Tensor) -> Tensor:
    return F.linear(x, w[name + ".weight"], w.get(name + ".bias"))


def norm(w: Tensors, name: str, x: Tensor) -> Tensor:
    return F.layer_norm(x, x.shape[-1:], w[name + ".weight"], w[name + ".bias"])


def weigh(w: Tensors, name: str, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
    """Attention of [windows, queries, C] to [windows, keys, C]."""
    table = w[name + ".relative_position_bias_table"]
    heads = table.shape[1]
    window, reach = round(q.shape[1] ** 0.5), round(k.shape[1] ** 0.5)

    def split(x: Tensor) -> Tensor:
        return x.unflatten(2, (heads, -1)).transpose(1, 2)

    q, k, v = split(q), split(k), split(v)
    bias = table[positions(window, reach).flatten()].view(window**2, reach**2, heads)
    logits = (q * q.shape[-1] ** -0.5) @ k.transpose(2, 3) + bias.permute(2, 0, 1)
    if mask is not None:
        logits = logits + mask.to(logits.dtype)
    return (logits.softmax(3) @ v).transpose(1, 2).flatten(2)


def silent(name: str, x: Tensor) -> None:
    """Notes nothing."""


def attention(
    w: Tensors, name: str, z: Tensor, window: int, shift: int, note: Note = silent, fault: str = ""
) -> Tensor:
    """Attention in windows of a normalised image [1, H, W, C], up to its projection."""
    _, height, width, _ = z.shape
    # The name of a fault is what a converter or a kernel might get wrong.
    roll = shift - 1 if fault == "shift" and shift else shift
    qkv = linear(w, name + ".qkv", z)
    mask = None
    if shift:
        qkv = qkv.roll((-roll, -roll), (1, 2))
        mask = None if fault == "mask" else zones(height, width, window, shift)
    q, k, v = windows(qkv, window).chunk(3, 2)
    out = unwindows(weigh(w, name, q, k, v, mask), window, height, width)
    if shift:
        out = out.roll((roll, roll), (1, 2))
    note(name, image(out))
    return linear(w, name + ".proj", out)


def overlapping(w: Tensors, name: str, y: Tensor, window: int) -> Tensor:
    """HAT's attention to the squares about the windows, up to its projection."""
    _, height, width, channels = y.shape
    side = round(w[name + ".relative_position_bias_table"].shape[0] ** 0.5)
    reach = side + 1 - window
    q, k, v = linear(w, name + ".qkv", norm(w, name + ".norm1", y)).chunk(3, 3)
    kv = torch.cat([k, v], 3).permute(0, 3, 1, 2)
    kv = F.unfold(kv, reach, padding=(reach - window) // 2, stride=window)
    kv = kv.view(2, channels, reach**2, -1).permute(0, 3, 2, 1)
    out = weigh(w, name, windows(q, window), kv[0], kv[1], None)
    return linear(w, name + ".proj", unwindows(out, window, height, width))


def feed(w: Tensors, name: str, y: Tensor, note: Note = silent, fault: str = "") -> Tensor:
    hidden = linear(w, name + ".mlp.fc1", norm(w, name + ".norm2", y))
    hidden = F.gelu(hidden, approximate="tanh" if fault == "gelu" else "none")
    note(name + ".mlp.gelu", image(hidden))
    y = y + linear(w, name + ".mlp.fc2", hidden)
    note(name + ".mlp.add", image(y))
    return y


def image(y: Tensor) -> Tensor:
    """[1, H, W, C] -> [1, C, H, W]."""
    return y.permute(0, 3, 1, 2)


def pixels(x: Tensor) -> Tensor:
    """The inverse."""
    return x.permute(0, 2, 3, 1)


def ended(w: Tensors, name: str, x: Tensor) -> Tensor:
    """One convolution, three of them, or none."""
    if name + ".weight" in w:
        return conv(w, name, x)
    if name + ".0.weight" not in w:
        return x
    x = F.leaky_relu(conv(w, name + ".0", x), 0.2)
    return conv(w, name + ".4", F.leaky_relu(conv(w, name + ".2", x), 0.2))


def tail(w: Tensors, f: Tensor, x: Tensor) -> Tensor:
    """From features to the picture; x is the normalised input."""
    if "upsample.0.weight" not in w and "conv_up1.weight" not in w:
        return x + conv(w, "conv_last", f)
    if "conv_last.weight" not in w:
        pixel_count = w["upsample.0.weight"].shape[0] // x.shape[1]
        return F.pixel_shuffle(conv(w, "upsample.0", f), round(pixel_count**0.5))
    f = F.leaky_relu(conv(w, "conv_before_upsample.0", f), 0.01)
    for step in range(0, count(w, "upsample."), 2):
        factor = round((w[f"upsample.{step}.weight"].shape[0] / f.shape[1]) ** 0.5)
        f = F.pixel_shuffle(conv(w, f"upsample.{step}", f), factor)
    for name in ("conv_up1", "conv_up2"):
        if name + ".weight" in w:
            f = F.leaky_relu(conv(w, name, F.interpolate(f, scale_factor=2)), 0.2)
    if "conv_hr.weight" in w:
        f = F.leaky_relu(conv(w, "conv_hr", f), 0.2)
    return conv(w, "conv_last", f)


def network(w: Tensors, x: Tensor, img_range: float, group) -> Tensor:
    """What both have around their blocks; `group` makes the blocks of a group of [1, H, W, C]."""
    mean = x.new_tensor(MEAN).view(1, 3, 1, 1) if x.shape[1] == 3 else x.new_zeros(1)
    x = (x - mean) * img_range
    first = conv(w, "conv_first", x)
    y = pixels(first)
    if "patch_embed.norm.weight" in w:
        y = norm(w, "patch_embed.norm", y)
    for index in range(count(w, "layers.")):
        inner = image(group(f"layers.{index}.residual_group", y))
        y = y + pixels(ended(w, f"layers.{index}.conv", inner))
    y = ended(w, "conv_after_body", image(norm(w, "norm", y))) + first
    return tail(w, y, x) / img_range + mean


def side(w: Tensors) -> int:
    """The windows' side."""
    table = w["layers.0.residual_group.blocks.0.attn.relative_position_bias_table"]
    return (round(table.shape[0] ** 0.5) + 1) // 2


def swinir(
    w: Tensors, x: Tensor, img_range: float = 1.0, shifts: bool = True, note: Note = silent,
    fault: str = "",
) -> Tensor:
    """SwinIR; a `fault` is made on purpose: a wrong shift, no mask, GELU by tanh."""
    window = side(w)

    def group(name: str, y: Tensor) -> Tensor:
        for index in range(count(w, name + ".blocks.")):
            block = f"{name}.blocks.{index}"
            shift = window // 2 if shifts and index % 2 else 0
            z = norm(w, block + ".norm1", y)
            note(block + ".norm1", image(z))
            y = y + attention(w, block + ".attn", z, window, shift, note, fault)
            note(block + ".add", image(y))
            y = feed(w, block, y, note, fault)
        return y

    return network(w, x, img_range, group)


def hat(w: Tensors, x: Tensor, img_range: float = 1.0, conv_scale: float = 0.01) -> Tensor:
    """HAT."""
    window = side(w)

    def local(name: str, z: Tensor) -> Tensor:
        z = conv(w, name + ".2", F.gelu(conv(w, name + ".0", image(z))))
        weights = conv(w, name + ".3.attention.1", z.mean((2, 3), keepdim=True))
        return pixels(z * conv(w, name + ".3.attention.3", F.relu(weights)).sigmoid())

    def group(name: str, y: Tensor) -> Tensor:
        for index in range(count(w, name + ".blocks.")):
            block = f"{name}.blocks.{index}"
            shift = window // 2 if index % 2 else 0
            z = norm(w, block + ".norm1", y)
            y = y + attention(w, block + ".attn", z, window, shift)
            y = feed(w, block, y + conv_scale * local(block + ".conv_block.cab", z))
        last = name + ".overlap_attn"
        return feed(w, last, y + overlapping(w, last, y, window))

    return network(w, x, img_range, group)


def shapes(
    channels: int, features: int, blocks: tuple[int, ...], heads: int, window: int, upsampler: str = "",
    scale: int = 1, inner: int = 64, three: int = 0, qkv_bias: bool = True, compressed: int = 0,
    squeezed: int = 0, reach: int = 0,
) -> Shapes:
    """Names and shapes of a SwinIR's tensors, or with `compressed` of a HAT's.

    `blocks` counts those of each group; `three` is the inner width of endings of three convolutions.
    """
    made: Shapes = {}

    def layer(name: str, inputs: int, outputs: int, kernel: int = 0, bias: bool = True) -> None:
        made[name + ".weight"] = (outputs, inputs) + (kernel, kernel) * (kernel > 0)
        if bias:
            made[name + ".bias"] = (outputs,)

    def norm_of(name: str) -> None:
        made[name + ".weight"] = made[name + ".bias"] = (features,)

    def ending(name: str) -> None:
        if not three:
            return layer(name, features, features, 3)
        layer(name + ".0", features, three, 3)
        layer(name + ".2", three, three, 1)
        layer(name + ".4", three, features, 3)

    def halves(block: str, module: str, entries: int) -> None:
        norm_of(block + ".norm1")
        made[module + ".relative_position_bias_table"] = (entries, heads)
        layer(module + ".qkv", features, 3 * features, bias=qkv_bias)
        layer(module + ".proj", features, features)
        norm_of(block + ".norm2")
        layer(block + ".mlp.fc1", features, 2 * features)
        layer(block + ".mlp.fc2", 2 * features, features)

    layer("conv_first", channels, features, 3)
    norm_of("patch_embed.norm")
    for group, count_of in enumerate(blocks):
        name = f"layers.{group}.residual_group"
        for index in range(count_of):
            block = f"{name}.blocks.{index}"
            halves(block, block + ".attn", (2 * window - 1) ** 2)
            if compressed:
                cab = block + ".conv_block.cab"
                layer(cab + ".0", features, compressed, 3)
                layer(cab + ".2", compressed, features, 3)
                layer(cab + ".3.attention.1", features, squeezed, 1)
                layer(cab + ".3.attention.3", squeezed, features, 1)
        if compressed:
            last = name + ".overlap_attn"
            halves(last, last, (window + reach - 1) ** 2)
        ending(f"layers.{group}.conv")
    norm_of("norm")
    ending("conv_after_body")
    steps = [3] if scale == 3 else [2] * (scale.bit_length() - 1)
    if upsampler == "pixelshuffledirect":
        layer("upsample.0", features, channels * scale**2, 3)
        return made
    if upsampler:
        layer("conv_before_upsample.0", features, inner, 3)
    for index, factor in enumerate(steps):
        if upsampler == "pixelshuffle":
            layer(f"upsample.{2 * index}", inner, inner * factor**2, 3)
        elif upsampler:
            layer(f"conv_up{index + 1}", inner, inner, 3)
    if upsampler == "nearest+conv":
        layer("conv_hr", inner, inner, 3)
    layer("conv_last", inner if upsampler else features, channels, 3)
    return made
