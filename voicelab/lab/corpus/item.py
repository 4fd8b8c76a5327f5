"""One file of a corpus, found and known by its size and the time of its last change."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voicelab.lab.places import existing
from voicelab.store.names import JOURNAL, WAV, CallFiles
from voicelab.store.results import Files


@dataclass(frozen=True, slots=True)
class Item:
    """What one row is about.

    Attributes
    ----------
    given : tuple of str or None
        Recording and reference as they were named, made fit to be shown.
    paths : tuple of str or None
        The same, absolute; None where there is none, or where it is no path.
    files : list
        Path, size and time of each, as in :data:`~voicelab.store.results.Files`.
    """

    given: tuple[str | None, str | None]
    paths: tuple[str | None, str | None]
    files: Files

    @classmethod
    def of(cls, recording: object, reference: object) -> Item:
        """From whatever stands for them in a list or a table; NaN is no reference."""
        first, second = _located(recording), _located(reference)
        return cls(
            (_shown(recording), None if _is_absent(reference) else _shown(reference)),
            (first, second),
            [_signature(first), _signature(second)],
        )

    @property
    def size_bytes(self) -> int:
        """Of its files together."""
        return sum(int(file[1] or 0) for file in self.files if file is not None)

    @property
    def known(self) -> bool:
        """Whether all that it names are files, and there."""
        return all(
            given is None or (file is not None and file[1] is not None)
            for given, file in zip(self.given, self.files, strict=True)
        )

    def order(self, settings: dict[str, Any]) -> dict[str, Any]:
        """What a worker is told."""
        return {"given": self.given, "paths": self.paths, **settings}


def _is_absent(given: object) -> bool:
    """Whether it is what a table has where it has nothing."""
    nan = isinstance(given, float) and given != given
    return given is None or nan or type(given).__name__ in ("NAType", "NaTType")


def _shown(given: object) -> str:
    # A name that is no Unicode has half a surrogate pair in it, which cannot be printed.
    return str(given).encode("utf-8", "replace").decode()


def _located(given: object) -> str | None:
    """The sound file that a path names, absolute: for a call, its caller's WAV."""
    if not isinstance(given, (str, os.PathLike)):
        return None
    path = Path(os.fsdecode(given))
    try:
        path = existing(path)
        if path.name.endswith(JOURNAL):
            path = CallFiles.of(path).wav
        elif not path.exists() and path.with_name(path.name + WAV).is_file():
            path = path.with_name(path.name + WAV)
        return str(path.absolute())
    except (OSError, ValueError, RuntimeError):
        return str(path)  # a name that no system takes: whoever opens it says why


def _signature(path: str | None) -> list[str | int | None] | None:
    if path is None:
        return None
    try:
        status = os.stat(path)  # noqa: PTH116 - hot
    except (OSError, ValueError):
        return [path, None, None]
    return [path, status.st_size, status.st_mtime_ns]
