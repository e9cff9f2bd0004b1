"""vmir.h through ctypes."""

from __future__ import annotations

import ctypes
import os
import pathlib
from ctypes import POINTER, c_char_p, c_int, c_int32, c_int64, c_size_t, c_void_p
from typing import Any, Optional

from .errors import UnsupportedError, error_for

ABI_VERSION = 0
Progress = ctypes.CFUNCTYPE(c_int32, c_void_p, ctypes.c_double)


class ErrorRecord(ctypes.Structure):
    _fields_ = [("status", c_int), ("text", ctypes.c_char * 508)]


class OpenOptions(ctypes.Structure):
    _fields_ = [("struct_byte_count", c_size_t), ("thread_count", c_int32), ("isa", c_char_p)]


class Image(ctypes.Structure):
    _fields_ = [
        ("struct_byte_count", c_size_t),
        ("samples", c_void_p),
        ("byte_count", c_size_t),
        ("sample", c_int),
        ("channels", c_int32),
        ("width", c_int64),
        ("height", c_int64),
        ("row_stride", ctypes.c_ssize_t),
        ("pixel_stride", ctypes.c_ssize_t),
        ("channel_stride", ctypes.c_ssize_t),
    ]


class RunOptions(ctypes.Structure):
    _fields_ = [
        ("struct_byte_count", c_size_t),
        ("memory_byte_count", c_int64),
        ("tile_side", c_int32),
        ("overlap", c_int32),
        ("is_ensemble", c_int32),
        ("progress", Progress),
        ("context", c_void_p),
        ("is_resized", c_int32),
    ]


class Forecast(ctypes.Structure):
    _fields_ = [
        ("struct_byte_count", c_size_t),
        ("peak_byte_count", c_int64),
        ("whole_byte_count", c_int64),
        ("allowed_byte_count", c_int64),
        ("tile_count", c_int64),
        ("tile_width", c_int64),
        ("tile_height", c_int64),
        ("overlap", c_int64),
    ]


_ERROR = POINTER(ErrorRecord)
_SIGNATURES = {
    "vmir_abi_version": (c_int32, []),
    "vmir_version": (c_char_p, []),
    "vmir_open_file": (c_int, [c_char_p, POINTER(OpenOptions), POINTER(c_void_p), _ERROR]),
    "vmir_open_memory": (
        c_int,
        [c_char_p, c_size_t, POINTER(OpenOptions), POINTER(c_void_p), _ERROR],
    ),
    "vmir_share": (c_int, [c_void_p, c_int32, POINTER(c_void_p), _ERROR]),
    "vmir_close": (None, [c_void_p]),
    "vmir_scale": (c_int32, [c_void_p]),
    "vmir_size_multiple": (c_int32, [c_void_p]),
    "vmir_input_channels": (c_int32, [c_void_p]),
    "vmir_output_channels": (c_int32, [c_void_p]),
    "vmir_fixed_width": (c_int32, [c_void_p]),
    "vmir_fixed_height": (c_int32, [c_void_p]),
    "vmir_is_tiling_exact": (c_int32, [c_void_p]),
    "vmir_thread_count": (c_int32, [c_void_p]),
    "vmir_isa": (c_char_p, [c_void_p]),
    "vmir_weight_byte_count": (c_int64, [c_void_p]),
    "vmir_predict": (
        c_int,
        [c_void_p, c_int64, c_int64, POINTER(RunOptions), POINTER(Forecast), _ERROR],
    ),
    "vmir_run": (c_int, [c_void_p, POINTER(Image), POINTER(Image), POINTER(RunOptions), _ERROR]),
    "vmir_resample": (c_int, [POINTER(Image), POINTER(Image), c_int32, _ERROR]),
    "vmir_cancel": (None, [c_void_p]),
}


def _load() -> Any:
    bundled = pathlib.Path(__file__).with_name("libvmir.so")
    path = os.environ.get("VMIR_LIBRARY") or (str(bundled) if bundled.exists() else "libvmir.so.0")
    try:
        library = ctypes.CDLL(path)
        for name, (result, arguments) in _SIGNATURES.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError) as error:
        raise ImportError(f"libvmir can't be loaded: {error}") from error
    if library.vmir_abi_version() != ABI_VERSION:
        raise UnsupportedError(f"version {library.vmir_abi_version()} of vmir.h", path)
    return library


library = _load()


def call(name: str, *arguments: Any, path: Optional[str] = None) -> None:
    """Calls a function that returns a status and takes an error at last; raises that error."""
    error = ErrorRecord()
    status = getattr(library, name)(*arguments, ctypes.byref(error))
    if status != 0:
        raise error_for(status, error.text.decode("utf-8", "replace"), path)
