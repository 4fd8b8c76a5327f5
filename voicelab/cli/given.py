"""What a person names on the command line: files, folders and stored calls."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from voicelab.errors import CallNotFound, SettingError
from voicelab.lab.places import existing
from voicelab.store.piped import STDIN, Piped, is_pipe, read_pipe

if TYPE_CHECKING:
    from voicelab.lab.call import Call


def named(name: str, recordings: str | None) -> Path | Call | Piped:
    """A file as its path, a stored call, or what a pipe holds, read to its end.

    Raises
    ------
    CallNotFound
        Where there is none of them.
    FormatError, SettingError
        As :func:`~voicelab.store.piped.read_pipe` does.
    """
    from voicelab.lab.find import find_call

    path = existing(name)
    if is_pipe(name) or is_pipe(path):
        return read_pipe(STDIN if name == STDIN else path)
    if path.exists() and path.suffix != ".jsonl":
        return path
    return find_call(name, Path(recordings) if recordings else None)


def both_named(
    name: str, against: str | None, recordings: str | None
) -> tuple[Path | Call | Piped, Path | Call | Piped | None]:
    """A recording and its reference, if there is one.

    Raises
    ------
    CallNotFound, FormatError, SettingError
        As :func:`named` does, and where both are standard input.
    """
    if name == against == STDIN:
        raise SettingError("Only one of the two can come from standard input: name the other.")
    known = None if against is None else named(against, recordings)
    return named(name, recordings), known


def file_of(name: str, recordings: str | None) -> Path:
    """The file of what is named: of a stored call, its caller's WAV.

    Raises
    ------
    CallNotFound
        Where there is none.
    SettingError
        Where it is standard input, which no table takes.
    """
    if name == STDIN:
        raise SettingError(
            "Standard input is one recording: give it alone, without other files and without the "
            "options of tables."
        )
    if is_pipe(existing(name)):
        return existing(name)  # a table refuses it in a row
    found = named(name, recordings)
    return existing(name) if isinstance(found, (Path, Piped)) else found.files.wav


def is_several(names: list[str], options: argparse.Namespace) -> bool:
    """Whether a table is asked for: of several, of a folder, or by an option of tables."""
    wanted = options.csv or options.results or options.workers is not None
    return len(names) > 1 or bool(wanted) or existing(names[0]).is_dir()


def files_of(names: list[str], recordings: str | None) -> list[tuple[Path, Path]]:
    """All files that are named, and what each is called as seen from its folder.

    What is not there is kept, and becomes a row with an error.

    Raises
    ------
    SettingError
        Where a folder has no sound files, or one of them is standard input.
    """
    from voicelab.lab.corpus.folder import sounds_in

    found: list[tuple[Path, Path]] = []
    for name in names:
        path = _found(name, recordings)
        if path is None:
            found.append((Path(name), Path(Path(name).name)))
        elif not path.is_dir():
            found.append((path, Path(path.name)))
        elif sounds := sounds_in(path):
            found += [(sound, sound.relative_to(path)) for sound in sounds]
        else:
            raise SettingError(f"There are no sound files in {path}.")
    return found


def _found(name: str, recordings: str | None) -> Path | None:
    try:
        path = existing(name)
        return path if path.is_dir() else file_of(name, recordings)
    except CallNotFound:
        return None
