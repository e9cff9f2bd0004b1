"""Compares the Triton kernels of training with plain PyTorch in float64, in Triton's interpreter.

Needs no GPU. Each check prints the largest differences of a result and its gradients relative to the
largest value. Checks the parts of training on a GPU that run on a CPU too. Exits with 1 where
something differs, with 77 where Triton is missing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

# Before Triton is imported, which reads it once.
os.environ["TRITON_INTERPRET"] = "1"

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

import selective_scan
from check_gradients import TOLERANCE, relative
from training_cuda import GRID, Pool, average_weights

MISSING = 77
STATES = 16


def random(*shape: int) -> Tensor:
    """Normal numbers in float64."""
    return torch.randn(shape, dtype=torch.float64)


def with_gradients(function: Callable[..., Tensor], leaves: list[Tensor]) -> list[Tensor]:
    """Result and gradients for a fixed, uneven loss."""
    leaves = [leaf.detach().requires_grad_() for leaf in leaves]
    y = function(*leaves)
    weight = torch.sin(torch.arange(y.numel(), dtype=torch.float64)).to(y.dtype).view_as(y)
    return [y.detach(), *torch.autograd.grad((y * weight).sum(), leaves)]


def check(
    name: str, kernel: Callable[..., Tensor], plain: Callable[..., Tensor], leaves: list[Tensor]
) -> bool:
    """Compares a kernel in float32 with what it stands for in float64."""
    found = with_gradients(kernel, [leaf.float() for leaf in leaves])
    expected = with_gradients(plain, leaves)
    errors = [relative(f, e) for f, e in zip(found, expected, strict=True)]
    passed = max(errors) <= TOLERANCE
    print("ok  " if passed else "FAIL", name, " ".join(f"{error:.1e}" for error in errors))
    return passed


def check_layer_norm(kernel: type[torch.autograd.Function], pixels: int, channels: int) -> bool:
    """One size of LayerNorm."""
    return check(
        f"layer norm {pixels} x {channels}",
        lambda x, weight, bias: kernel.apply(x, weight, bias, 1e-5),
        lambda x, weight, bias: F.layer_norm(x, (channels,), weight, bias, 1e-5),
        [random(pixels, channels) * 3 + 1, random(channels), random(channels)],
    )


def check_depthwise(
    kernel: type[torch.autograd.Function], shape: tuple[int, int, int, int], biased: bool
) -> bool:
    """One size `[N, H, W, C]` of the depthwise convolution."""
    channels = shape[-1]

    def plain(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        y = F.conv2d(x.permute(0, 3, 1, 2), weight, bias, padding=1, groups=channels)
        return y.permute(0, 2, 3, 1)

    return check(
        f"depthwise {shape}{' with bias' if biased else ''}",
        lambda x, weight, bias=None: kernel.apply(x, weight, bias),
        plain,
        [random(*shape), random(channels, 1, 3, 3)] + ([random(channels)] if biased else []),
    )


def check_scan(
    kernel: type[torch.autograd.Function],
    channels: int,
    rank: int,
    size: tuple[int, int],
    summed: bool,
) -> bool:
    """One size of the selective scan; both ways in which a gradient can arrive."""
    orders = selective_scan.image_orders(*size)
    directions, length = orders.shape

    def finished(y: Tensor) -> Tensor:
        return y.sum(1) if summed else y

    def plain(u: Tensor, low: Tensor, to_delta: Tensor, bias: Tensor, a: Tensor, d: Tensor) -> Tensor:
        parts = low.permute(0, 2, 1, 3).split([rank, STATES, STATES], dim=-1)
        delta = torch.einsum("nklr,kcr->nklc", parts[0], to_delta)
        a = a.view(directions, channels, STATES)
        d = d.view(directions, channels)
        return finished(selective_scan.scan(u, delta, a, *parts[1:], d, bias, orders))

    rates = torch.arange(1.0, STATES + 1).double().repeat(directions * channels, 1)
    return check(
        f"scan C={channels} R={rank} {size}{' summed' if summed else ''}",
        lambda *leaves: finished(kernel.apply(*leaves, orders)),
        plain,
        [
            random(2, length, channels),
            random(2, length, directions, rank + 2 * STATES),
            random(directions, channels, rank) * 2,
            random(directions, channels) * 3 - 3,
            -rates,
            random(directions * channels),
        ],
    )


def check_pool() -> bool:
    """Parts of a pair belong together, start at whole blocks and show all eight turns."""
    pool = Pool.__new__(Pool)
    side, part, scale, count = 16, 8, 2, 300
    # Every pixel of a pair tells where it is.
    places = torch.arange(side * side, dtype=torch.uint8).view(1, side, side, 1).repeat(2, 1, 1, 3)
    targets = places.repeat_interleave(scale, 1).repeat_interleave(scale, 2)
    pool.pairs, pool.filled = [places, targets], torch.tensor(2.0)
    inputs, targets = pool.draw(count, part)
    passed = torch.equal(inputs, targets[..., ::scale, ::scale])
    numbers = (inputs[:, 0] * 255).round().long()
    corners = {tuple(n[:: part - 1, :: part - 1].flatten().tolist()) for n in numbers}
    starts = (side - part) // GRID + 1
    passed = passed and inputs.shape == (count, 3, part, part) and len(corners) == 8 * starts**2
    print("ok  " if passed else "FAIL", f"pool: {len(corners)} different parts")
    return passed


def check_average() -> bool:
    """The average of weights is that of PyTorch."""
    model = torch.nn.Linear(3, 2)
    expected = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.9))
    found = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.9))
    # The first update copies.
    expected.update_parameters(model)
    for _ in range(3):
        with torch.no_grad():
            model.weight.add_(1)
        expected.update_parameters(model)
        average_weights(found.module, model, 0.9)
    passed = relative(found.module.weight.detach(), expected.module.weight.detach().double()) < 1e-6
    print("ok  " if passed else "FAIL", "average of weights")
    return passed


def main() -> None:
    """Runs all checks."""
    torch.manual_seed(1)
    passed = [check_pool(), check_average()]
    try:
        import triton  # noqa: F401

        from layers_triton import Depthwise, LayerNorm
        from scan_triton import Scan
    except ImportError as error:
        print(f"the Triton kernels are left out: {error}")
        raise SystemExit(MISSING if all(passed) else 1) from None
    passed += [check_layer_norm(LayerNorm, *size) for size in ((5, 3), (150, 20))]
    passed += [
        check_depthwise(Depthwise, shape, biased)
        for shape, biased in (((2, 3, 4, 5), True), ((1, 7, 6, 34), False))
    ]
    passed += [
        check_scan(Scan, channels, rank, size, summed)
        for channels, rank, size, summed in ((3, 1, (2, 5), True), (9, 2, (3, 3), False))
    ]
    raise SystemExit(0 if all(passed) else 1)


if __name__ == "__main__":
    main()
