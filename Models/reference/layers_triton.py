"""LayerNorm and depthwise convolution with their gradients as Triton kernels.

For images whose channels lie together and are few, where the kernels of PyTorch take a row of
threads for each pixel. Letters in shapes: M pixels, N batch, H W image, C channels.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

# Values of a tile of LayerNorm; pixels and channels of one of a convolution.
NORM_TILE, PIXELS, CHANNELS = 2048, 32, 32
# Tiles of pixels that one program sums a gradient of weights over.
TILES = 32


@triton.jit
def _places(pixels, channels, rows: tl.constexpr, width: tl.constexpr):
    """Channels and which exist, places of a program's tile of pixels and which are there."""
    row, channel = tl.program_id(0) * rows + tl.arange(0, rows), tl.arange(0, width)
    inside = channel < channels
    at = row[:, None] * channels + channel[None, :]
    return channel, inside, at, (row < pixels)[:, None] & inside[None, :]


@triton.jit
def _normalised(x, at, valid, channels, eps):
    """Values of pixels with mean 0 and variance 1, and the factor that made them so."""
    value = tl.load(x + at, mask=valid, other=0.0)
    value = tl.where(valid, value - (tl.sum(value, 1) / channels)[:, None], 0.0)
    factor = tl.rsqrt(tl.sum(value * value, 1) / channels + eps)
    return value * factor[:, None], factor


@triton.jit(do_not_specialize=["pixels"])
def _norm_forward(x, weight, bias, y, pixels, channels, eps, rows: tl.constexpr, width: tl.constexpr):
    channel, inside, at, valid = _places(pixels, channels, rows, width)
    normal, _ = _normalised(x, at, valid, channels, eps)
    scale = tl.load(weight + channel, mask=inside, other=0.0)
    shift = tl.load(bias + channel, mask=inside, other=0.0)
    tl.store(y + at, normal * scale[None, :] + shift[None, :], mask=valid)


@triton.jit(do_not_specialize=["pixels"])
def _norm_backward(
    x, weight, gy, gx, g_weight, g_bias, pixels, channels, eps,
    rows: tl.constexpr, width: tl.constexpr,
):  # fmt: skip
    """Gradients of the weights `[programs, C]`."""
    channel, inside, at, valid = _places(pixels, channels, rows, width)
    normal, factor = _normalised(x, at, valid, channels, eps)
    scale = tl.load(weight + channel, mask=inside, other=0.0)
    g = tl.load(gy + at, mask=valid, other=0.0)
    scaled = g * scale[None, :]
    mean = tl.sum(scaled, 1) / channels
    along = tl.sum(scaled * normal, 1) / channels
    made = (scaled - mean[:, None] - normal * along[:, None]) * factor[:, None]
    tl.store(gx + at, made, mask=valid)
    own = tl.program_id(0) * channels + channel
    tl.store(g_weight + own, tl.sum(g * normal, 0), mask=inside)
    tl.store(g_bias + own, tl.sum(g, 0), mask=inside)


