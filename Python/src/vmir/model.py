"""An opened network."""

from __future__ import annotations

import contextlib
import ctypes
import os
import threading
from typing import Any, Callable, Iterator, List, NamedTuple, Optional, Tuple, Type, Union

import numpy as np

from . import _arrays, _pillow, _size
from ._library import Forecast as _Forecast
from ._library import Image, OpenOptions, Progress, RunOptions, call, library
from ._size import Size
from .errors import UsageError

Path = Union[str, "os.PathLike[str]"]
Tile = Union[int, str]


class Forecast(NamedTuple):
    """What a run is going to take; sides and overlap are input pixels."""

    peak_bytes: int
    whole_bytes: int
    allowed_bytes: int
    tile_count: int
    tile_width: int
    tile_height: int
    overlap: int


class Model:
    """An open .vmir file, given by its path or as bytes.

    May be used from several threads, whose runs take turns; `share` gives a second handle on the
    same weights that runs at the same time. `threads` of 0 stands for all processors, `isa` of None
    for the fastest kernels.
    """

    path: Optional[str]

    def __init__(
        self, model: Union[Path, bytes], *, threads: int = 0, isa: Optional[str] = None
    ) -> None:
        self._prepare()
        options = OpenOptions(
            ctypes.sizeof(OpenOptions), _int32("threads", threads), isa.encode() if isa else None
        )
        references = ctypes.byref(options), ctypes.byref(self._handle)
        if isinstance(model, (bytes, bytearray, memoryview)):
            data = bytes(model)
            call("vmir_open_memory", data, len(data), *references)
        else:
            self.path = os.fsdecode(model)
            call("vmir_open_file", os.fsencode(model), *references, path=self.path)

    def _prepare(self) -> None:
        self.path = None
        self._handle = ctypes.c_void_p()
        self._condition = threading.Condition()
        self._users: List[int] = []

    def share(self, threads: int = 0) -> "Model":
        """Another handle on these weights, with threads and working memory of its own."""
        other = Model.__new__(Model)
        other._prepare()
        other.path = self.path
        with self._use() as handle:
            count = _int32("threads", threads)
            call("vmir_share", handle, count, ctypes.byref(other._handle), path=self.path)
        return other

    # MARK: End

    def close(self) -> None:
        """Waits for calls in progress, then gives back the memory; may be called again."""
        with self._condition:
            if threading.get_ident() in self._users:
                raise UsageError("a model can't be closed while it calls progress")
            handle, self._handle = self._handle, ctypes.c_void_p()
            self._condition.wait_for(lambda: not self._users)
        library.vmir_close(handle)

    def __enter__(self) -> "Model":
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], *_: Any) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_handle", None):
            library.vmir_close(self._handle)

    @contextlib.contextmanager
    def _use(self) -> Iterator[ctypes.c_void_p]:
        thread = threading.get_ident()
        with self._condition:
            if not self._handle:
                raise UsageError("the model is closed")
            if thread in self._users:
                raise UsageError("a model can't be used while it calls progress")
            self._users.append(thread)
            handle = self._handle
        try:
            yield handle
        finally:
            with self._condition:
                self._users.remove(thread)
                self._condition.notify_all()

    # MARK: Facts

    def _fact(self, name: str) -> Any:
        with self._condition:
            if not self._handle:
                raise UsageError("the model is closed")
            return getattr(library, name)(self._handle)

    @property
    def scale(self) -> int:
        """Output pixels for each input pixel, in each direction."""
        return int(self._fact("vmir_scale"))

    @property
    def input_channels(self) -> int:
        """Input channels of the network."""
        return int(self._fact("vmir_input_channels"))

    @property
    def output_channels(self) -> int:
        """Output channels of the network."""
        return int(self._fact("vmir_output_channels"))

    @property
    def size_multiple(self) -> int:
        """Sides are filled up to multiples of this inside of the library."""
        return int(self._fact("vmir_size_multiple"))

    @property
    def fixed_size(self) -> Optional[Tuple[int, int]]:
        """Width and height, where the network itself takes only one size; else None."""
        width, height = self._fact("vmir_fixed_width"), self._fact("vmir_fixed_height")
        return (int(width), int(height)) if width or height else None

    @property
    def is_tiling_exact(self) -> bool:
        """Whether tiles give the same result as the whole picture."""
        return bool(self._fact("vmir_is_tiling_exact"))

    @property
    def threads(self) -> int:
        """Threads that runs work with."""
        return int(self._fact("vmir_thread_count"))

    @property
    def isa(self) -> str:
        """Name of the kernels in use."""
        return str(self._fact("vmir_isa").decode())

    @property
    def weight_bytes(self) -> int:
        """Memory of the weights, which shared handles hold once."""
        return int(self._fact("vmir_weight_byte_count"))

    def __repr__(self) -> str:
        if not self._handle:
            return "<vmir.Model, closed>"
        return f"<vmir.Model {self.path or 'from memory'}: x{self.scale}, {self.isa}>"

    # MARK: Running

    def predict(
        self,
        width: int,
        height: int,
        *,
        tile: Tile = "auto",
        overlap: Optional[int] = None,
        tta: bool = False,
        memory: int = 0,
    ) -> Forecast:
        """What restoring a picture of `width` by `height` pixels takes; runs nothing.

        The library's own memory with float buffers; what NumPy holds besides is not counted.
        """
        options = _options(tile, overlap, tta, memory)
        forecast = _Forecast(ctypes.sizeof(_Forecast))
        with self._use() as handle:
            call(
                "vmir_predict",
                handle,
                width,
                height,
                ctypes.byref(options),
                ctypes.byref(forecast),
                path=self.path,
            )
        return Forecast(*(getattr(forecast, field[0]) for field in _Forecast._fields_[1:]))

    def restore(
        self,
        picture: Any,
        *,
        dtype: Any = None,
        tile: Tile = "auto",
        overlap: Optional[int] = None,
        tta: bool = False,
        memory: int = 0,
        resize: Optional[Size] = None,
        scale: Optional[float] = None,
        progress: Optional[Callable[[float], Optional[bool]]] = None,
    ) -> Any:
        """The restored picture: an array for an array, a Pillow image for an image.

        - picture: [H, W], [H, W, 1], grey and alpha [H, W, 2], RGB [H, W, 3], RGBA [H, W, 4] of
          uint8, uint16, or floats where 0 is black and 1 is white, in any memory order; bool stands
          for 0 and 255. Or an image of Pillow.
        - dtype: type of the resulting array, by default that of the picture; floats are neither
          clamped nor rounded.
        - tile: "auto", "off", or pixels of a side, 16 or more.
        - overlap: input pixels that neighbouring tiles share; 0 for none.
        - tta: average the results for the eight turns and mirrorings of the picture.
        - memory: bytes that the process may take; 0 for the library's default.
        - resize: width and height of the result in pixels, where it is not the network's; None as
          one of them lets it follow from the picture. By Lanczos' filter, as vmir-run --resize.
        - scale: the same as times the picture's sides, as vmir-run --scale.
        - progress: called with the share that is done, 0 to 1. An exception that it raises ends
          the run and is passed on; returning False ends it with `CancelledError`.
        """
        options = _options(tile, overlap, tta, memory)
        like, mode = None, ""
        if _pillow.is_image(picture):
            if dtype is not None:
                raise UsageError("dtype is for arrays; an image keeps its mode")
            like = picture
            picture, mode = _pillow.to_array(picture)
        array = np.asarray(picture)
        raised: List[BaseException] = []

        # Always there, so that Ctrl-C ends a run: handlers of signals run in Python code only.
        def watch(_: Any, share: float) -> int:
            try:
                return int(progress is not None and progress(share) is False)
            except BaseException as error:
                raised.append(error)
                return 1

        options.progress = Progress(watch)
        with self._use() as handle:
            times = int(library.vmir_scale(handle))
            height, width = _arrays.sides(array)
            size = _size.sides(resize, scale, width, height, times)

            def run(source: Image, target: Image) -> None:
                network = (source.width * times, source.height * times)
                options.is_resized = int((target.width, target.height) != network)
                references = map(ctypes.byref, (source, target, options))
                try:
                    call("vmir_run", handle, *references)
                except Exception:
                    if raised:
                        raise raised[0] from None
                    raise
                if raised:
                    raise raised[0]

            result = _arrays.restore(
                array,
                np.dtype(dtype) if dtype is not None else array.dtype,
                int(library.vmir_input_channels(handle)),
                int(library.vmir_output_channels(handle)),
                times,
                size,
                run,
            )
        if like is None:
            return result
        return _pillow.to_image(result, mode, like, (result.shape[1] / width, result.shape[0] / height))

    def cancel(self) -> None:
        """Ends the run in progress, and those that wait for it, with `CancelledError`."""
        with self._condition:
            if self._handle:
                library.vmir_cancel(self._handle)


def _int32(name: str, value: int) -> int:
    if not -(2**31) <= value < 2**31:
        raise UsageError(f"{name} can't be {value}")
    return value


def _options(tile: Tile, overlap: Optional[int], tta: bool, memory: int) -> RunOptions:
    sides = {"auto": 0, "off": -1}
    if isinstance(tile, str) and tile not in sides:
        raise UsageError(f"tile is 'auto', 'off' or a number of pixels, not {tile!r}")
    side = sides[tile] if isinstance(tile, str) else _int32("tile", tile)
    if not isinstance(tile, str) and side < 16:
        raise UsageError(f"tile can't be {tile}; the least is 16")
    shared = 0 if overlap is None else -1 if overlap == 0 else _int32("overlap", overlap)
    if overlap is not None and overlap < 0:
        raise UsageError(f"overlap can't be {overlap}")
    if not 0 <= memory < 2**63:
        raise UsageError(f"memory can't be {memory}")
    return RunOptions(ctypes.sizeof(RunOptions), memory, side, shared, int(tta))
