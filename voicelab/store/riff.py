"""What the header of a WAV file promises, beside what is there."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import BinaryIO, Final

_ORDERS: Final = {b"RIFF": "little", b"RIFX": "big", b"RF64": "little"}
_UNKNOWN_BYTES: Final = 0x7FFF0000
"""Whoever writes a WAV into a pipe states this length or more (sox, ffmpeg), or the largest."""
_IN_DS64: Final = 0xFFFFFFFF
"""The length of an RF64 file's samples stands in its chunk ds64 (EBU Tech 3306)."""


@dataclass(frozen=True, slots=True)
class Promise:
    """What a header says of the samples that follow it.

    Attributes
    ----------
    data_bytes : int or None
        How many bytes of samples there ought to be; None where the header does not know.
    there_bytes : int
        How many follow the header.
    bytes_a_second : int
    """

    data_bytes: int | None
    there_bytes: int
    bytes_a_second: int

    @property
    def missing_s(self) -> float:
        """How much of the promised sound is not there, in seconds."""
        if self.data_bytes is None or not self.bytes_a_second:
            return 0.0
        return max(self.data_bytes - self.there_bytes, 0) / self.bytes_a_second

    @property
    def unfinished(self) -> bool:
        """Whether the header was written before the samples, and never again."""
        return self.data_bytes == 0 and self.there_bytes > 0


def read_promise(file: BinaryIO) -> Promise | None:
    """Read the header of a WAV file; None where it is none, or breaks off before its samples."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    start = file.read(12)
    if start[:4] not in _ORDERS or start[8:] != b"WAVE":
        return None
    order = _ORDERS[start[:4]]
    bytes_a_second, long_bytes = 0, None
    while len(head := file.read(8)) == 8:
        name, length = head[:4], _number(head[4:], order)
        if name == b"data":
            promised: int | None = length
            if length == _IN_DS64 and long_bytes is not None:
                promised = long_bytes
            elif length >= _UNKNOWN_BYTES:
                promised = None
            return Promise(promised, size - file.tell(), bytes_a_second)
        after = file.tell() + length + length % 2
        if name == b"fmt ":
            bytes_a_second = _number(file.read(12)[8:12], order)
        elif name == b"ds64":
            long_bytes = _number(file.read(16)[8:16], order)
        file.seek(after)
    return None


def _number(data: bytes, order: str) -> int:
    return int.from_bytes(data, "big" if order == "big" else "little")
