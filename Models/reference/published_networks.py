"""Published sizes of convolutional networks, with random weights.

`NETWORKS[name]` makes the network: a state dict in the names of the original code, and the function
of `convolutional.py` that computes it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

import convolutional
from convolutional import Tensors

Shapes = dict[str, tuple[int, ...]]


class Network(NamedTuple):
    """A network with weights."""

    weights: Tensors
    function: Callable[[Tensors, Tensor], Tensor]


def conv(shapes: Shapes, name: str, outputs: int, inputs: int, side: int = 3) -> None:
    """Adds a convolution with a bias."""
    shapes[name + ".weight"] = (outputs, inputs, side, side)
    shapes[name + ".bias"] = (outputs,)


def rrdbnet(blocks: int) -> Shapes:
    """Real-ESRGAN's RRDBNet for x4: 64 channels that grow by 32."""
    shapes: Shapes = {}
    conv(shapes, "conv_first", 64, 3)
    for block in range(blocks):
        for index in (1, 2, 3):
            for step in range(1, 6):
                name = f"body.{block}.rdb{index}.conv{step}"
                conv(shapes, name, 32 if step < 5 else 64, 32 + 32 * step)
    for name in ("conv_body", "conv_up1", "conv_up2", "conv_hr"):
        conv(shapes, name, 64, 64)
    conv(shapes, "conv_last", 3, 64)
    return shapes


def compact(blocks: int) -> Shapes:
    """SRVGGNetCompact for x4: 64 channels, PReLU."""
    shapes: Shapes = {}
    for index in range(blocks + 1):
        conv(shapes, f"body.{2 * index}", 64, 64 if index else 3)
        shapes[f"body.{2 * index + 1}.weight"] = (64,)
    conv(shapes, f"body.{2 * blocks + 2}", 48, 64)
    return shapes


def edsr() -> Shapes:
    """EDSR-M for x4: 16 blocks of 64 channels."""
    shapes: Shapes = {}
    conv(shapes, "conv_first", 64, 3)
    for block in range(16):
        for index in (1, 2):
            conv(shapes, f"body.{block}.conv{index}", 64, 64)
    conv(shapes, "conv_after_body", 64, 64)
    for index in (0, 2):
        conv(shapes, f"upsample.{index}", 256, 64)
    conv(shapes, "conv_last", 3, 64)
    return shapes


def nafnet(width: int) -> Shapes:
    """NAFNet for denoising on SIDD."""
    shapes: Shapes = {}

    def block(name: str, c: int) -> None:
        for norm in ("norm1", "norm2"):
            shapes[f"{name}.{norm}.weight"] = shapes[f"{name}.{norm}.bias"] = (c,)
        for index, outputs, inputs in ((1, 2 * c, c), (3, c, c), (4, 2 * c, c), (5, c, c)):
            conv(shapes, f"{name}.conv{index}", outputs, inputs, 1)
        conv(shapes, f"{name}.conv2", 2 * c, 1)
        conv(shapes, f"{name}.sca.1", c, c, 1)
        shapes[f"{name}.beta"] = shapes[f"{name}.gamma"] = (1, c, 1, 1)

    encoders, middle, decoders = (2, 2, 4, 8), 12, (2, 2, 2, 2)
    conv(shapes, "intro", width, 3)
    c = width
    for level, blocks in enumerate(encoders):
        for index in range(blocks):
            block(f"encoders.{level}.{index}", c)
        conv(shapes, f"downs.{level}", 2 * c, c, 2)
        c *= 2
    for index in range(middle):
        block(f"middle_blks.{index}", c)
    for level, blocks in enumerate(decoders):
        shapes[f"ups.{level}.0.weight"] = (2 * c, c, 1, 1)
        c //= 2
        for index in range(blocks):
            block(f"decoders.{level}.{index}", c)
    conv(shapes, "ending", 3, width)
    return shapes


def random_weights(shapes: Shapes, gain: float = 0.7) -> Tensors:
    """Weights that keep values in a middle range through many layers."""
    generator = torch.Generator().manual_seed(1)
    weights: Tensors = {}
    for name, shape in shapes.items():
        spread = gain / max(1, torch.Size(shape[1:]).numel()) ** 0.5
        weights[name] = torch.randn(shape, generator=generator) * spread
        if len(shape) == 1 and name.endswith(".weight"):
            weights[name] = torch.full(shape, 0.25 if "body" in name else 1.0)
    return weights


def network(shapes: Callable[[], Shapes], function: Callable[[Tensors, Tensor], Tensor]) -> Network:
    """The network of these shapes."""
    return Network(random_weights(shapes()), function)


NETWORKS: dict[str, Callable[[], Network]] = {
    "realesrgan-x4plus": partial(network, partial(rrdbnet, 23), convolutional.rrdbnet),
    "realesrgan-x4plus-anime-6b": partial(network, partial(rrdbnet, 6), convolutional.rrdbnet),
    "realesr-general-x4v3": partial(network, partial(compact, 32), convolutional.compact),
    "realesr-animevideov3": partial(network, partial(compact, 16), convolutional.compact),
    "edsr-m-x4": partial(network, edsr, convolutional.edsr),
    "nafnet-sidd-32": partial(network, partial(nafnet, 32), convolutional.nafnet),
}
