"""The selective scan with its gradient as Triton kernels: what makes training on a GPU fast.

Letters in shapes: N batch, K directions, L positions, C channels, S states, R delta rank. One
program goes along a direction for a group of channels, a piece of positions at a time; within a
piece all positions are computed at once by an associative scan. The forward pass keeps all states,
`4 * N * K * L * C * S` bytes.
"""

from __future__ import annotations

import functools

import torch
import triton
import triton.language as tl
from torch import Tensor

# Positions of a piece, channels of a group and warps of a program.
PIECE, GROUP, WARPS = 8, 8, 2
MOST_RANK = 8
# One compiled form serves all sizes.
SIZES = ["length", "channels", "pieces", "rank", "directions"]
LOG2_E = tl.constexpr(1.4426950408889634)


@triton.jit
def _join(decay_before, value_before, decay, value):
    """Two stretches of `h = decay * h + value`, one after the other, as one."""
    return decay_before * decay, decay * value_before + value


@triton.jit
def _softplus(v):
    """log(1 + exp(v)), v itself above 20."""
    e = tl.exp(tl.minimum(v, 20.0))
    # The logarithm of almost 1 has no relative accuracy.
    series = e * (1 - e * (1 / 2 - e * (1 / 3 - e * (1 / 4 - e * (1 / 5 - e * (1 / 6 - e / 7))))))
    return tl.where(v > 20.0, v, tl.where(e < 0.125, series, tl.log(1 + e)))


@triton.jit
def _raw_step(rows, to_delta, bias, channel, inside, valid, rank):
    """Delta before softplus `[T, C]` of rows of low rank, whose first elements are at `rows`."""
    raw = tl.zeros([valid.shape[0], channel.shape[0]], tl.float32) + bias[None, :]
    for r in range(rank):
        low = tl.load(rows + r, mask=valid, other=0.0)
        weight = tl.load(to_delta + channel * rank + r, mask=inside, other=0.0)
        raw += low[:, None] * weight[None, :]
    return raw


@triton.jit
def _channels(a, bias, d, k, group, channels, states: tl.constexpr, group_size: tl.constexpr):
    """Channels of a group and which exist, with their `a` `[S, C]`, `bias` and `d` in direction k."""
    channel = group * group_size + tl.arange(0, group_size)
    inside = channel < channels
    own = k * channels + channel
    of_a = own[None, :] * states + tl.arange(0, states)[:, None]
    natural = tl.load(a + of_a, mask=inside[None, :], other=0.0)
    offset = tl.load(bias + own, mask=inside, other=0.0)
    skip = tl.load(d + own, mask=inside, other=0.0)
    return channel, inside, natural, offset, skip


