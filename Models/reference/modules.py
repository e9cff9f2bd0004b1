"""Building blocks of VmambaIR: LayerNorm, feed-forward part, OSS module, block.

Letters in shapes: N batch, C channels, H W image, L = H * W, K directions, S states, R delta rank.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import selective_scan
import training_scan


@dataclass(frozen=True)
class Variant:
    """What sets one of the published networks apart from the others.

    Attributes:
        scale: Output size over input size: 4 with a `tail`, 1 with an `output`.
        channel_rows: Rows that `conv_cin` makes of the pooled channels; None where there is none.
        adds_channel_scan: The channel scan is added, `y + c`, instead of `y * c + y`.
    """

    scale: int
    channel_rows: int | None
    adds_channel_scan: bool = False


VARIANTS = {
    "MambaSISR6": Variant(scale=4, channel_rows=4),
    "MambaRealSR11": Variant(scale=4, channel_rows=None),
    "Mamber32": Variant(scale=1, channel_rows=4, adds_channel_scan=True),
    "Mamber33": Variant(scale=1, channel_rows=2),
}
# With `conv_cin` the published classes fix both, whatever d_state and C are.
CHANNEL_RANK = 6
CHANNEL_STATES = 16


class Stage(nn.Identity):
    """Gives an intermediate result a module name, so that a forward hook can record it."""


class PointwiseConv(nn.Conv2d):
    """1x1 convolution; in training a product of matrices, whose gradient is faster on CPUs."""

    def __init__(self, channels: int, made: int, bias: bool = True) -> None:
        super().__init__(channels, made, 1, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        y = F.linear(x.permute(0, 2, 3, 1), self.weight.flatten(1), self.bias)
        return y.permute(0, 3, 1, 2)


class DepthwiseConv(nn.Conv2d):
    """3x3 convolution of each channel alone; in training on a GPU a kernel of our own."""

    def __init__(self, channels: int, bias: bool = True) -> None:
        super().__init__(channels, channels, 3, padding=1, groups=channels, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        kernels = training_scan.kernels("layers_triton", x)
        if not self.training or kernels is None:
            return super().forward(x)
        y = kernels.Depthwise.apply(x.permute(0, 2, 3, 1), self.weight, self.bias)
        return y.permute(0, 3, 1, 2)


class LayerNorm(nn.Module):
    """Normalises the channels of each pixel, `[N, C, H, W]` to the same; biased variance.

    Without bias the numerator is not centred either: `x / sqrt(var + eps) * weight`.
    """

    eps = 1e-5

    def __init__(self, channels: int, bias: bool = True) -> None:
        super().__init__()
        self.body = nn.Module()
        self.body.weight = nn.Parameter(torch.ones(channels))
        if bias:
            self.body.bias = nn.Parameter(torch.zeros(channels))
        self.bias = bias

    def forward(self, x: Tensor) -> Tensor:
        x = x.permute(0, 2, 3, 1)
        kernels = training_scan.kernels("layers_triton", x)
        if self.bias and self.training and kernels is not None:
            y = kernels.LayerNorm.apply(x, self.body.weight, self.body.bias, self.eps)
        elif self.bias:
            y = F.layer_norm(x, x.shape[-1:], self.body.weight, self.body.bias, self.eps)
        else:
            variance = x.var(-1, keepdim=True, correction=0)
            y = x / torch.sqrt(variance + self.eps) * self.body.weight
        return y.permute(0, 3, 1, 2)


class FeedForward(nn.Module):
    """Gated feed-forward part, `[N, C, H, W]` to the same, through 2 * `hidden` channels."""

    gelu_form = "none"

    def __init__(self, channels: int, hidden: int, bias: bool) -> None:
        super().__init__()
        self.project_in = PointwiseConv(channels, 2 * hidden, bias)
        self.dwconv = DepthwiseConv(2 * hidden, bias)
        self.project_out = PointwiseConv(hidden, channels, bias)
        self.gate, self.residual = Stage(), Stage()

    def forward(self, x: Tensor) -> Tensor:
        a, b = self.dwconv(self.project_in(x)).chunk(2, dim=1)
        return self.project_out(self.gate(F.gelu(a, approximate=self.gelu_form) * b))


class OmniSelectiveScan(nn.Module):
    """The OSS module: a scan of the image in four directions, then one along its channels."""

    def __init__(self, channels: int, d_state: int, variant: Variant) -> None:
        super().__init__()
        self.variant = variant
        self.rank = math.ceil(channels / 16)
        rows = variant.channel_rows or 1
        states = CHANNEL_STATES if variant.channel_rows else d_state
        self.channel_rank = CHANNEL_RANK if variant.channel_rows else self.rank

        def parameter(*shape: int) -> nn.Parameter:
            return nn.Parameter(torch.zeros(shape))

        self.x_proj_weight = parameter(4, self.rank + 2 * d_state, channels)
        self.xc_proj_weight = parameter(2, self.channel_rank + 2 * states, rows)
        self.dt_projs_weight = parameter(4, channels, self.rank)
        self.dt_projs_bias = parameter(4, channels)
        self.A_logs = parameter(4 * channels, d_state)
        self.Ds = parameter(4 * channels)
        self.Dsc = parameter(2 * rows)
        self.Ac_logs = parameter(2 * rows, states)
        self.dtc_projs_weight = parameter(2, rows, self.channel_rank)
        self.dtc_projs_bias = parameter(2, rows)
        if variant.channel_rows:
            self.conv_cin = nn.Conv2d(1, rows, 1)
            self.conv_cout = nn.Conv2d(rows, 1, 1)
        self.channel_norm = LayerNorm(channels)
        self.in_conv = PointwiseConv(channels, 2 * channels)
        self.conv2d = DepthwiseConv(channels)
        self.out_norm = LayerNorm(channels)
        self.out_conv = PointwiseConv(channels, channels)
        self.silu, self.gate_silu, self.scan, self.gate = Stage(), Stage(), Stage(), Stage()
        self.pool, self.channel_scan, self.merge = Stage(), Stage(), Stage()
        self.residual = Stage()

    def forward(self, x: Tensor) -> Tensor:
        x, z = self.in_conv(x).chunk(2, dim=1)
        x = self.silu(F.silu(self.conv2d(x)))
        z = self.gate_silu(F.silu(z))
        y = self.gate(self.out_norm(self.scan(self.scan_image(x))) * z)
        pooled = self.pool(y.mean((2, 3), keepdim=True))
        c = self.channel_norm(self.channel_scan(self.scan_channels(pooled)))
        merged = y + c if self.variant.adds_channel_scan else y * c + y
        return self.out_conv(self.merge(merged))

    def scan_image(self, x: Tensor) -> Tensor:
        """Sum of the scans in four directions, `[N, C, H, W]` to the same."""
        _, channels, height, width = x.shape
        sequence = x.permute(0, 2, 3, 1).flatten(1, 2)  # [N, L, C]
        y = scan_projected(
            sequence,
            (self.x_proj_weight, self.dt_projs_weight, self.dt_projs_bias),
            self.A_logs,
            self.Ds,
            selective_scan.orders_on(x.device, selective_scan.image_orders, height, width),
        )
        return y.sum(1).unflatten(1, (height, width)).permute(0, 3, 1, 2)

    def scan_channels(self, pooled: Tensor) -> Tensor:
        """Sum of the scans along the channels, forward and reversed, `[N, C, 1, 1]` to the same."""
        rows = pooled.transpose(1, 2)  # [N, 1, C, 1]
        if self.variant.channel_rows:
            rows = self.conv_cin(rows)
        sequence = rows.squeeze(3).transpose(1, 2)  # [N, L = channels, C = rows]
        y = scan_projected(
            sequence,
            (self.xc_proj_weight, self.dtc_projs_weight, self.dtc_projs_bias),
            self.Ac_logs,
            self.Dsc,
            selective_scan.orders_on(
                sequence.device, selective_scan.sequence_orders, sequence.shape[1]
            ),
        )
        rows = y.sum(1).transpose(1, 2).unsqueeze(3)
        if self.variant.channel_rows:
            rows = self.conv_cout(rows)
        return rows.transpose(1, 2)


class MamberBlock(nn.Module):
    """OSS module and feed-forward part, each on normalised input and with a residual."""

    def __init__(
        self, channels: int, hidden: int, bias: bool, centred: bool, d_state: int, variant: Variant
    ) -> None:
        super().__init__()
        self.norm1 = LayerNorm(channels, centred)
        self.attn = OmniSelectiveScan(channels, d_state, variant)
        self.norm2 = LayerNorm(channels, centred)
        self.ffn = FeedForward(channels, hidden, bias)

    def forward(self, x: Tensor) -> Tensor:
        x = self.attn.residual(x + self.attn(self.norm1(x)))
        return self.ffn.residual(x + self.ffn(self.norm2(x)))


def scan_projected(
    sequence: Tensor,
    projections: tuple[Tensor, Tensor, Tensor],
    a_logs: Tensor,
    d: Tensor,
    orders: Tensor,
) -> Tensor:
    """Derives delta, B and C from a sequence and scans it along each order.

    The projections act on each position alone, so one pass in image order serves all directions.

    Args:
        sequence: `[N, L, C]`.
        projections: To delta, B and C of low rank `[K, R + 2 * S, C]`; to delta `[K, C, R]`; the
            bias of delta `[K, C]`.
        a_logs: `[K * C, S]`, the logarithm of -A.
        d: `[K * C]`, the skip.
        orders: `[K, L]`.

    Returns:
        `[N, K, L, C]`, at the positions of `sequence`.
    """
    to_low, to_delta, bias = projections
    directions, channels, rank = to_delta.shape
    states = a_logs.shape[-1]
    if training_scan.suits(sequence, states, rank):
        low = F.linear(sequence, to_low.flatten(0, 1)).unflatten(-1, (directions, -1))
        return training_scan.scan(sequence, low, to_delta, bias, -torch.exp(a_logs), d, orders)
    low = torch.einsum("nlc,kpc->nklp", sequence, to_low)
    delta_low, b, c = low.split([rank, states, states], dim=-1)
    return selective_scan.scan(
        sequence,
        torch.einsum("nklr,kcr->nklc", delta_low, to_delta),
        -torch.exp(a_logs).view(directions, channels, states),
        b,
        c,
        d.view(directions, channels),
        bias,
        orders,
    )
