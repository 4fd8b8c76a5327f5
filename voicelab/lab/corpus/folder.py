"""What a folder stands for: its recordings, and the references that are called like them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from voicelab.store.names import CallFiles

SOUNDS: Final = frozenset(
    (".wav", ".flac", ".ogg", ".opus", ".mp3", ".aif", ".aiff", ".au", ".caf", ".w64", ".rf64")
)
"""Endings of the files of a folder that are taken."""


def sounds_in(folder: Path) -> list[Path]:
    """All files of sound in a folder and below it, in the order of their names.

    Of a stored call only the caller's WAV is taken, since ``.heard.wav`` and ``.ear.wav`` hold the
    same call again; where it is missing, the next of them. Hidden files are left out.
    """
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in SOUNDS
        and not path.name.startswith(".")
        and path.is_file()
        and not CallFiles.of(path).is_copy(path)
    )


class References:
    """A folder of references, each called like the recording it belongs to.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._by_stem: dict[Path, Path] = {}
        for path in reversed(sounds_in(folder)):
            self._by_stem[path.relative_to(folder).with_suffix("")] = path

    def of(self, name: Path) -> Path:
        """Where the reference of a recording is: of its name, or of its name with another ending.

        Parameters
        ----------
        name : Path
            Of the recording, as seen from its own folder.

        Returns
        -------
        Path
            Where it ought to be, if it is nowhere.
        """
        same = self._folder / name
        return same if same.is_file() else self._by_stem.get(name.with_suffix(""), same)
