"""Compares the gradients of the compiled scan with those of plain PyTorch in float64.

Runs the projected scan for several sizes, and one whole small network of each variant, on the CPU
and on a GPU where there is one. Prints a table of the largest differences relative to the largest value; exits with 1 where one is too large.
"""

from __future__ import annotations

import torch
from torch import Tensor

import selective_scan
import training_scan
from modules import VARIANTS, scan_projected
from vmambair import Configuration, VmambaIR

# Largest difference over largest value, for float32 against float64.
TOLERANCE = 2e-5
NAMES = ("result", "sequence", "to_low", "to_delta", "bias", "a_logs", "d")


def relative(found: Tensor, expected: Tensor) -> float:
    """Largest difference over the largest expected value."""
    return float((found.double() - expected).abs().max() / expected.abs().max().clamp(min=1e-12))


def operands(channels: int, rank: int, length: int, directions: int) -> list[Tensor]:
    """Random operands of `scan_projected` in float64, in the range of trained networks."""
    generator = torch.Generator().manual_seed(channels + length)

    def normal(*shape: int, scale: float = 1.0) -> Tensor:
        return torch.randn(shape, generator=generator, dtype=torch.float64) * scale

    return [
        normal(2, length, channels),
        normal(directions, rank + 32, channels, scale=channels**-0.5),
        normal(directions, channels, rank, scale=2.0),
        normal(directions, channels, scale=3.0) - 3.0,
        torch.log(torch.arange(1.0, 17.0).double()).repeat(directions * channels, 1),
        normal(directions * channels),
    ]


def scan_gradients(
    values: list[Tensor], orders: Tensor, dtype: torch.dtype, summed: bool, device: str
) -> list[Tensor]:
    """Result and gradients of the projected scan for a fixed, uneven loss."""
    leaves = [value.to(device, dtype).requires_grad_() for value in values]
    sequence, to_low, to_delta, bias, a_logs, d = leaves
    y = scan_projected(sequence, (to_low, to_delta, bias), a_logs, d, orders.to(device))
    y = y.sum(1) if summed else y
    weight = torch.sin(torch.arange(y.numel(), dtype=torch.float64)).to(device, dtype).view_as(y)
    return [t.cpu() for t in (y.detach(), *torch.autograd.grad((y * weight).sum(), leaves))]


def check_scan(
    channels: int, rank: int, size: tuple[int, int], summed: bool, device: str
) -> bool:
    """Compares one size; both ways in which a gradient can arrive."""
    orders = selective_scan.image_orders(*size)
    values = operands(channels, rank, size[0] * size[1], 4)
    assert training_scan.suits(values[0].float().to(device), 16, rank)
    found = scan_gradients(values, orders, torch.float32, summed, device)
    expected = scan_gradients(values, orders, torch.float64, summed, "cpu")
    errors = {n: relative(f, e) for n, f, e in zip(NAMES, found, expected, strict=True)}
    passed = max(errors.values()) <= TOLERANCE
    text = " ".join(f"{name} {error:.1e}" for name, error in errors.items())
    print("ok  " if passed else "FAIL", f"{device} C={channels} R={rank} {size} {text}")
    return passed


def network_gradients(
    options: Configuration, dtype: torch.dtype, device: str
) -> dict[str, Tensor]:
    """Gradients of every parameter of a network with random weights."""
    torch.manual_seed(1)
    model = VmambaIR(options).double()
    for parameter in model.parameters():
        with torch.no_grad():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    model = model.to(device, dtype)
    image = torch.rand(2, 3, 8, 16, dtype=torch.float64).to(device, dtype)
    model(image).square().mean().backward()
    return {name: parameter.grad.cpu() for name, parameter in model.named_parameters()}


def check_network(variant: str, device: str) -> bool:
    """Compares all gradients of one variant, relative to the largest of each parameter.

    Some are zero in exact arithmetic, as that of a bias before a norm; rounding is no error there.
    """
    options = Configuration(variant, dim=16, num_blocks=(1, 1, 1, 1), num_refinement_blocks=1)
    found = network_gradients(options, torch.float32, device)
    expected = network_gradients(options, torch.float64, "cpu")
    largest = max(float(gradient.abs().max()) for gradient in expected.values())
    errors = {
        name: relative(found[name], gradient)
        for name, gradient in expected.items()
        if float(gradient.abs().max()) > 1e-9 * largest
    }
    worst = max(errors, key=errors.get)
    # A gradient that cancels almost to nothing has a larger relative error.
    passed = errors[worst] <= 100 * TOLERANCE
    print("ok  " if passed else "FAIL", f"{device} {variant}: worst {worst} {errors[worst]:.1e}")
    return passed


def main() -> None:
    """Runs all checks."""
    torch.backends.cudnn.allow_tf32 = False
    sizes = [(16, 1, (5, 7)), (32, 2, (8, 8)), (5, 1, (3, 50)), (40, 3, (1, 1)), (4, 6, (9, 4))]
    passed = []
    for device in ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",):
        passed += [check_scan(*size, summed, device) for size in sizes for summed in (True, False)]
        passed += [check_network(variant, device) for variant in VARIANTS]
    raise SystemExit(0 if all(passed) else 1)


if __name__ == "__main__":
    main()
