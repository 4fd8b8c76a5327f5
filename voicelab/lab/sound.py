"""The sound of whatever a person gives: a file, a call, samples, and what it is called."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from voicelab.audio.clip import Audio
from voicelab.audio.format import AudioFormat
from voicelab.errors import CallNotFound, FormatError
from voicelab.lab.call import Call
from voicelab.lab.load import load
from voicelab.lab.places import existing
from voicelab.store.wavfile import read_wav


def sound_of(given: Any, leg: AudioFormat | None = None) -> Audio:
    """The sound of anything that :func:`~voicelab.check` takes."""
    if isinstance(given, Audio):
        return given
    if isinstance(given, Call):
        return given.audio()
    if isinstance(given, np.ndarray):
        if leg is None:
            raise FormatError("Samples alone have no rate: give Audio(samples, rate_hz) instead.")
        return Audio(given, leg.rate_hz)
    if not isinstance(given, (str, Path)):
        raise FormatError(
            f"Give a file, a call, Audio(samples, rate_hz) or samples, not {type(given).__name__}."
        )
    path = _file(given)
    if path.is_file() and path.suffix != ".jsonl":
        return read_wav(path)[0]
    return load(path).audio()


def bytes_of(given: Any) -> Any:
    """What :func:`~voicelab.diagnose` is given, a file as its bytes and a call as its sound.

    Raises
    ------
    FormatError
        Where it is a directory, or may not be read.
    CallNotFound
        Where there is no such file.
    """
    if isinstance(given, Call):
        return given.audio()
    if not isinstance(given, (str, Path)):
        return given
    path = _file(given)
    if path.suffix == ".jsonl":
        return load(path).audio()
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise CallNotFound(f"There is no file {path}.") from None
    except OSError as error:
        raise FormatError(f"{path} cannot be read: {error.strerror}.") from None


def name_of(given: Any, otherwise: str) -> str:
    """What a person calls it: the name of its file, else `otherwise`."""
    if isinstance(given, Call):
        return given.files.wav.name
    return Path(given).name if isinstance(given, (str, Path)) else otherwise


def _file(given: str | Path) -> Path:
    path = existing(given)
    if path.is_dir():
        raise FormatError(f"{path} is a directory: give a file in it, such as a WAV.")
    return path
