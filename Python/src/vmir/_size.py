"""Sizes that results are asked for in."""

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
