"""The selective scan with its gradient, compiled: what makes training bearable.

For CPUs in C++, for GPUs by Triton (`scan_triton.py`).

Letters in shapes: N batch, K directions, L positions, C channels, S states, R delta rank.
"""

from __future__ import annotations

import ctypes
import functools
import importlib
from types import ModuleType

import torch
from torch import Tensor

import selective_scan

SOURCE = "scan_training.cpp"
# What the compiled scan is made for.
STATES = 16
MOST_RANK = 16
LANES = 16
PIECE = 32


def suits(sequence: Tensor, states: int, rank: int) -> bool:
    """Whether the compiled scan can take the place of the plain one here."""
    if not selective_scan.use_native or sequence.dtype != torch.float32 or states != STATES:
        return False
    if sequence.device.type == "cuda":
        made = kernels("scan_triton", sequence)
        return made is not None and rank <= made.MOST_RANK
    return (
        torch.is_grad_enabled()
        and sequence.device.type == "cpu"
        and rank <= MOST_RANK
        and selective_scan.compiled(SOURCE) is not None
    )


def kernels(name: str, operand: Tensor) -> ModuleType | None:
    """A module of Triton kernels, or None where they do not suit an operand or Triton is missing."""
    suit = operand.device.type == "cuda" and operand.dtype == torch.float32
    return _module(name) if suit else None


@functools.cache
def _module(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def scan(
    u: Tensor, low: Tensor, to_delta: Tensor, bias: Tensor, a: Tensor, d: Tensor, orders: Tensor
) -> Tensor:
    """Runs the scan of `selective_scan.scan` on float32, from delta of low rank, with gradients.

    Args:
        u: `[N, L, C]`.
        low: `[N, L, K, R + 2 * S]`: delta of low rank, B, C.
        to_delta: `[K, C, R]`.
        bias: `[K, C]`.
        a: `[K * C, S]`, negative.
        d: `[K * C]`.
        orders: `[K, L]`.

    Returns:
        `[N, K, L, C]`.
    """
    found = kernels("scan_triton", u)
    return (found.Scan if found else _Scan).apply(u, low, to_delta, bias, a, d, orders)


class _Scan(torch.autograd.Function):
    @staticmethod
    def forward(ctx, u, low, to_delta, bias, a, d, orders):
        operands = [t.contiguous() for t in (u, low, to_delta, bias, a, d, orders)]
        batch, length, channels = u.shape
        directions, _, rank = to_delta.shape
        groups, pieces = -(-channels // LANES), -(-length // PIECE)
        y = u.new_empty(batch, directions, length, channels)
        kept = u.new_empty(batch, directions, groups, pieces, STATES, LANES)
        ctx.sizes = (batch, directions, length, channels, rank)
        _call("vmir_training_scan", [*operands, y, kept], ctx.sizes)
        ctx.save_for_backward(*operands, kept)
        return y

    @staticmethod
    def backward(ctx, gradient):
        *operands, kept = ctx.saved_tensors
        u, low, to_delta, bias, a, d, _ = operands
        batch, _, length, channels, _ = ctx.sizes
        # The directions are summed, so that they mostly share one gradient.
        shared = gradient.stride(1) == 0
        gradient = (gradient[:, :1] if shared else gradient).contiguous()
        results = [torch.zeros_like(u), torch.zeros_like(low)]
        results += [u.new_empty(batch, *t.shape) for t in (to_delta, bias, a, d)]
        stride = 0 if shared else length * channels
        operands += [kept, gradient, *results]
        _call("vmir_training_scan_backward", operands, (stride, *ctx.sizes))
        return (*results[:2], *[t.sum(0) for t in results[2:]], None)


def _call(function: str, tensors: list[Tensor], sizes: tuple[int, ...]) -> None:
    pointers = [ctypes.c_void_p(t.data_ptr()) for t in tensors]
    integers = [ctypes.c_int64(size) for size in (*sizes, torch.get_num_threads())]
    getattr(selective_scan.compiled(SOURCE), function)(*pointers, *integers)
