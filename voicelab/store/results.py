"""The results of a corpus: one JSON object a line, one line a file that was looked at.

``docs/corpora.md`` is the contract.
"""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import Any, Final

from voicelab import __version__
from voicelab.errors import SettingError, StateError

VERSION: Final = 1
_BEGIN: Final = b'{"corpus":%d,' % VERSION
_BLOCK: Final = 1 << 20

Files = list[list[str | int | None] | None]
"""Of every file that a row depends on: path, size in bytes and time of its last change in ns."""


def compact(value: Any) -> bytes:
    """JSON in as few ASCII characters as it takes; also names that are no Unicode."""
    return json.dumps(value, separators=(",", ":")).encode("ascii")


class ResultsFile:
    """Rows that are done, once :meth:`read`, and a place for those to come.

    Parameters
    ----------
    path : Path
        Created where it is not there, with its folder.
    verb : {"check", "diagnose"}
    settings : dict
        All that a row depends on beside its files and the version of voicelab.

    Raises
    ------
    SettingError
        Where it is a directory.
    StateError
        Where another run is writing it.
    OSError
        Where it cannot be read or written.
    """

    def __init__(self, path: Path, verb: str, settings: dict[str, Any]) -> None:
        if path.is_dir():
            raise SettingError(f"{path} is a directory: name a file in it, such as corpus.jsonl.")
        self.path = path
        self._head = {"corpus": VERSION, "voicelab": __version__, "verb": verb}
        self._settings = settings
        self._done: dict[bytes, bytes] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        self._fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        self._end = 0
        try:
            self._lock()
        except BaseException:
            self.close()
            raise

    def read(self) -> None:
        """Take in what is there; what a killed process left half written at its end is cut off.

        Raises
        ------
        SettingError
            Where it is a file of another kind, which is left as it is.
        OSError
            Where it cannot be read.
        """
        self._end = self._whole()
        os.ftruncate(self._fd, self._end)

    def done(self, files: Files) -> bytes | None:
        """The row (JSON) of the same files with the same settings, where there is one."""
        return self._done.get(compact(files))

    def add(self, files: Files, row: bytes, done: bool = True) -> None:
        """Append a row.

        Parameters
        ----------
        files : list
        row : bytes
            A JSON object.
        done : bool
            Whether it need not be done again while its files stay the same.

        Raises
        ------
        OSError
            Where the disk refuses; what it took of the line is cut off again.
        """
        head = compact({**self._head, "settings": self._settings, "files": files, "done": done})
        line = head[:-1] + b',"row":' + row + b"}\n"
        written = 0
        try:
            while written < len(line):
                written += os.write(self._fd, line[written:])
        except OSError:
            os.ftruncate(self._fd, self._end)
            raise
        self._end += written
        if done:
            self._done[compact(files)] = row

    def close(self) -> None:
        """Close it and let others write; idempotent."""
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)

    def _lock(self) -> None:
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StateError(
                f"Another run is writing {self.path}: wait for its end, or name another file."
            ) from None

    def _whole(self) -> int:
        """Take in all lines; return where the last whole one ends."""
        end = 0
        with os.fdopen(os.dup(self._fd), "rb", _BLOCK) as file:
            file.seek(0)
            for line in file:
                whole = line.endswith(b"\n")
                if end == 0 and not self._is_ours(line, whole):
                    raise SettingError(
                        f"{self.path} is no file of results, and is left as it is: name another."
                    )
                if whole:
                    end += len(line)
                    self._take(line)
        return end

    @staticmethod
    def _is_ours(line: bytes, whole: bool) -> bool:
        if not whole:
            return line[: len(_BEGIN)] == _BEGIN[: len(line)]
        got = _loaded(line)
        return got is not None and got.get("corpus") == VERSION

    def _take(self, line: bytes) -> None:
        got = _loaded(line)
        if (
            got is not None
            and {name: got.get(name) for name in self._head} == self._head
            and got.get("settings") == self._settings
            and got.get("done") is True
            and isinstance(got.get("row"), dict)
        ):
            self._done[compact(got.get("files"))] = compact(got["row"])


def _loaded(line: bytes) -> dict[str, Any] | None:
    try:
        got = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return got if isinstance(got, dict) else None
