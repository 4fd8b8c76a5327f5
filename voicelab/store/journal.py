"""The journal: one JSON object a line, the first about the call, then one a moment.

``docs/journal.md`` is the contract.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from voicelab.call.moment import Moment
from voicelab.errors import CallNotFound

VERSION = 1

_encode = msgspec.json.Encoder().encode


class _Line(msgspec.Struct):
    t: int
    leg: str
    way: str
    m: msgspec.Raw = msgspec.Raw()
    text: str | None = None
    bin: str | None = None
    ev: dict[str, Any] | None = None


_decode_line = msgspec.json.Decoder(_Line).decode


def header_line(header: dict[str, Any]) -> bytes:
    """The first line, from ``id call_id stream_id started formats config`` and ``continues``."""
    return _encode({"voicelab": VERSION, **header}) + b"\n"


def moment_line(moment: Moment) -> bytes:
    """One moment as a line. A valid JSON message is embedded as it came."""
    data = moment.data
    match moment.kind:
        case "m":
            value = data.encode()
        case "bin":
            value = b'"' + base64.b64encode(data) + b'"'
        case "text":
            value = _encode(data.encode("utf-8", "replace").decode())
        case "ev":
            value = _fact(data)
    return b'{"t":%d,"leg":"%s","way":"%s","%s":%s}\n' % (
        moment.t_ns,
        moment.leg.encode(),
        moment.way.encode(),
        moment.kind.encode(),
        value,
    )


def _fact(data: dict[str, Any]) -> bytes:
    try:
        return _encode(data)
    except UnicodeEncodeError:  # half a surrogate pair, as in the name of a file
        return json.dumps(data, ensure_ascii=False).encode("utf-8", "replace")


class JournalFile:
    """A journal that is being written.

    Parameters
    ----------
    path : Path
        Created exclusively.
    header : dict
        The first line; see :func:`header_line`.

    Raises
    ------
    OSError
        Where it cannot be created.
    """

    def __init__(self, path: Path, header: dict[str, Any]) -> None:
        self.path = path
        self._bytes = 0
        self._header = header_line(header)
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)

    def write(self, lines: bytes) -> None:
        """Append whole lines, also after :meth:`close`.

        Where that fails nothing of them counts as written, and the next write takes their place.
        """
        if not lines and not self._header:
            return
        fd = self._fd if self._fd >= 0 else os.open(self.path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            view, at = memoryview(self._header + lines), self._bytes
            while view:
                written = os.pwrite(fd, view, at)
                view, at = view[written:], at + written
        finally:
            if fd != self._fd:
                os.close(fd)
        self._bytes, self._header = at, b""

    def close(self) -> None:
        """Close the file; idempotent."""
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)


@dataclass(frozen=True, slots=True)
class Journal:
    """A journal that was read.

    Attributes
    ----------
    header : dict
        The first line.
    moments : list of Moment
        In the order of the file.
    broken : int
        Lines that could not be read; a process that was killed leaves one at most.
    """

    header: dict[str, Any]
    moments: list[Moment] = field(default_factory=list)
    broken: int = 0


def read_journal(path: Path) -> Journal:
    """Read a whole journal, finished or not.

    Raises
    ------
    CallNotFound
        Where the file is absent or does not begin as a journal does.
    """
    try:
        with path.open("rb") as lines:
            header = _header(path, next(lines, b""))
            moments: list[Moment] = []
            broken = 0
            for line in lines:
                try:
                    moments.append(_moment(line))
                except (msgspec.DecodeError, ValueError):
                    broken += 1
            return Journal(header, moments, broken)
    except FileNotFoundError:
        raise CallNotFound(f"There is no journal at {path}.") from None


def journal_headers(directory: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """First lines of a directory's journals, newest call first; unreadable ones are left out."""
    for path in sorted(directory.glob("call-*.journal.jsonl"), reverse=True):
        try:
            with path.open("rb") as lines:
                yield path, _header(path, next(lines, b""))
        except (OSError, CallNotFound):
            continue


def _header(path: Path, line: bytes) -> dict[str, Any]:
    try:
        header = msgspec.json.decode(line)
    except (msgspec.DecodeError, ValueError):
        header = None
    if not isinstance(header, dict) or header.get("voicelab") != VERSION:
        raise CallNotFound(f"{path} does not begin as a voicelab journal does (docs/journal.md).")
    return header


def _moment(line: bytes) -> Moment:
    got = _decode_line(line)
    if bytes(got.m):
        return Moment(got.t, got.leg, got.way, "m", bytes(got.m).decode())  # type: ignore[arg-type]
    if got.ev is not None:
        return Moment(got.t, got.leg, got.way, "ev", got.ev)  # type: ignore[arg-type]
    if got.bin is not None:
        return Moment(got.t, got.leg, got.way, "bin", base64.b64decode(got.bin))  # type: ignore[arg-type]
    if got.text is not None:
        return Moment(got.t, got.leg, got.way, "text", got.text)  # type: ignore[arg-type]
    raise ValueError("a moment needs one of m, text, bin, ev")
