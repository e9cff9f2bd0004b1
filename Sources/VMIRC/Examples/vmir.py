"""Restores NumPy arrays with libvmir, through ctypes.

    python vmir.py model.vmir in.npy out.npy    (libvmir.so on the loader's path, or VMIR_LIBRARY)

Arrays are [height, width, channels] of uint8, uint16 or float32, in any memory order.
"""

import ctypes
import os
import sys

import numpy as np

_SAMPLES = {np.dtype(np.float32): 0, np.dtype(np.uint8): 1, np.dtype(np.uint16): 2}
_PROGRESS = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_double)


class _Error(ctypes.Structure):
    _fields_ = [("status", ctypes.c_int), ("text", ctypes.c_char * 508)]


class _Image(ctypes.Structure):
    _fields_ = [
        ("struct_byte_count", ctypes.c_size_t),
        ("samples", ctypes.c_void_p),
        ("byte_count", ctypes.c_size_t),
        ("sample", ctypes.c_int),
        ("channels", ctypes.c_int32),
        ("width", ctypes.c_int64),
        ("height", ctypes.c_int64),
        ("row_stride", ctypes.c_ssize_t),
        ("pixel_stride", ctypes.c_ssize_t),
        ("channel_stride", ctypes.c_ssize_t),
    ]


class _RunOptions(ctypes.Structure):
    _fields_ = [
        ("struct_byte_count", ctypes.c_size_t),
        ("memory_byte_count", ctypes.c_int64),
        ("tile_side", ctypes.c_int32),
        ("overlap", ctypes.c_int32),
        ("is_ensemble", ctypes.c_int32),
        ("progress", _PROGRESS),
        ("context", ctypes.c_void_p),
    ]


class Error(Exception):
    """What the library says, with its status."""

    def __init__(self, error):
        super().__init__(error.text.decode())
        self.status = error.status


def _image(array):
    # The bytes that belong to an array: to the end of its last sample.
    extent = array.itemsize + sum((n - 1) * s for n, s in zip(array.shape, array.strides))
    height, width, channels = array.shape
    return _Image(
        ctypes.sizeof(_Image), array.ctypes.data, extent, _SAMPLES[array.dtype], channels, width,
        height, *array.strides,
    )  # fmt: skip


class Model:
    """An open .vmir file. May be used from several threads, whose runs take turns."""

    def __init__(self, path, library=None):
        self._model = ctypes.c_void_p()
        self._library = ctypes.CDLL(library or os.environ.get("VMIR_LIBRARY", "libvmir.so.0"))
        self._library.vmir_close.argtypes = [ctypes.c_void_p]
        self._library.vmir_close.restype = None
        self._call("vmir_open_file", os.fsencode(path), None, ctypes.byref(self._model))

    def __del__(self):
        if self._model:
            self._library.vmir_close(self._model)

    def _call(self, name, *arguments):
        error = _Error()
        if getattr(self._library, name)(*arguments, ctypes.byref(error)) != 0:
            raise Error(error)

    @property
    def scale(self):
        """Output pixels for each input pixel, in each direction."""
        return self._library.vmir_scale(self._model)

    def restore(self, picture, dtype=None, progress=None, tile=0, memory=0):
        """The restored picture, of `dtype` or the picture's own type.

        `progress` is called with the share of the work that is done; it ends the run, with an
        `Error` of status 75, by returning False.
        """
        if min(picture.strides) < 0:
            picture = np.ascontiguousarray(picture)
        channels = self._library.vmir_output_channels(self._model)
        height, width = picture.shape[:2]
        restored = np.empty(
            (height * self.scale, width * self.scale, channels), dtype or picture.dtype
        )
        options = _RunOptions(ctypes.sizeof(_RunOptions), memory, tile)
        if progress:
            options.progress = _PROGRESS(lambda _, share: progress(share) is False)
        images = _image(picture), _image(restored)
        self._call(
            "vmir_run", self._model, *map(ctypes.byref, images), ctypes.byref(options)
        )
        return restored


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("usage: vmir.py MODEL.vmir IN.npy OUT.npy")
    np.save(sys.argv[3], Model(sys.argv[1]).restore(np.load(sys.argv[2])))
