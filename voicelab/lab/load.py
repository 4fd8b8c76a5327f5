"""Stored calls, by path."""

from __future__ import annotations

from pathlib import Path

from voicelab.errors import CallNotFound
from voicelab.lab.call import Call
from voicelab.lab.places import existing
from voicelab.store.names import CallFiles


def load(path: str | Path) -> Call:
    """Open a stored call.

    Parameters
    ----------
    path : str or Path
        Any of its files, or the stem they share. A bare WAV is a call without events.

    Raises
    ------
    CallNotFound
        Where there is neither a journal nor a WAV.
    """
    files = CallFiles.of(existing(path))
    if not files.existing():
        files = CallFiles.of(existing(files.wav))
    if not files.wav.is_file() and not files.journal.is_file():
        if existing(path).is_file():
            raise CallNotFound(f"{path} is no file of a call; only WAVs and journals are loaded.")
        raise CallNotFound(
            f"There is no call at {path}. Give one of its files, such as "
            f"recordings/call-….wav, or the part of the name that they share."
        )
    return Call(files)