class LayerNorm(torch.autograd.Function):
    """`F.layer_norm` over the last dimension, float32."""

    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
        x = x.contiguous()
        channels = x.shape[-1]
        width = triton.next_power_of_2(channels)
        rows = max(1, NORM_TILE // width)
        pixels = x.numel() // channels
        y = torch.empty_like(x)
        grid = (triton.cdiv(pixels, rows),)
        _norm_forward[grid](x, weight, bias, y, pixels, channels, eps, rows, width)
        ctx.save_for_backward(x, weight)
        ctx.sizes = (pixels, channels, eps, rows, width)
        return y

    @staticmethod
    def backward(ctx, gy: Tensor):
        x, weight = ctx.saved_tensors
        pixels, channels, eps, rows, width = ctx.sizes
        gy, gx = gy.contiguous(), torch.empty_like(x)
        programs = triton.cdiv(pixels, rows)
        parts = x.new_empty(2, programs, channels)
        _norm_backward[(programs,)](
            x, weight, gy, gx, parts[0], parts[1], pixels, channels, eps, rows, width
        )
        g_weight, g_bias = parts.sum(1)
        return gx, g_weight, g_bias, None


@triton.jit
def _neighbour(x, pixel, row, column, channel, valid, height, width, channels, dy, dx):
    """Values `[P, C]` of the pixels at `(dy, dx)` of others, 0 outside of the image."""
    y, z = row + dy, column + dx
    there = (y >= 0) & (y < height) & (z >= 0) & (z < width)
    at = (pixel + dy * width + dx)[:, None] * channels + channel[None, :]
    return tl.load(x + at, mask=valid & there[:, None], other=0.0)


@triton.jit(do_not_specialize=["pixels", "height", "width"])
def _depthwise(
    x, weight, bias, y, pixels, height, width, channels,
    sign: tl.constexpr, biased: tl.constexpr, size: tl.constexpr, group: tl.constexpr,
):  # fmt: skip
    """3x3 convolution of each channel, or with `sign` -1 the gradient of one's input."""
    pixel = tl.program_id(0) * size + tl.arange(0, size)
    channel = tl.program_id(1) * group + tl.arange(0, group)
    inside = channel < channels
    valid = (pixel < pixels)[:, None] & inside[None, :]
    row, column = pixel // width % height, pixel % width
    total = tl.zeros([size, group], tl.float32)
    if biased:
        total += tl.load(bias + channel, mask=inside, other=0.0)[None, :]
    for tap in tl.static_range(9):
        dy, dx = sign * (tap // 3 - 1), sign * (tap % 3 - 1)
        factor = tl.load(weight + channel * 9 + tap, mask=inside, other=0.0)
        value = _neighbour(
            x, pixel, row, column, channel, valid, height, width, channels, dy, dx
        )
        total += value * factor[None, :]
    tl.store(y + pixel[:, None] * channels + channel[None, :], total, mask=valid)


@triton.jit(do_not_specialize=["pixels", "height", "width"])
def _depthwise_weights(
    x, gy, parts, pixels, height, width, channels, tiles,
    size: tl.constexpr, group: tl.constexpr,
):  # fmt: skip
    """Gradients `[programs, 10, C]`: of nine weights, then of the bias."""
    channel = tl.program_id(1) * group + tl.arange(0, group)
    inside = channel < channels
    zero = tl.zeros([size, group], tl.float32)
    a, b, c, d, e, f, g, h, i, total = zero, zero, zero, zero, zero, zero, zero, zero, zero, zero
    for tile in range(tiles):
        pixel = (tl.program_id(0) * tiles + tile) * size + tl.arange(0, size)
        valid = (pixel < pixels)[:, None] & inside[None, :]
        row, column = pixel // width % height, pixel % width
        of_y = tl.load(gy + pixel[:, None] * channels + channel[None, :], mask=valid, other=0.0)
        total += of_y
        a += of_y * _neighbour(x, pixel, row, column, channel, valid, height, width, channels, -1, -1)
        b += of_y * _neighbour(x, pixel, row, column, channel, valid, height, width, channels, -1, 0)
        c += of_y * _neighbour(x, pixel, row, column, channel, valid, height, width, channels, -1, 1)
        d += of_y * _neighbour(x, pixel, row, column, channel, valid, height, width, channels, 0, -1)
        e += of_y * _neighbour(x, pixel, row, column, channel, valid, height, width, channels, 0, 0)
        f += of_y * _neighbour(x, pixel, row, column, channel, valid, height, width, channels, 0, 1)
        g += of_y * _neighbour(x, pixel, row, column, channel, valid, height, width, channels, 1, -1)
        h += of_y * _neighbour(x, pixel, row, column, channel, valid, height, width, channels, 1, 0)
        i += of_y * _neighbour(x, pixel, row, column, channel, valid, height, width, channels, 1, 1)
    own = parts + tl.program_id(0) * 10 * channels + channel
    tl.store(own, tl.sum(a, 0), mask=inside)
    tl.store(own + channels, tl.sum(b, 0), mask=inside)
    tl.store(own + 2 * channels, tl.sum(c, 0), mask=inside)
    tl.store(own + 3 * channels, tl.sum(d, 0), mask=inside)
    tl.store(own + 4 * channels, tl.sum(e, 0), mask=inside)
    tl.store(own + 5 * channels, tl.sum(f, 0), mask=inside)
    tl.store(own + 6 * channels, tl.sum(g, 0), mask=inside)
    tl.store(own + 7 * channels, tl.sum(h, 0), mask=inside)
    tl.store(own + 8 * channels, tl.sum(i, 0), mask=inside)
    tl.store(own + 9 * channels, tl.sum(total, 0), mask=inside)


class Depthwise(torch.autograd.Function):
    """3x3 convolution `[N, H, W, C]` of each channel, with zeros around the image, float32.

    The weight is `[C, 1, 3, 3]`; the bias `[C]` may be None.
    """

    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        x, weight = x.contiguous(), weight.contiguous()
        batch, height, width, channels = x.shape
        sizes = (batch * height * width, height, width, channels)
        y = torch.empty_like(x)
        grid = (triton.cdiv(sizes[0], PIXELS), triton.cdiv(channels, CHANNELS))
        some = weight if bias is None else bias
        _depthwise[grid](x, weight, some, y, *sizes, 1, bias is not None, PIXELS, CHANNELS)
        ctx.save_for_backward(x, weight)
        ctx.biased = bias is not None
        return y

    @staticmethod
    def backward(ctx, gy: Tensor):
        x, weight = ctx.saved_tensors
        batch, height, width, channels = x.shape
        sizes = (batch * height * width, height, width, channels)
        gy, gx = gy.contiguous(), torch.empty_like(x)
        groups = triton.cdiv(channels, CHANNELS)
        grid = (triton.cdiv(sizes[0], PIXELS), groups)
        _depthwise[grid](gy, weight, weight, gx, *sizes, -1, False, PIXELS, CHANNELS)
        programs = triton.cdiv(sizes[0], PIXELS * TILES)
        parts = x.new_empty(programs, 10, channels)
        _depthwise_weights[(programs, groups)](x, gy, parts, *sizes, TILES, PIXELS, CHANNELS)
        total = parts.sum(0)
        g_weight = total[:9].t().reshape(channels, 1, 3, 3)
        return gx, g_weight, total[9] if ctx.biased else None
