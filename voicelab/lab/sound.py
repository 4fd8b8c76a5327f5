"""The sound of whatever a person gives: a file, a call, samples, and what it is called."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np

from voicelab.audio.clip import Audio
from voicelab.audio.compare.wording import count, length
from voicelab.audio.diagnosis.reading import is_file
from voicelab.audio.format import AudioFormat
from voicelab.errors import FormatError
from voicelab.lab.call import Call, Side
from voicelab.lab.load import load
from voicelab.lab.places import existing
from voicelab.store.names import HEARD, JOURNAL
from voicelab.store.piped import Piped
from voicelab.store.sound_file import check_channel, opened, read_bytes, read_sound

_HEAD_BYTES: Final = 16
_OTHER_STARTS: Final = (b"ID3", b"riff\x2e\x91\xcf\x11")
"""Of MP3 and of W64, which bytes of the wire do not begin with by chance."""

_OTHERWISE: Final = (
    "If only its header is broken, name the format of the bytes and they are taken as they are."
)

_UNNAMED: Final = "What was given"
_SOUND: Final = "Give a WAV, FLAC, MP3 or another file of sound."
"""`check` is never about the bytes of the wire."""


def sound_of(given: Any, leg: AudioFormat | None = None, channel: int | None = None) -> Audio:
    """The sound of anything that :func:`~voicelab.check` takes, or one channel of it."""
    if isinstance(given, Audio):
        return one_channel(given, channel, "The sound")
    if isinstance(given, Call):
        return one_channel(given.audio(), channel, given.files.wav.name)
    if isinstance(given, np.ndarray):
        if leg is None:
            raise FormatError("Samples alone have no rate: give Audio(samples, rate_hz) instead.")
        return one_channel(Audio(given, leg.rate_hz), channel, "The sound")
    if isinstance(given, (Piped, bytes, bytearray, memoryview)):
        name, data = _bytes_of(given)
        return read_sound(data, channel, _SOUND, name)[0]
    if not isinstance(given, (str, Path)):
        raise FormatError(
            "Give a file, a call, Audio(samples, rate_hz), samples or the bytes of a file, not "
            f"{type(given).__name__}."
        )
    path = existing(given)
    if path.exists() and not path.name.endswith(JOURNAL):
        return read_sound(path, channel, _SOUND)[0]
    return one_channel(load(path).audio(), channel, path.name)


def heard_of(
    given: Any, format: str | AudioFormat | None, side: Side, channel: int | None = None
) -> Any:
    """What :func:`~voicelab.diagnose` is given: files and calls as their sound, or as their bytes.

    Raises
    ------
    FormatError
        Where it cannot be read, or has no such channel.
    CallNotFound
        Where there is no such file.
    """
    if isinstance(given, (str, Path)):
        path = existing(given)
        if path.name.endswith(JOURNAL):
            return one_channel(load(path).audio(side), channel, path.name)
        if format is None and holds_a_header(path):
            return read_sound(path, channel, _OTHERWISE)[0]
        return _wire(read_bytes(path), channel)
    if isinstance(given, Call):
        return one_channel(given.audio(side), channel, given.files.wav.name)
    if isinstance(given, Audio):
        return one_channel(given, channel, "The sound")
    if isinstance(given, (Piped, bytes, bytearray, memoryview)):
        name, data = _bytes_of(given)
        if format is None and _begins_as_sound(data[:_HEAD_BYTES]):
            return read_sound(data, channel, _OTHERWISE, name)[0]
        return _wire(data, channel)
    if isinstance(given, np.ndarray) and channel is not None:
        check_channel("The sound", channel, 1 if given.ndim == 1 else given.shape[-1])
        return given.reshape(len(given), -1)[:, channel - 1]
    if not isinstance(given, np.ndarray):
        raise FormatError(
            "Give a file, a call, bytes, Audio(samples, rate_hz) or an array of samples, not "
            f"{type(given).__name__}."
        )
    return given


def holds_a_header(given: Path | Piped) -> bool:
    """Whether a file, or what came through a pipe, begins as a file of sound does.

    Raises
    ------
    FormatError, CallNotFound
        As in :func:`~voicelab.store.sound_file.opened`.
    """
    if isinstance(given, Piped):
        return _begins_as_sound(given.data[:_HEAD_BYTES])
    with opened(given) as file:
        head = file.read(_HEAD_BYTES)
    bare_mp3 = given.suffix.lower() == ".mp3" and head[:1] == b"\xff" and head[1:2] >= b"\xe0"
    return _begins_as_sound(head) or bare_mp3


def one_channel(sound: Audio, channel: int | None, name: str) -> Audio:
    """One channel of a sound, counted from 1 on; all of it where none is asked for."""
    if channel is None:
        return sound
    check_channel(name, channel, sound.channels)
    samples = sound.samples.reshape(len(sound.samples), -1)[:, channel - 1]
    return Audio(np.ascontiguousarray(samples), sound.rate_hz, sound.cut_short_s)


def check_mono(recording: Audio, reference: Audio, given: Any, known: Any) -> None:
    """See to it that a recording and its reference have one channel each.

    Raises
    ------
    FormatError
        Where one has several; it says how to choose one.
    """
    if recording.channels > 1:
        name = label_of(given, "The recording")
        of_a_call = ": 1 is the caller, 2 the agent" if name.endswith(HEARD) else ""
        last = f"{'or' if recording.channels == 2 else 'to'} {recording.channels}"
        raise FormatError(
            f"{name} has {recording.channels} channels: choose one by its number, channel 1 {last}"
            f"{of_a_call}."
        )
    if reference.channels > 1:
        raise FormatError(
            f"{label_of(known, 'The reference')} has {reference.channels} channels: a reference "
            "has one. Write that channel into a file of its own."
        )


def cut_words(name: str, sound: Audio) -> str | None:
    """How much of a file is missing, in a sentence; None where nothing is known to be."""
    missing_s = sound.cut_short_s
    if not missing_s:
        return None
    lacking = length(missing_s)
    if missing_s < 0.01:
        lacking = count(max(round(missing_s * sound.rate_hz), 1), "sample")
    return (
        f"{name} is cut short: its header promises {length(sound.duration_s + missing_s)}, and the "
        f"last {lacking} {'is' if lacking == '1 sample' else 'are'} not there."
    )


def name_of(given: Any, otherwise: str) -> str:
    """What a person calls it: the name of its file, else `otherwise`."""
    if isinstance(given, Call):
        return given.files.wav.name
    if isinstance(given, Piped):
        return given.name
    return Path(given).name if isinstance(given, (str, Path)) else otherwise


def label_of(given: Any, otherwise: str) -> str:
    """What an error calls it: a file by its whole path, since two may have one name."""
    return str(given) if isinstance(given, (str, Path)) else name_of(given, otherwise)


@contextmanager
def naming(given: Any, otherwise: str = "") -> Iterator[None]:
    """Let an error that is raised about a sound name it, where it does not do so itself."""
    try:
        yield
    except FormatError as error:
        name, said = label_of(given, otherwise), str(error)
        if not name or name in said:
            raise
        if said.startswith(_UNNAMED):
            raise FormatError(name + said.removeprefix(_UNNAMED)) from None
        raise FormatError(f"{name}: {said}") from None


def _begins_as_sound(head: bytes) -> bool:
    return is_file(head) or head.startswith(_OTHER_STARTS)


def _bytes_of(given: Piped | bytes | bytearray | memoryview) -> tuple[str, bytes]:
    if isinstance(given, Piped):
        return given.name, given.data
    return _UNNAMED, bytes(given)


def _wire(data: bytes, channel: int | None) -> bytes:
    if channel is not None:
        check_channel("What is on the wire", channel, 1)
    return data
