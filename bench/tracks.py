"""What went over each line at both ends of a bridge, and how long it was on its way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import accumulate
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
from dialects import Dialect


class Track(msgspec.Struct, gc=False):
    """One line as one end saw it.

    Attributes
    ----------
    said : bytes
        All audio that was sent, in frames of 20 ms.
    sent_ns : list of int
        When each frame went out, monotonic nanoseconds.
    heard : bytes
        All audio that came.
    ends : list of int
        Where in ``heard`` each piece ends.
    came_ns : list of int
        When each piece came.
    """

    said: bytes = b""
    sent_ns: list[int] = []
    heard: bytes = b""
    ends: list[int] = []
    came_ns: list[int] = []

    def hear(self, pieces: Iterable[tuple[int, bytes]]) -> None:
        """Take what came: ``(nanoseconds, audio)``."""
        known = [(t_ns, audio) for t_ns, audio in pieces if audio]
        self.heard = b"".join(audio for _, audio in known)
        self.ends = list(accumulate(len(audio) for _, audio in known))
        self.came_ns = [t_ns for t_ns, _ in known]


class Wrong(Exception):
    """What came out of a bridge is not what went in; the message says where."""


def write(path: Path, tracks: list[Track]) -> None:
    """Store tracks."""
    path.write_bytes(msgspec.msgpack.encode(tracks))


def read(path: Path) -> list[Track]:
    """Read stored tracks."""
    return msgspec.msgpack.decode(path.read_bytes(), type=list[Track])


Waits = npt.NDArray[np.float64]


def waits_ms(callers: list[Track], models: list[Track], dialect: Dialect) -> tuple[Waits, Waits]:
    """Compare both ends.

    Parameters
    ----------
    callers, models : list of Track
        In any order: a line is known by what was said on it.
    dialect : Dialect

    Returns
    -------
    up, down : ndarray of float64
        How long each piece that came had been on its way, in ms: from the sending of the frame that
        completed it. Toward the model, and from it.

    Raises
    ------
    Wrong
        Where an end has heard anything else than the other has said.
    """
    there = _across(callers, models, dialect.to_model, "models")
    back = _across(models, callers, dialect.to_line, "callers")
    return there, back


def _across(
    said: list[Track], heard: list[Track], convert: Callable[[bytes], list[bytes]], whom: str
) -> Waits:
    pieces = [convert(track.said) for track in said]
    expected = [b"".join(each) for each in pieces]
    missing = Counter(expected) - Counter(track.heard for track in heard)
    if missing or len(said) != len(heard):
        raise Wrong(
            f"{missing.total()} of {len(said)} lines were not heard as they were spoken on, by "
            f"{len(heard)} {whom}"
        )
    found = {track.heard: track for track in heard}
    waits = [
        _waits(list(accumulate(map(len, each))), track.sent_ns, found[whole])
        for track, each, whole in zip(said, pieces, expected, strict=True)
        if track.sent_ns
    ]
    return np.concatenate([np.zeros(0), *waits])


def _waits(outputs: list[int], sent_ns: list[int], came: Track) -> Waits:
    """How long each piece waited; one that only the end of all completed does not count."""
    causes = np.searchsorted(outputs, came.ends)
    known = causes < len(sent_ns)
    sent = np.array(sent_ns, np.int64)[causes[known]]
    return (np.array(came.came_ns, np.int64)[known] - sent) / 1e6
