"""What vmir-run does with transparency, for arrays: alpha is enlarged by cubic convolution, colours
that nobody sees are continued from those that can be seen, and where alpha changes, colours are
corrected to what they would be had the network weighted them by it."""

from __future__ import annotations

import functools
import operator
from typing import Iterable, List, Optional, Tuple

import numpy as np


def spread_colours(colour: np.ndarray, alpha: np.ndarray) -> Optional[np.ndarray]:
    """Colours for all pixels, float32 [H, W, C], by averages over ever larger squares.

    `alpha` is float32 [H, W] from 0 to 1. None where nothing is visible.
    Source: S. Gortler et al., The Lumigraph, 1996, section 3.4.
    """
    seen = alpha[..., None]
    values = np.concatenate([seen * colour, seen], axis=2)
    levels: List[np.ndarray] = []
    while not levels or max(values.shape[:2]) > 1:
        values = _halved(values)
        levels.append(values)
    if not levels[-1][0, 0, -1] > 0:
        return None
    above = levels.pop()
    above = above / np.where(above[..., -1:] < 1, above[..., -1:], np.float32(1))
    for values in reversed(levels):
        missing = np.maximum(1 - values[..., -1:], 0)
        above = values + missing * _doubled(above, values.shape[:2])
    return _doubled(above, colour.shape[:2])[..., :-1]


def _halved(values: np.ndarray) -> np.ndarray:
    height, width = values.shape[:2]
    values = np.pad(values, ((0, height % 2), (0, width % 2), (0, 0)))
    total = values[::2, ::2] + values[::2, 1::2] + values[1::2, ::2] + values[1::2, 1::2]
    mean: np.ndarray = total / np.maximum(total[..., -1:], 1)
    return mean


def _doubled(values: np.ndarray, shape: Tuple[int, int]) -> np.ndarray:
    for axis, count in enumerate(shape):
        position = np.arange(count)
        near = position // 2
        far = np.clip(near + np.where(position % 2 == 0, -1, 1), 0, values.shape[axis] - 1)
        values = np.float32(0.75) * values.take(near, axis) + np.float32(0.25) * values.take(
            far, axis
        )
    return values


def _kernel(distance: float) -> float:
    a = -0.5
    if distance < 1:
        return ((a + 2) * distance - (a + 3)) * distance * distance + 1
    return ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a


def _taps(count: int, scale: int) -> Tuple[np.ndarray, np.ndarray]:
    """The four inputs that each output position is made of, and their weights, both [4, N]."""
    offsets, weights = [], []
    for phase in range(scale):
        position = (phase + 0.5) / scale - 0.5
        base = -1 if position < 0 else 0
        fraction = position - base
        offsets.append(base - 1)
        weights.append([_kernel(d) for d in (1 + fraction, fraction, 1 - fraction, 2 - fraction)])
    first = np.repeat(np.arange(count), scale) + np.tile(offsets, count)
    indices = np.clip(first + np.arange(4)[:, None], 0, count - 1)
    return indices, np.tile(np.array(weights, np.float32).T, count)


def enlarge(plane: np.ndarray, scale: int) -> np.ndarray:
    """A float32 plane enlarged by Keys' cubic convolution, a = -0.5; not rounded."""
    if scale == 1:
        return plane
    columns, weights = _taps(plane.shape[1], scale)
    wide = _sum(weights[tap] * plane[:, columns[tap]] for tap in range(4))
    rows, weights = _taps(plane.shape[0], scale)
    return _sum(weights[tap][:, None] * wide[rows[tap]] for tap in range(4))


def _sum(parts: Iterable[np.ndarray]) -> np.ndarray:
    """The sum of arrays of which the first is changed."""
    return functools.reduce(operator.iadd, parts)


def correct_colours(
    restored: np.ndarray, colour: np.ndarray, alpha: np.ndarray, scale: int, largest: float
) -> None:
    """Adds to `restored`, float32 [H * scale, W * scale, C] from 0 to 1, what weighting by alpha
    changes. `colour` and `alpha` are float32 from 0 to `largest`."""
    if scale == 1 or alpha.min() == alpha.max():
        return
    rows, row_weights = _taps(alpha.shape[0], scale)
    columns, column_weights = _taps(alpha.shape[1], scale)
    for start in range(0, restored.shape[0], 64):
        part = slice(start, start + 64)
        taps = [
            (
                alpha[rows[i, part]][:, columns[j]],
                colour[rows[i, part]][:, columns[j]],
                row_weights[i, part][:, None] * column_weights[j],
            )
            for i in range(4)
            for j in range(4)
        ]
        around = np.stack([a for a, _, _ in taps])
        varies = around.min(0) != around.max(0)
        if not varies.any():
            continue
        weight = sum(w * a for a, _, w in taps)
        plain = sum(w[..., None] * c for _, c, w in taps)
        product = sum((w * a)[..., None] * c for a, c, w in taps)
        seen = [(a[..., None] > 0, c) for a, c, _ in taps]
        lowest = np.min([np.where(s, c, np.inf) for s, c in seen], axis=0)
        highest = np.max([np.where(s, c, -np.inf) for s, c in seen], axis=0)
        used = varies & (weight >= 0.5)
        quotient = product / np.where(used, weight, 1)[..., None]
        added = np.clip(quotient, lowest, highest) - plain
        restored[part] += np.where(used[..., None], added / np.float32(largest), 0)
