"""Mistakes that conversions of VmambaIR make, planted in a network to see whether they are found.

Each changes a loaded network in place; what it then computes is wrong in one known way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import selective_scan
from modules import FeedForward, LayerNorm, OmniSelectiveScan
from vmambair import SIZE_MULTIPLE, VmambaIR

M = TypeVar("M", bound=nn.Module)


def parts(model: VmambaIR, kind: type[M], at: str) -> Iterator[M]:
    """Modules of a kind whose path starts with `at`."""
    for name, module in model.named_modules():
        if isinstance(module, kind) and name.startswith(at):
            yield module


def small_epsilon(model: VmambaIR, at: str) -> None:
    """LayerNorm with eps 1e-6 instead of 1e-5."""
    for norm in parts(model, LayerNorm, at):
        norm.eps = 1e-6


def tanh_gelu(model: VmambaIR, at: str) -> None:
    """GELU approximated by tanh instead of the exact one."""
    for ffn in parts(model, FeedForward, at):
        ffn.gelu_form = "tanh"


def swapped_projections(model: VmambaIR, at: str) -> None:
    """B and C of the spatial scan exchanged."""
    for attn in parts(model, OmniSelectiveScan, at):
        states = attn.A_logs.shape[1]
        low, b, c = attn.x_proj_weight.data.split([attn.rank, states, states], dim=1)
        attn.x_proj_weight.data = torch.cat([low, c, b], 1)


def other_merge(model: VmambaIR, at: str) -> None:
    """The channel scan merged as in the other variants."""
    for attn in parts(model, OmniSelectiveScan, at):
        added = attn.variant.adds_channel_scan
        attn.variant = replace(attn.variant, adds_channel_scan=not added)


def reversed_decay(model: VmambaIR, at: str) -> None:
    """The states of A in reverse order, in the second of the four directions."""
    for attn in parts(model, OmniSelectiveScan, at):
        a_logs = attn.A_logs.data.unflatten(0, (4, -1)).clone()
        a_logs[1] = a_logs[1].flip(-1)
        attn.A_logs.data = a_logs.flatten(0, 1)


def plain_softplus(model: VmambaIR, at: str) -> None:
    """`log(1 + exp(v))` for every v, in single precision: infinite from 89 on. Everywhere."""
    selective_scan.use_native = False
    selective_scan.softplus = lambda v: torch.log(1 + torch.exp(v.float())).to(v.dtype)


def edge_padding(model: VmambaIR, at: str) -> None:
    """The image padded by repeating its edge instead of mirroring. Before the network."""

    def prepare(image: Tensor) -> Tensor:
        down, right = (-side % SIZE_MULTIPLE for side in image.shape[-2:])
        return F.pad(image, (0, right, 0, down), mode="replicate")

    model.prepare = prepare


def reversed_colours(model: VmambaIR, at: str) -> None:
    """BGR given to the network instead of RGB. Before the network."""
    right = model.prepare
    model.prepare = lambda image: right(image.flip(1))


FAULTS: dict[str, Callable[[VmambaIR, str], None]] = {
    "layer-norm-eps": small_epsilon,
    "tanh-gelu": tanh_gelu,
    "swapped-b-c": swapped_projections,
    "other-merge": other_merge,
    "reversed-a": reversed_decay,
    "softplus": plain_softplus,
    "edge-pad": edge_padding,
    "bgr": reversed_colours,
}
