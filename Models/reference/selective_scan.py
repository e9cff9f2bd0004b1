"""The selective scan of VmambaIR on a CPU: plain PyTorch, and a compiled one where a compiler is.

Letters in shapes: N batch, K directions, L positions, C channels, S states. Sequences are channels
last, so that an image `[N, H * W, C]` is scanned without a permuted copy: a direction is an order
in which positions are visited, and results come back at the positions that they belong to.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

FOLDER = Path(__file__).parent
SHARED_HEADER = FOLDER / "scan_math.h"
FLAGS = ["-std=c++17", "-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math"]
# The compiled scan keeps this many states of a channel at most.
MOST_STATES = 64
# Bytes that the decay factors of one piece of a sequence may take in the plain scan.
PIECE_BYTES = 32 << 20

# Whether the compiled scan is used where it can be had, for float32 and without gradients.
use_native = True
# What delta goes through in the plain scan; the compiled one has its own.
softplus = F.softplus


def image_orders(height: int, width: int) -> Tensor:
    """Orders `[4, H * W]` of the pixels: row-major, column-major, and both reversed."""
    rows = torch.arange(height * width).view(height, width)
    forward = torch.stack([rows.reshape(-1), rows.t().reshape(-1)])
    return torch.cat([forward, forward.flip(-1)])


def sequence_orders(length: int) -> Tensor:
    """Orders `[2, L]` of a sequence: forward and reversed."""
    forward = torch.arange(length)
    return torch.stack([forward, forward.flip(0)])


def orders_on(device: torch.device, make: Callable[..., Tensor], *sizes: int) -> Tensor:
    """Orders of a size, kept where they would have to be copied to a GPU."""
    return make(*sizes) if device.type == "cpu" else _kept_orders(device, make, sizes)


@functools.lru_cache(maxsize=64)
def _kept_orders(
    device: torch.device, make: Callable[..., Tensor], sizes: tuple[int, ...]
) -> Tensor:
    return make(*sizes).to(device)


def scan(
    u: Tensor,
    delta: Tensor,
    a: Tensor,
    b: Tensor,
    c: Tensor,
    d: Tensor,
    bias: Tensor,
    orders: Tensor,
) -> Tensor:
    """Runs `h = exp(dt * a) * h + dt * b * u; y = <c, h> + d * u` along each order, h = 0 first.

    `dt = softplus(delta + bias)`, where softplus(v) = v for v > 20.

    Args:
        u: `[N, L, C]`, the same for all directions.
        delta: `[N, K, L, C]`, step sizes before bias and softplus.
        a: `[K, C, S]`, negative.
        b: `[N, K, L, S]`, shared by all channels.
        c: `[N, K, L, S]`, shared by all channels.
        d: `[K, C]`.
        bias: `[K, C]`.
        orders: `[K, L]`, a permutation of the positions for each direction.

    Returns:
        `[N, K, L, C]`, each value at the position of the `u` that it goes with.
    """
    suits = u.dtype == torch.float32 and u.device.type == "cpu" and a.shape[-1] <= MOST_STATES
    suits = suits and not torch.is_grad_enabled()
    run = _scan_native if use_native and suits and library() else _scan_torch
    return run(u, delta, a, b, c, d, bias, orders)


def _scan_torch(
    u: Tensor,
    delta: Tensor,
    a: Tensor,
    b: Tensor,
    c: Tensor,
    d: Tensor,
    bias: Tensor,
    orders: Tensor,
) -> Tensor:
    """Scans position by position, all directions, channels and states at once."""
    directions, length = orders.shape
    which = torch.arange(directions)[:, None]
    u = u[:, orders]  # [N, K, L, C]
    delta = softplus(delta[:, which, orders] + bias[:, None, :])
    b, c = b[:, which, orders], c[:, which, orders]
    state = u.new_zeros(u.shape[0], *a.shape)  # [N, K, C, S]
    piece = max(1, PIECE_BYTES // (state.numel() * state.element_size()))
    results = []
    for start in range(0, length, piece):
        part = slice(start, min(start + piece, length))
        step = delta[:, :, part, :, None]
        decay = torch.exp(step * a[:, None])  # [N, K, piece, C, S]
        drive = step * u[:, :, part, :, None] * b[:, :, part, None, :]
        states = []
        for position in range(decay.shape[2]):
            state = torch.addcmul(drive[:, :, position], decay[:, :, position], state)
            states.append(state)
        results.append(torch.einsum("nklcs,nkls->nklc", torch.stack(states, 2), c[:, :, part]))
    ordered = torch.cat(results, 2) + d[:, None, :] * u
    back = torch.argsort(orders, -1)
    return ordered[:, which, back]


def _scan_native(
    u: Tensor,
    delta: Tensor,
    a: Tensor,
    b: Tensor,
    c: Tensor,
    d: Tensor,
    bias: Tensor,
    orders: Tensor,
) -> Tensor:
    """Calls `vmir_reference_scan` of scan_cpu.cpp; float32 only, no gradients."""
    batch, length, channels = u.shape
    operands = [t.detach().to(torch.float32).contiguous() for t in (u, delta, a, b, c, d, bias)]
    order = orders.to(torch.int64).contiguous()
    y = torch.empty(batch, orders.shape[0], length, channels)
    pointers = [ctypes.c_void_p(t.data_ptr()) for t in [*operands, order, y]]
    sizes = [batch, orders.shape[0], length, channels, a.shape[-1], torch.get_num_threads()]
    library().vmir_reference_scan(*pointers, *[ctypes.c_int64(size) for size in sizes])
    return y


def library() -> ctypes.CDLL | None:
    """The compiled scan for inference, or None where there is no compiler."""
    return compiled("scan_cpu.cpp")


@functools.cache
def compiled(source: str) -> ctypes.CDLL | None:
    """The library made of a source in this folder, or None where there is no compiler."""
    compiler = next(filter(None, map(shutil.which, ("c++", "g++", "clang++"))), None)
    if compiler is None:
        return None
    path = FOLDER / source
    texts = [path.read_text(), SHARED_HEADER.read_text()]
    # -march=native ties the library to the machine.
    key = "\n".join([*texts, compiler, *FLAGS, platform.machine(), platform.node()])
    name = f"{path.stem}.{hashlib.sha256(key.encode()).hexdigest()[:16]}.so"
    folder = FOLDER / "__pycache__"
    try:
        folder.mkdir(exist_ok=True)
        if not (folder / name).exists():
            with tempfile.TemporaryDirectory(dir=folder) as scratch:
                built = Path(scratch) / name
                _compile(compiler, path, built)
                built.replace(folder / name)
        return ctypes.CDLL(str(folder / name))
    except (OSError, subprocess.CalledProcessError):
        return None


def _compile(compiler: str, source: Path, output: Path) -> None:
    """Builds a source with a thread pool from OpenMP where the compiler has it."""
    command = [compiler, *FLAGS, "-shared", "-fPIC", str(source), "-o", str(output)]
    for extra in (["-fopenmp"], []):
        done = subprocess.run([*command, *extra], check=False, capture_output=True)
        if done.returncode == 0:
            return
    done.check_returncode()
