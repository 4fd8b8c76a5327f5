"""What a person names on the command line: files, folders and stored calls."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from voicelab.errors import CallNotFound, SettingError
from voicelab.lab.places import existing

if TYPE_CHECKING:
    from voicelab.lab.call import Call


def named(name: str, recordings: str | None) -> Path | Call:
    """A file as its path, or a stored call.

    Raises
    ------
    CallNotFound
        Where there is neither.
    """
    from voicelab.lab.find import find_call

    path = existing(name)
    if path.exists() and path.suffix != ".jsonl":
        return path
    return find_call(name, Path(recordings) if recordings else None)


def file_of(name: str, recordings: str | None) -> Path:
    """The file of what is named: of a stored call, its caller's WAV.

    Raises
    ------
    CallNotFound
        Where there is none.
    """
    found = named(name, recordings)
    return found if isinstance(found, Path) else found.files.wav


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
        Where a folder has no sound files.
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
