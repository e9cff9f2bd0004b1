"""Pillow images as arrays and back; Pillow is imported only where an image is given."""

from __future__ import annotations

import sys
from typing import Any, Tuple

import numpy as np

from .errors import BadInputError

_MODES = {"L", "LA", "RGB", "RGBA"}


def is_image(value: Any) -> bool:
    """Whether `value` is a Pillow image; False where Pillow was never imported."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(value, module.Image)


def to_array(image: Any) -> Tuple[np.ndarray, str]:
    """The samples of an image, and the mode that its result has.

    Modes are kept; a palette becomes RGB or RGBA, 1 bit becomes L, a transparent colour alpha.
    """
    mode = image.mode
    if mode.startswith("I;16"):
        return np.asarray(image).astype(np.uint16), "I;16"
    if mode == "PA":
        mode = "RGBA"
    elif mode == "P":
        mode = "RGBA" if "transparency" in image.info else "RGB"
    elif mode == "1":
        mode = "L"
    elif mode in ("L", "RGB") and "transparency" in image.info:
        mode = {"L": "LA", "RGB": "RGBA"}[mode]
    if mode not in _MODES:
        raise BadInputError(f"an image of mode {mode} is not taken; convert it to RGB or L first")
    return np.asarray(image if image.mode == mode else image.convert(mode)), mode


def to_image(array: np.ndarray, mode: str, like: Any, scale: Tuple[float, float]) -> Any:
    """An image of `array`, with the profile, EXIF and text of `like`, and its physical size."""
    from PIL import Image

    if mode == "I;16":
        size = (array.shape[1], array.shape[0])
        data = np.ascontiguousarray(array.astype("<u2"))
        result = Image.frombytes("I;16", size, data.tobytes())
    else:
        result = Image.fromarray(array)
    result.info = {name: value for name, value in like.info.items() if name != "transparency"}
    if "dpi" in result.info:
        result.info["dpi"] = tuple(
            float(value) * times for value, times in zip(result.info["dpi"], scale)
        )
    return result
