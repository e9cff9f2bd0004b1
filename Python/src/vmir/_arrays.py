"""Arrays as vmir.h takes them, and results in the type and layout of the input."""

from __future__ import annotations

import ctypes
from typing import Callable, Optional, Tuple

import numpy as np

from . import _alpha
from ._library import Image, call
from .errors import BadInputError, InternalError, UsageError

_SAMPLES = {np.dtype(np.float32): 0, np.dtype(np.uint8): 1, np.dtype(np.uint16): 2}
_FLOATS = (np.float16, np.float32, np.float64)
Run = Callable[[Image, Image], None]


def native_type(dtype: np.dtype) -> np.dtype:
    """The type that the library works with for arrays of `dtype`."""
    if dtype == np.bool_:
        return np.dtype(np.uint8)
    native: np.dtype = dtype.newbyteorder("=")
    if native in _SAMPLES:
        return native
    if dtype.type in _FLOATS:
        return np.dtype(np.float32)
    raise UsageError(
        f"arrays of {dtype} are not taken; use uint8, uint16, float16, float32 or float64"
    )


def to_native(array: np.ndarray) -> np.ndarray:
    """The array in a type and a memory order that the library takes; copied only if needed."""
    native = native_type(array.dtype)
    if array.dtype == np.bool_:
        bits: np.ndarray = array.astype(np.uint8) * np.uint8(255)
        return bits
    array = array.astype(native, copy=False)
    if array.size and min(array.strides) < 0:
        array = np.ascontiguousarray(array)
    return array


def image(array: np.ndarray) -> Image:
    """A view of `array`, [H, W, C], as vmir.h describes one."""
    extent = array.itemsize + sum((n - 1) * s for n, s in zip(array.shape, array.strides))
    height, width, channels = array.shape
    size = ctypes.sizeof(Image)
    sample = _SAMPLES[array.dtype]
    strides = array.strides
    return Image(size, array.ctypes.data, extent, sample, channels, width, height, *strides)


def sides(array: np.ndarray) -> Tuple[int, int]:
    """Height and width of a picture."""
    if array.ndim not in (2, 3) or 0 in array.shape:
        raise BadInputError(
            f"an array of shape {array.shape} is no picture; use [H, W] or [H, W, C]"
        )
    return array.shape[0], array.shape[1]


def split(
    array: np.ndarray, channels: int, takes_luma: bool = False
) -> Tuple[np.ndarray, Optional[np.ndarray]]:
    """The colours, [H, W, C], and alpha, [H, W], of a picture for a network of `channels`.

    With `takes_luma` a network of one channel takes colours too.
    """
    sides(array)
    if array.ndim == 2:
        array = array[..., None]
    found = array.shape[2]
    if found == channels:
        return array, None
    if channels in (1, 3) and found in (2, 4):
        array, alpha = array[..., :-1], array[..., -1]
        found -= 1
    else:
        alpha = None
    if found == channels or (found == 1 and channels == 3) or (found == 3 and takes_luma):
        return array, alpha
    raise BadInputError(f"the picture has {found} colour channels, the network takes {channels}")


