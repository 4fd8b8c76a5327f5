"""The files that a command is to write, looked at before any work."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from voicelab.errors import SettingError
from voicelab.lab.call import Call
from voicelab.store.piped import STDIN, Piped
from voicelab.store.whole_file import check_place


def check_outputs(outputs: Sequence[str | None], inputs: Sequence[Any]) -> None:
    """See to it that each can be written, and that nothing that is read is lost by it.

    Parameters
    ----------
    outputs : sequence of str or None
        As they were named; None for one that is not wanted.
    inputs : sequence of Path, Call, Piped or None
        What the command reads. Of a call, all files.

    Raises
    ------
    SettingError
        Where one cannot be written, is an input or standard input, or is named twice.
    """
    read = {path.resolve() for given in inputs for path in _files(given)}
    written: set[Path] = set()
    for path in (Path(name) for name in outputs if name):
        if str(path) == STDIN:
            raise SettingError(f"{STDIN} is standard input: name a file to write.")
        check_place(path)
        where = path.resolve()
        if where in read or any(path.exists() and path.samefile(each) for each in read):
            raise SettingError(f"{path} is what is read, and would be lost: name another file.")
        if where in written and (path.is_file() or not path.exists()):
            raise SettingError(f"{path} is named twice: name two files.")
        written.add(where)


def _files(given: Any) -> list[Path]:
    if given is None or isinstance(given, Piped):
        return []
    if not isinstance(given, Call):
        return [Path(given)]
    files = given.files
    every = (files.wav, files.heard, files.ear, files.journal)
    return [path for path in every if path.exists()]
