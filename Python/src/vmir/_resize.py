"""Lanczos' filter of three lobes, as vmir-run --resize uses it, for pictures with alpha and
grey ones; others are resampled by the library while they are restored."""

from __future__ import annotations

import math
from typing import Optional, Tuple

import numpy as np

from .errors import UsageError

Size = Tuple[Optional[int], Optional[int]]
SIDE_LIMIT = 1 << 20


def sides(
    size: Optional[Size], factor: Optional[float], width: int, height: int, scale: int
) -> Optional[Tuple[int, int]]:
    """Width and height of the result of a picture, or None for those of the network.

    `size` may leave one side to follow from the picture; `factor` is times the picture's sides.
    """
    if size is not None and factor is not None:
        raise UsageError("resize and scale say the size of the result once")
    if factor is not None:
        if not 0 < factor <= 64:
            raise UsageError(f"scale can't be {factor}; it is above 0 and at most 64")
        return _rounded(width * factor), _rounded(height * factor)
    if size is None:
        return None
    try:
        wide, high = size
    except (TypeError, ValueError):
        raise UsageError(f"resize is a width and a height, not {size!r}") from None
    for side in (wide, high):
        if side is not None and not (isinstance(side, (int, np.integer)) and 0 < side <= SIDE_LIMIT):
            raise UsageError(f"resize can't have a side of {side!r}")
    if wide is None and high is None:
        return None
    if wide is None:
        return _rounded(width * high / height), int(high)  # type: ignore[operator,arg-type]
    if high is None:
        return int(wide), _rounded(height * wide / width)
    return int(wide), int(high)


def _rounded(side: float) -> int:
    return min(max(math.floor(side + 0.5), 1), SIDE_LIMIT)


def resize(values: np.ndarray, size: Tuple[int, int], has_alpha: bool) -> np.ndarray:
    """Floats [H, W, C] at another size; colours are weighted by alpha, the last channel."""
    if has_alpha:
        alpha = values[..., -1:]
        values = np.concatenate([values[..., :-1] * alpha, alpha], axis=2)
    for axis, side in ((1, size[0]), (0, size[1])):
        values = _resample(values, side, axis)
    if has_alpha:
        colour, alpha = values[..., :-1], values[..., -1:]
        colour = np.where(alpha > 0, colour / np.where(alpha > 0, alpha, 1), 0)
        values = np.concatenate([colour, np.clip(alpha, 0, 1)], axis=2)
    return values


def _resample(values: np.ndarray, side: int, axis: int) -> np.ndarray:
    count = values.shape[axis]
    squeeze = max(count / side, 1.0)
    centre = (np.arange(side) + 0.5) * (count / side)
    first = np.floor(centre - 3 * squeeze + 0.5).astype(int)
    last = np.floor(centre + 3 * squeeze + 0.5).astype(int)
    shape = [1] * values.ndim
    shape[axis] = side
    total = np.zeros(side)
    result = np.zeros([side if a == axis else n for a, n in enumerate(values.shape)], np.float32)
    for tap in range(int((last - first).max())):
        position = first + tap
        inside = (position >= 0) & (position < np.minimum(last, count))
        x = (position + 0.5 - centre) / squeeze
        weight = np.where(inside & (np.abs(x) < 3), np.sinc(x) * np.sinc(x / 3), 0)
        total += weight
        taken = values.take(np.clip(position, 0, count - 1), axis)
        result += weight.astype(np.float32).reshape(shape) * taken
    return result / total.astype(np.float32).reshape(shape)