def restore(
    array: np.ndarray,
    dtype: np.dtype,
    inputs: int,
    outputs: int,
    scale: int,
    size: Optional[Tuple[int, int]],
    run: Run,
) -> np.ndarray:
    """The restored array, of type `dtype`, in the layout of `array`, `size` (width, height) large.

    `run` restores one view to another, which may have any sides.
    """
    result_type = native_type(dtype)
    network = (inputs, outputs)
    colour, alpha = split(to_native(array), inputs, takes_luma=(inputs, outputs) == (1, 1))
    if colour.shape[2] == 3 and inputs == 1:
        # The library restores the brightness and enlarges the colours.
        inputs = outputs = 3
    largest = 1.0 if colour.dtype.kind == "f" else float(np.iinfo(colour.dtype).max)
    makes_grey = colour.shape[2] == 1 and inputs == 3 and outputs == 3
    if makes_grey:
        outputs = 1
    height, width = colour.shape[0] * scale, colour.shape[1] * scale
    if size is not None and size != (width, height) and (alpha is not None or makes_grey):
        # Made of the network's result, as vmir-run makes it.
        whole = restore(array, result_type, *network, scale, None, run)
        result = np.empty((size[1], size[0]) + whole.shape[2:], result_type)
        views = (image(np.atleast_3d(whole)), image(np.atleast_3d(result)))
        call("vmir_resample", *map(ctypes.byref, views), int(alpha is not None))
        return result.astype(np.uint8 if dtype == np.bool_ else dtype, copy=False)
    if size is not None:
        width, height = size
    if alpha is not None:
        colour = _with_hidden_colours(colour, alpha, largest)
    count = outputs + (alpha is not None)
    result = np.empty((height, width, count), result_type)
    corrects = alpha is not None and scale > 1 and bool(alpha.min() != alpha.max())

    source = np.broadcast_to(colour, colour.shape[:2] + (inputs,))
    if makes_grey or corrects:
        values = np.empty((height, width, 3 if makes_grey else outputs), np.float32)
        run(image(source), image(values))
        if result_type.kind != "f":
            _check_finite(values)
            np.clip(values, 0, 1, out=values)
        if makes_grey:
            values = _luma(values)
        if corrects and alpha is not None:
            unit = _unit(colour.dtype)
            _alpha.correct_colours(
                values, _floats(colour, unit), _floats(alpha, unit), scale, _largest(colour.dtype)
            )
        result[..., :outputs] = _samples(values, result_type)
    else:
        run(image(source), image(result[..., :outputs]))
    if alpha is not None:
        enlarged = _alpha.enlarge(alpha.astype(np.float32), scale)
        if largest > 1:
            enlarged = np.clip(np.rint(enlarged), 0, np.float32(largest))
        result[..., -1] = _samples(enlarged / np.float32(largest), result_type)
    if array.ndim == 2:
        result = result[..., 0]
    return result.astype(np.uint8 if dtype == np.bool_ else dtype, copy=False)


def _check_finite(values: np.ndarray) -> None:
    if not np.isfinite(values).all():
        raise InternalError("the network gives pixels that are no finite numbers")


def _largest(dtype: np.dtype) -> float:
    """What floats are counted up to where alpha is looked at: as finely as in 16 bits."""
    return 65535.0 if dtype.kind == "f" else float(np.iinfo(dtype).max)


def _unit(dtype: np.dtype) -> float:
    return 65535.0 if dtype.kind == "f" else 1.0


def _floats(array: np.ndarray, unit: float) -> np.ndarray:
    scaled: np.ndarray = array.astype(np.float32) * np.float32(unit)
    return scaled


def _with_hidden_colours(colour: np.ndarray, alpha: np.ndarray, largest: float) -> np.ndarray:
    hidden = alpha <= 0
    if not hidden.any():
        return colour
    share = alpha.astype(np.float32) / np.float32(largest)
    spread = _alpha.spread_colours(colour.astype(np.float32), share)
    if spread is None:
        return colour
    if colour.dtype.kind != "f":
        spread = np.clip(np.rint(spread), 0, np.float32(largest))
    return np.where(hidden[..., None], spread.astype(colour.dtype), colour)


def _luma(values: np.ndarray) -> np.ndarray:
    red, green, blue = (values[..., channel : channel + 1] for channel in range(3))
    luma: np.ndarray = green + np.float32(0.299) * (red - green) + np.float32(0.114) * (blue - green)
    return luma


def _samples(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    if dtype.kind == "f":
        return values
    top = np.float32(np.iinfo(dtype).max)
    rounded: np.ndarray = np.rint(np.clip(values, 0, 1) * top)
    return rounded.astype(dtype)
