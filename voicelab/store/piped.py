"""What comes through a pipe, held as a whole: it can be read only once."""

from __future__ import annotations

import os
import select
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from voicelab.errors import FormatError, SettingError
from voicelab.store import sound_file

STDIN: Final = "-"
"""How standard input is named."""

_CHUNK: Final = 1 << 20
_PATIENCE_MS: Final = 1000
"""Somebody who wants to be heard has opened a pipe before, or does so at once."""


@dataclass(frozen=True, slots=True)
class Piped:
    """The bytes that came, and where from.

    Parameters
    ----------
    name : str
        What an error calls it.
    data : bytes
    """

    name: str
    data: bytes = field(repr=False)


def is_pipe(name: str | Path) -> bool:
    """Whether it is standard input, or a pipe such as a shell's ``<(…)``."""
    return str(name) == STDIN or Path(name).is_fifo()


def read_pipe(name: str | Path) -> Piped:
    """Read a pipe to its end.

    Parameters
    ----------
    name : str or Path
        :data:`STDIN`, or a pipe.

    Raises
    ------
    FormatError
        Where it is a device, nobody writes into it, or more comes than is held of a file.
    SettingError
        Where standard input is a terminal, or is closed; where the pipe may not be read.
    """
    if str(name) == STDIN:
        return Piped("standard input", _all_of(_stdin(), "standard input"))
    try:
        source = os.open(name, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        raise SettingError(f"{name} cannot be read: {error.strerror}.") from None
    try:
        writers = select.poll()
        writers.register(source, select.POLLIN)
        if not writers.poll(_PATIENCE_MS):
            raise FormatError(
                f"{name} is a pipe or a device into which nobody writes: begin to write before it "
                "is read, or write into a file."
            )
        os.set_blocking(source, True)
        return Piped(str(name), _all_of(source, str(name)))
    finally:
        os.close(source)


def _stdin() -> int:
    """Standard input's number, where something comes from it that has an end."""
    try:
        if os.isatty(0):
            raise SettingError(
                "Nothing is piped in: send a file, as in `cat x.wav | voicelab diagnose -`."
            )
        kind = os.fstat(0).st_mode
    except OSError:
        raise SettingError("Standard input is closed: pipe a file in, or name one.") from None
    if stat.S_ISCHR(kind):
        raise FormatError(
            "standard input is a device, which may never end: pipe a file in, or name one."
        )
    return 0


def _all_of(source: int, name: str) -> bytes:
    data = bytearray()
    while chunk := os.read(source, _CHUNK):
        data += chunk
        sound_file.check_size(name, len(data), "more bytes")
    return bytes(data)
