"""A file that is there as a whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from shutil import copymode

from voicelab.errors import SettingError


def check_place(path: Path) -> None:
    """See to it, before any long work, that a file can be written there.

    Raises
    ------
    SettingError
        Where it is a directory, or its directory is missing or may not be written.
    """
    if path.is_dir():
        raise SettingError(f"{path} is a directory: name a file in it.")
    if not path.parent.is_dir():
        raise SettingError(f"There is no directory {path.parent}: make it, or name another one.")
    written = path if path.exists() else path.parent
    if not os.access(written, os.W_OK):
        raise SettingError(f"{written} may not be written: name another place.")


def write_whole(path: Path, data: bytes) -> Path:
    """Write a file, replacing what is there only once all is written.

    Raises
    ------
    SettingError
        As :func:`check_place` does.
    OSError
        Where it cannot be written; what was there stays, and nothing half lies beside it.
    """
    check_place(path)
    try:
        return _write(path, data)
    except OSError as error:
        raise OSError(f"{path} could not be written: {error.strerror}.") from error


def _write(path: Path, data: bytes) -> Path:
    if path.exists() and not path.is_file():  # a pipe or a device cannot be replaced
        path.write_bytes(data)
        return path
    path = path.resolve()  # a link stays one
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(data)
        if path.exists():
            copymode(path, part)
        part.replace(path)
    except OSError:
        with suppress(OSError):
            part.unlink()
        raise
    return path
