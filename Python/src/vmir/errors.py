"""One class for each status of vmir.h; the numbers are the exit codes of the vmir tools."""

from __future__ import annotations

from typing import Optional


class Error(Exception):
    """Why a call failed. `status` is a number of vmir.h, `path` the file that it is about."""

    status = 70

    def __init__(self, text: str, path: Optional[str] = None) -> None:
        super().__init__(f"{path}: {text}" if path else text)
        self.path = path


class UsageError(Error, ValueError):
    """An argument is not acceptable."""

    status = 64


class BadInputError(Error, ValueError):
    """The model or the picture is malformed, or they do not fit each other."""

    status = 65


class MissingInputError(Error, OSError):
    """The file does not exist or can't be opened."""

    status = 66


class UnsupportedError(Error):
    """Valid, but not supported by this library."""

    status = 69


class InternalError(Error, RuntimeError):
    """An invariant was broken, as by weights that give infinite pixels."""

    status = 70


class NoMemoryError(Error, MemoryError):
    """More memory is needed than may be taken or than the machine has."""

    status = 71


class CancelledError(Error):
    """`progress` returned False, or `cancel` was called."""

    status = 75


_CLASSES = {
    kind.status: kind
    for kind in (
        UsageError,
        BadInputError,
        MissingInputError,
        UnsupportedError,
        InternalError,
        NoMemoryError,
        CancelledError,
    )
}


def error_for(status: int, text: str, path: Optional[str] = None) -> Error:
    """The error of a status; one that this module does not know is a plain `Error`."""
    kind = _CLASSES.get(status)
    if kind is not None:
        return kind(text, path)
    error = Error(text, path)
    error.status = status
    return error
