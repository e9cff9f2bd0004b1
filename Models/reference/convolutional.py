"""The convolutional families in plain PyTorch, written from what they compute; a state dict of BasicSR's
(RRDBNet, SRVGGNetCompact, MSRResNet, EDSR, RCAN, RIDNet, ECBSR) or NAFNet's names in, pictures out.

Each function takes the tensors by name and a picture [1, C, H, W] with values of 0 to 1, and returns
the whole result, not clamped. What no tensor shows is a parameter.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

Tensors = dict[str, Tensor]
MEAN = (0.4488, 0.4371, 0.4040)


def conv(w: Tensors, name: str, x: Tensor, dilation: int = 1, groups: int = 1) -> Tensor:
    """A convolution that keeps the size, with zero padding."""
    weight = w[name + ".weight"]
    padding = dilation * (weight.shape[-1] // 2)
    return F.conv2d(x, weight, w.get(name + ".bias"), 1, padding, dilation, groups)


def count(w: Tensors, prefix: str) -> int:
    """One more than the greatest number behind a prefix."""
    found = [name[len(prefix) :].split(".")[0] for name in w if name.startswith(prefix)]
    return max((int(text) + 1 for text in found if text.isdigit()), default=0)


def rrdbnet(w: Tensors, x: Tensor) -> Tensor:
    """Residual-in-residual dense blocks; fewer inputs than the first convolution takes are unshuffled."""

    def leaky(value: Tensor) -> Tensor:
        return F.leaky_relu(value, 0.2)

    factor = int((w["conv_first.weight"].shape[1] / x.shape[1]) ** 0.5)
    first = conv(w, "conv_first", F.pixel_unshuffle(x, factor) if factor > 1 else x)
    value = first
    for block in range(count(w, "body.")):
        outer = value
        for index in (1, 2, 3):
            seen = value
            for step in (1, 2, 3, 4):
                new = leaky(conv(w, f"body.{block}.rdb{index}.conv{step}", seen))
                seen = torch.cat([seen, new], 1)
            value = 0.2 * conv(w, f"body.{block}.rdb{index}.conv5", seen) + value
        value = 0.2 * value + outer
    value = first + conv(w, "conv_body", value)
    step = 1
    while f"conv_up{step}.weight" in w:
        value = leaky(conv(w, f"conv_up{step}", F.interpolate(value, scale_factor=2)))
        step += 1
    return conv(w, "conv_last", leaky(conv(w, "conv_hr", value)))


def compact(w: Tensors, x: Tensor, act: str = "prelu") -> Tensor:
    """SRVGGNetCompact."""
    last = count(w, "body.") - 1
    value = x
    for index in range(0, last, 2):
        value = activate(w, f"body.{index + 1}", conv(w, f"body.{index}", value), act)
    return enlarge(conv(w, f"body.{last}", value), x)


def activate(w: Tensors, name: str, value: Tensor, act: str) -> Tensor:
    """PReLU with the slopes of this name, or what has none."""
    if act == "prelu":
        return F.prelu(value, w[name + ".weight"])
    return {"relu": F.relu, "leakyrelu": lambda v: F.leaky_relu(v, 0.1)}[act](value)


def enlarge(value: Tensor, x: Tensor) -> Tensor:
    """The shuffled channels on top of the nearest enlargement of the picture."""
    factor = int((value.shape[1] / x.shape[1]) ** 0.5)
    return F.pixel_shuffle(value, factor) + F.interpolate(x, scale_factor=factor)


def msrresnet(w: Tensors, x: Tensor) -> Tensor:
    """SRResNet without batch normalisation."""

    def leaky(value: Tensor) -> Tensor:
        return F.leaky_relu(value, 0.1)

    value = leaky(conv(w, "conv_first", x))
    for block in range(count(w, "body.")):
        hidden = F.relu(conv(w, f"body.{block}.conv1", value))
        value = value + conv(w, f"body.{block}.conv2", hidden)
    scale = 1
    for name in ("upconv1", "upconv2"):
        if name + ".weight" in w:
            wide = conv(w, name, value)
            factor = int((wide.shape[1] / value.shape[1]) ** 0.5)
            value = leaky(F.pixel_shuffle(wide, factor))
            scale *= factor
    base = F.interpolate(x, scale_factor=scale, mode="bilinear", align_corners=False)
    return conv(w, "conv_last", leaky(conv(w, "conv_hr", value))) + base


def shifted(x: Tensor, img_range: float) -> Tensor:
    """The picture as EDSR and RCAN take it."""
    return (x - x.new_tensor(MEAN).view(1, 3, 1, 1)) * img_range


def ending(w: Tensors, value: Tensor, img_range: float) -> Tensor:
    """Enlargement, last convolution and the way back of EDSR and RCAN."""
    for index in range(0, count(w, "upsample."), 2):
        wide = conv(w, f"upsample.{index}", value)
        value = F.pixel_shuffle(wide, int((wide.shape[1] / value.shape[1]) ** 0.5))
    value = conv(w, "conv_last", value)
    return value / img_range + value.new_tensor(MEAN).view(1, 3, 1, 1)


def edsr(w: Tensors, x: Tensor, res_scale: float = 1, img_range: float = 255) -> Tensor:
    """EDSR."""
    first = conv(w, "conv_first", shifted(x, img_range))
    value = first
    for block in range(count(w, "body.")):
        hidden = F.relu(conv(w, f"body.{block}.conv1", value))
        value = value + res_scale * conv(w, f"body.{block}.conv2", hidden)
    return ending(w, first + conv(w, "conv_after_body", value), img_range)


def attention(w: Tensors, first: str, second: str, x: Tensor) -> Tensor:
    """Channels scaled by what two 1x1 convolutions make of their means."""
    hidden = F.relu(conv(w, first, x.mean((2, 3), keepdim=True)))
    return x * torch.sigmoid(conv(w, second, hidden))


def rcan(w: Tensors, x: Tensor, res_scale: float = 1, img_range: float = 255) -> Tensor:
    """RCAN."""
    first = conv(w, "conv_first", shifted(x, img_range))
    value = first
    for group in range(count(w, "body.")):
        start = value
        for block in range(count(w, f"body.{group}.residual_group.")):
            name = f"body.{group}.residual_group.{block}.rcab"
            hidden = conv(w, name + ".2", F.relu(conv(w, name + ".0", value)))
            scaled = attention(w, name + ".3.attention.1", name + ".3.attention.3", hidden)
            value = value + res_scale * scaled
        value = start + conv(w, f"body.{group}.conv", value)
    return ending(w, first + conv(w, "conv_after_body", value), img_range)


def ridnet(w: Tensors, x: Tensor) -> Tensor:
    """RIDNet, which works in 0 to 255."""
    x = 255 * x
    value = F.relu(conv(w, "head", conv(w, "sub_mean", x)))
    for block in range(count(w, "body.")):
        name = f"body.{block}"
        parts = []
        for branch, dilations in ((1, (1, 2)), (2, (3, 4))):
            part = value
            for index, dilation in zip((0, 2), dilations):
                module = f"{name}.merge.dilation{branch}.{index}"
                part = F.relu(conv(w, module, part, dilation))
            parts.append(part)
        value = value + F.relu(conv(w, name + ".merge.aggregation.0", torch.cat(parts, 1)))
        hidden = conv(w, name + ".block1.conv2", F.relu(conv(w, name + ".block1.conv1", value)))
        value = F.relu(value + hidden)
        hidden = value
        for index in (0, 2):
            hidden = F.relu(conv(w, f"{name}.block2.body.{index}", hidden))
        value = F.relu(value + conv(w, name + ".block2.body.4", hidden))
        value = attention(w, name + ".ca.attention.1", name + ".ca.attention.3", value)
    return (x + conv(w, "add_mean", conv(w, "tail", value))) / 255


def ecbsr(w: Tensors, x: Tensor, act: str = "prelu", with_idt: bool = False) -> Tensor:
    """ECBSR with its branches one by one, as it is trained."""
    last = count(w, "backbone.") - 1
    value = x
    for index in range(last + 1):
        value = edge_block(w, f"backbone.{index}", value, with_idt)
        if index < last:
            value = activate(w, f"backbone.{index}.act", value, act)
    return enlarge(value, x)


def edge_block(w: Tensors, name: str, x: Tensor, with_idt: bool) -> Tensor:
    """The sum of the branches; the bias of a 1x1 convolution stands in the padding too."""
    result = conv(w, name + ".conv3x3", x)
    if name + ".conv1x1_3x3.k0" not in w:
        return result

    def widened(branch: str) -> Tensor:
        bias = w[f"{name}.{branch}.b0"]
        hidden = F.pad(F.conv2d(x, w[f"{name}.{branch}.k0"], bias), (1, 1, 1, 1))
        edge = torch.ones_like(hidden[:1, :1])
        edge[:, :, 1:-1, 1:-1] = 0
        return hidden + edge * bias.view(1, -1, 1, 1)

    wide = widened("conv1x1_3x3")
    result = result + F.conv2d(wide, w[name + ".conv1x1_3x3.k1"], w[name + ".conv1x1_3x3.b1"])
    for edge in ("sbx", "sby", "lpl"):
        part = f"{name}.conv1x1_{edge}"
        mask = w[part + ".scale"] * w[part + ".mask"]
        hidden = widened("conv1x1_" + edge)
        result = result + F.conv2d(hidden, mask, w[part + ".bias"], groups=hidden.shape[1])
    if with_idt and result.shape[1] == x.shape[1]:
        result = result + x
    return result


def nafnet(w: Tensors, x: Tensor, tlc: int = 0) -> Tensor:
    """NAFNet, or its Baseline; with `tlc` the means are taken over windows of so many pixels."""
    levels = count(w, "downs.")
    height, width = x.shape[2:]
    multiple = 2**levels
    padded = F.pad(x, (0, -width % multiple, 0, -height % multiple))
    value = conv(w, "intro", padded)
    kept = []
    for level in range(levels):
        value = blocks(w, f"encoders.{level}.", value, tlc >> level)
        kept.append(value)
        value = F.conv2d(value, w[f"downs.{level}.weight"], w[f"downs.{level}.bias"], stride=2)
    value = blocks(w, "middle_blks.", value, tlc >> levels)
    for index in range(levels):
        level = levels - 1 - index
        value = F.pixel_shuffle(conv(w, f"ups.{index}.0", value), 2) + kept[level]
        value = blocks(w, f"decoders.{index}.", value, tlc >> level)
    return (conv(w, "ending", value) + padded)[:, :, :height, :width]


def blocks(w: Tensors, prefix: str, x: Tensor, window: int) -> Tensor:
    """The blocks of one level."""
    for block in range(count(w, prefix)):
        x = naf_block(w, f"{prefix}{block}", x, window)
    return x


def naf_block(w: Tensors, name: str, x: Tensor, window: int) -> Tensor:
    """One block, with gates and one convolution of means, or with GELU and two."""
    is_baseline = name + ".se.1.weight" in w

    def norm(part: str, value: Tensor) -> Tensor:
        weight, bias = w[f"{name}.{part}.weight"], w[f"{name}.{part}.bias"]
        last = F.layer_norm(value.permute(0, 2, 3, 1), weight.shape, weight, bias, 1e-6)
        return last.permute(0, 3, 1, 2)

    def gate(value: Tensor) -> Tensor:
        if is_baseline:
            return F.gelu(value)
        first, second = value.chunk(2, 1)
        return first * second

    value = conv(w, name + ".conv1", norm("norm1", x))
    value = gate(conv(w, name + ".conv2", value, groups=value.shape[1]))
    means = value.mean((2, 3), keepdim=True) if window == 0 else local_means(value, window)
    if is_baseline:
        hidden = F.relu(conv(w, name + ".se.1", means))
        value = value * torch.sigmoid(conv(w, name + ".se.3", hidden))
    else:
        value = value * conv(w, name + ".sca.1", means)
    y = x + w[name + ".beta"] * conv(w, name + ".conv3", value)
    value = gate(conv(w, name + ".conv4", norm("norm2", y)))
    return y + w[name + ".gamma"] * conv(w, name + ".conv5", value)


def local_means(x: Tensor, window: int) -> Tensor:
    """Means over windows inside the picture, the outermost repeated to its edges."""
    height, width = (min(window, side) for side in x.shape[2:])
    means = F.avg_pool2d(x, (height, width), stride=1)
    pads = ((width - 1) // 2, width // 2, (height - 1) // 2, height // 2)
    return F.pad(means, pads, mode="replicate")
