"""Restores pictures with converted networks on a CPU.

    with vmir.Model("sr4.vmir") as model:
        larger = model.restore(picture)
"""

from ._library import library as _library
from .errors import (
    BadInputError,
    CancelledError,
    Error,
    InternalError,
    MissingInputError,
    NoMemoryError,
    UnsupportedError,
    UsageError,
)
from .model import Forecast, Model

__version__: str = _library.vmir_version().decode()

__all__ = [
    "BadInputError",
    "CancelledError",
    "Error",
    "Forecast",
    "InternalError",
    "MissingInputError",
    "Model",
    "NoMemoryError",
    "UnsupportedError",
    "UsageError",
]
