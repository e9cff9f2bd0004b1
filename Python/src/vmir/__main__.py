"""python -m vmir MODEL.vmir IN... -o OUT: restores pictures that Pillow reads, or .npy arrays."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from typing import Any, List, Optional, Set

import numpy as np

from . import BadInputError, Error, MissingInputError, Model, UsageError, __version__
from .errors import error_for


def _arguments(arguments: Optional[List[str]]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m vmir", description="Restores pictures with a converted network."
    )
    parser.add_argument("model", help="a .vmir file")
    parser.add_argument("inputs", nargs="+", metavar="IN", help="a picture or a .npy array")
    parser.add_argument(
        "-o", "--output", required=True, help="the output; a folder where there are several inputs"
    )
    parser.add_argument("--tile", default="auto", help="auto, off or pixels (default: auto)")
    parser.add_argument("--overlap", type=int, help="input pixels that tiles share")
    parser.add_argument("--tta", action="store_true", help="average over turns and mirrorings")
    parser.add_argument("--memory", type=int, default=0, metavar="MB", help="memory to take")
    parser.add_argument(
        "--resize", type=_size, metavar="WxH", help="size of the results: 1920x1080, 1920x, x1080"
    )
    parser.add_argument("--scale", type=float, help="the same as times the picture's sides")
    parser.add_argument("--threads", type=int, default=0, help="threads (default: all processors)")
    parser.add_argument("--isa", help="kernels to use (default: the fastest)")
    parser.add_argument("--version", action="version", version=__version__)
    # Wrong usage is 64, as in the other tools.
    parser.error = _usage  # type: ignore[assignment,method-assign]
    return parser.parse_args(arguments)


def _size(text: str) -> Any:
    parts = text.lower().split("x")
    if len(parts) != 2 or not all(part == "" or part.isdigit() for part in parts) or text == "x":
        raise argparse.ArgumentTypeError("takes a size such as 1920x1080, 1920x or x1080")
    return tuple(int(part) if part else None for part in parts)


def _usage(text: str) -> Any:
    print(f"error: {text}", file=sys.stderr)
    sys.exit(64)


def _read(path: str) -> Any:
    if path.endswith(".npy"):
        return np.load(path, allow_pickle=False)
    try:
        from PIL import Image, ImageOps
    except ImportError:
        raise UsageError("pictures need Pillow: pip install pillow") from None
    with Image.open(path) as image:
        image.load()
        return ImageOps.exif_transpose(image)


def _write(path: str, result: Any) -> None:
    """Writes beside `path` first, so that nothing is left half written."""
    ending = os.path.splitext(path)[1]
    folder = os.path.dirname(os.path.abspath(path))
    descriptor, temporary = tempfile.mkstemp(suffix=ending, prefix=".vmir", dir=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if isinstance(result, np.ndarray):
                np.save(file, result)
            else:
                from PIL import Image

                kinds = Image.registered_extensions()
                if ending.lower() not in kinds:
                    raise UsageError(f"the ending {ending!r} is no format that Pillow writes", path)
                kept = ("icc_profile", "exif", "dpi")
                extra = {name: result.info[name] for name in kept if result.info.get(name)}
                result.save(file, format=kinds[ending.lower()], **extra)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _output(source: str, options: argparse.Namespace) -> str:
    path: str = options.output
    if len(options.inputs) > 1 or os.path.isdir(path) or path.endswith("/"):
        os.makedirs(path, exist_ok=True)
        name, ending = os.path.splitext(os.path.basename(source))
        path = os.path.join(path, name + (ending if ending == ".npy" else ".png"))
    for kept in [options.model, *options.inputs]:
        if os.path.exists(path) and os.path.exists(kept) and os.path.samefile(path, kept):
            raise UsageError("would be replaced by an output", kept)
    return path


def _restore(
    model: Model, source: str, options: argparse.Namespace, outputs: Set[str]
) -> None:
    try:
        output = _output(source, options)
    except OSError as error:
        raise error_for(74, error.strerror or str(error), options.output) from None
    if output in outputs:
        raise UsageError("is the output of another input already", output)
    outputs.add(output)
    try:
        picture = _read(source)
    except Error:
        raise
    except FileNotFoundError as error:
        raise MissingInputError(error.strerror or "is missing", source) from None
    except (OSError, ValueError, EOFError, SyntaxError) as error:
        raise BadInputError(str(error), source) from None
    result = model.restore(
        picture,
        tile=options.tile,
        overlap=options.overlap,
        tta=options.tta,
        memory=options.memory * 1_000_000,
        resize=options.resize,
        scale=options.scale,
    )
    try:
        _write(output, result)
    except Error:
        raise
    except (OSError, ValueError, KeyError) as error:
        raise error_for(74, getattr(error, "strerror", None) or str(error), output) from None


def main(arguments: Optional[List[str]] = None) -> int:
    """Runs the command; the exit code is that of vmir-run."""
    options = _arguments(arguments)
    if options.tile not in ("auto", "off"):
        try:
            options.tile = int(options.tile)
        except ValueError:
            _usage(f"--tile takes auto, off or a number, not {options.tile}")
    failed = 0
    outputs: Set[str] = set()
    try:
        with Model(options.model, threads=options.threads, isa=options.isa) as model:
            for source in options.inputs:
                try:
                    _restore(model, source, options, outputs)
                except Error as error:
                    text = str(error)
                    if error.path is None:
                        text = f"{source}: {text}"
                    print(f"error: {text}", file=sys.stderr)
                    failed = error.status
    except Error as error:
        print(f"error: {error}", file=sys.stderr)
        return error.status
    except KeyboardInterrupt:
        return 130
    return 1 if failed and len(options.inputs) > 1 else failed


if __name__ == "__main__":
    sys.exit(main())