@triton.jit(do_not_specialize=SIZES)
def _forward(
    u, low, to_delta, bias, a, d, orders, y, kept,
    length, channels, pieces, rank, directions,
    states: tl.constexpr, piece_size: tl.constexpr, group_size: tl.constexpr,
):  # fmt: skip
    """Grid `[N * K, groups]`; operands as `scan` takes them, `kept` `[N * K, groups, L, S, C]`."""
    image, group = tl.program_id(0), tl.program_id(1)
    groups = tl.num_programs(1)
    n, k = (image // directions).to(tl.int64), image % directions
    row = rank + 2 * states
    channel, inside, natural, offset, skip = _channels(
        a, bias, d, k, group, channels, states, group_size
    )
    rates = natural * LOG2_E
    state_of = tl.arange(0, states)
    to_delta += k * channels * rank
    u += n * length * channels
    low += (n * length * directions + k) * row
    y += image.to(tl.int64) * length * channels
    step_of = tl.arange(0, piece_size)
    cells = step_of[:, None, None] * states + state_of[None, :, None]
    cells = cells * group_size + tl.arange(0, group_size)[None, None, :]
    kept += (image * groups + group).to(tl.int64) * pieces * piece_size * states * group_size
    state = tl.zeros([states, group_size], tl.float32)
    for piece in range(pieces):
        at = piece * piece_size + step_of
        valid = at < length
        position = tl.load(orders + k * length + at, mask=valid, other=0)
        rows = low + position * (directions * row)
        both = valid[:, None] & inside[None, :]
        x = tl.load(u + position[:, None] * channels + channel[None, :], mask=both, other=0.0)
        cell = rows[:, None] + rank + state_of[None, :]
        b = tl.load(cell, mask=valid[:, None], other=0.0)
        c = tl.load(cell + states, mask=valid[:, None], other=0.0)
        step = _softplus(_raw_step(rows, to_delta, offset, channel, inside, valid, rank))
        decay = tl.exp2(step[:, None, :] * rates[None, :, :])
        drive = (step * x)[:, None, :] * b[:, :, None]
        decays, values = tl.associative_scan((decay, drive), 0, _join)
        h = decays * state[None, :, :] + values
        tl.store(kept + piece * piece_size * states * group_size + cells, h)
        result = tl.sum(h * c[:, :, None], 1) + skip[None, :] * x
        tl.store(y + position[:, None] * channels + channel[None, :], result, mask=both)
        state = tl.sum(tl.where((step_of == piece_size - 1)[:, None, None], h, 0.0), 0)


@triton.jit(do_not_specialize=[*SIZES, "batch", "gy_image", "gy_direction"])
def _backward(
    u, low, to_delta, bias, a, d, orders, kept, gy,
    gu, g_low, g_to_delta, g_bias, ga, gd,
    length, channels, pieces, rank, directions, batch, gy_image, gy_direction,
    ranks: tl.constexpr, states: tl.constexpr, piece_size: tl.constexpr, group_size: tl.constexpr,
):  # fmt: skip
    """Grid as before; `gu` `[N, K, L, C]`, `g_low` `[groups, N, L, K, R + 2 * S]`, others with N first."""
    image, group = tl.program_id(0), tl.program_id(1)
    groups = tl.num_programs(1)
    n, k = (image // directions).to(tl.int64), image % directions
    row = rank + 2 * states
    channel, inside, natural, offset, skip = _channels(
        a, bias, d, k, group, channels, states, group_size
    )
    rates = natural * LOG2_E
    state_of = tl.arange(0, states)
    rank_of = tl.arange(0, ranks)
    to_delta += k * channels * rank
    u += n * length * channels
    low += (n * length * directions + k) * row
    g_low += ((group * batch + n) * length * directions + k) * row
    gu += image.to(tl.int64) * length * channels
    gy += n * gy_image + k * gy_direction
    # From the last position to the first.
    step_of = piece_size - 1 - tl.arange(0, piece_size)
    cells = step_of[:, None, None] * states + state_of[None, :, None]
    cells = cells * group_size + tl.arange(0, group_size)[None, None, :]
    kept += (image * groups + group).to(tl.int64) * pieces * piece_size * states * group_size
    carried = tl.zeros([states, group_size], tl.float32)
    of_rates = tl.zeros([states, group_size], tl.float32)
    of_skip = tl.zeros([group_size], tl.float32)
    of_offset = tl.zeros([group_size], tl.float32)
    of_delta = tl.zeros([ranks, group_size], tl.float32)
    for back in range(pieces):
        piece = pieces - 1 - back
        at = piece * piece_size + step_of
        valid = at < length
        position = tl.load(orders + k * length + at, mask=valid, other=0)
        rows = low + position * (directions * row)
        both = valid[:, None] & inside[None, :]
        pixel = position[:, None] * channels + channel[None, :]
        x = tl.load(u + pixel, mask=both, other=0.0)
        g = tl.load(gy + pixel, mask=both, other=0.0)
        cell = rank + state_of[None, :]
        b = tl.load(rows[:, None] + cell, mask=valid[:, None], other=0.0)
        c = tl.load(rows[:, None] + cell + states, mask=valid[:, None], other=0.0)
        raw = _raw_step(rows, to_delta, offset, channel, inside, valid, rank)
        step = _softplus(raw)
        states_here = kept + piece * piece_size * states * group_size + cells
        h = tl.load(states_here)
        of_c = tl.sum(h * g[:, None, :], 2)
        # What a state has of the one before it; h without `drive` would cancel.
        before = tl.load(states_here - states * group_size, mask=(at > 0)[:, None, None], other=0.0)
        handed = tl.exp2(step[:, None, :] * rates[None, :, :]) * before

        # The gradient of a state comes through the decay of the position after it.
        after = at + 1 < length
        position_after = tl.load(orders + k * length + at + 1, mask=after, other=0)
        rows_after = low + position_after * (directions * row)
        raw_after = _raw_step(rows_after, to_delta, offset, channel, inside, after, rank)
        decay = tl.exp2(_softplus(raw_after)[:, None, :] * rates[None, :, :])
        decays, values = tl.associative_scan((decay, g[:, None, :] * c[:, :, None]), 0, _join)
        of_h = decays * carried[None, :, :] + values
        carried = tl.sum(tl.where((step_of == 0)[:, None, None], of_h, 0.0), 0)

        of_b = tl.sum(of_h * (step * x)[:, None, :], 2)
        of_drive = tl.sum(of_h * b[:, :, None], 1)
        of_decay = of_h * handed
        of_rates += tl.sum(of_decay * step[:, None, :], 0)
        of_step = tl.sum(of_decay * natural[None, :, :], 1)
        e = tl.exp(tl.minimum(raw, 20.0))
        slope = tl.where(raw > 20.0, 1.0, e / (1 + e))
        of_raw = (of_step + of_drive * x) * slope
        tl.store(gu + pixel, of_drive * step + skip[None, :] * g, mask=both)
        of_skip += tl.sum(g * x, 0)
        of_offset += tl.sum(of_raw, 0)
        g_rows = g_low + position * (directions * row)
        tl.store(g_rows[:, None] + cell, of_b, mask=valid[:, None])
        tl.store(g_rows[:, None] + cell + states, of_c, mask=valid[:, None])
        for r in range(rank):
            weight = tl.load(to_delta + channel * rank + r, mask=inside, other=0.0)
            tl.store(g_rows + r, tl.sum(of_raw * weight[None, :], 1), mask=valid)
            value = tl.load(rows + r, mask=valid, other=0.0)
            of_weight = tl.sum(of_raw * value[:, None], 0)
            of_delta += tl.where((rank_of == r)[:, None], of_weight[None, :], 0.0)
    own = image * channels + channel
    tl.store(ga + own[None, :] * states + state_of[:, None], of_rates, mask=inside[None, :])
    tl.store(gd + own, of_skip, mask=inside)
    tl.store(g_bias + own, of_offset, mask=inside)
    within = (rank_of < rank)[:, None] & inside[None, :]
    tl.store(g_to_delta + own[None, :] * rank + rank_of[:, None], of_delta, mask=within)


@functools.lru_cache(maxsize=32)
def _narrow(orders: Tensor) -> Tensor:
    return orders.to(torch.int32).contiguous()


class Scan(torch.autograd.Function):
    """`training_scan.scan` on a GPU, float32."""

    @staticmethod
    def forward(ctx, u, low, to_delta, bias, a, d, orders):
        operands = [t.contiguous() for t in (u, low, to_delta, bias, a, d)] + [_narrow(orders)]
        batch, length, channels = u.shape
        directions, _, rank = to_delta.shape
        states = a.shape[-1]
        groups, pieces = -(-channels // GROUP), -(-length // PIECE)
        y = u.new_empty(batch, directions, length, channels)
        kept = u.new_empty(batch * directions, groups, pieces * PIECE, states, GROUP)
        ctx.sizes = (batch, directions, length, channels, rank, states, groups, pieces)
        _forward[(batch * directions, groups)](
            *operands, y, kept, length, channels, pieces, rank, directions,
            states, PIECE, GROUP, num_warps=WARPS,
        )  # fmt: skip
        ctx.save_for_backward(*operands, kept)
        return y

    @staticmethod
    def backward(ctx, gradient: Tensor):
        *operands, kept = ctx.saved_tensors
        u, low, to_delta, bias, a, d, _ = operands
        batch, directions, length, channels, rank, states, groups, pieces = ctx.sizes
        # The directions are summed, so that they mostly share one gradient.
        shared = gradient.stride(1) == 0 and directions > 1
        gradient = (gradient[:, :1] if shared else gradient).contiguous()
        gu = u.new_empty(batch, directions, length, channels)
        g_low = u.new_empty(groups, *low.shape)
        results = [u.new_empty(batch, *t.shape) for t in (to_delta, bias, a, d)]
        image = length * channels if shared else directions * length * channels
        _backward[(batch * directions, groups)](
            *operands, kept, gradient, gu, g_low, *results, length, channels, pieces, rank, directions,
            batch, image, 0 if shared else length * channels,
            MOST_RANK, states, PIECE, GROUP, num_warps=WARPS,
        )  # fmt: skip
        g_low = g_low[0] if groups == 1 else g_low.sum(0)
        return (gu.sum(1), g_low, *[t.sum(0) for t in results], None)
