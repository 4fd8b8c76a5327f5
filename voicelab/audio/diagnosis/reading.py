"""What is given to a diagnosis, as samples and a rate."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import Final

import numpy as np
import numpy.typing as npt

from voicelab.audio.clip import MOST_HZ, Audio
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.format import AudioFormat
from voicelab.audio.samples import Int16Array, scaled, type_of
from voicelab.errors import FormatError

Given = bytes | bytearray | memoryview | Audio | npt.NDArray[np.generic]
"""Wire bytes, the bytes of an audio file, a clip, or samples of shape (n,) or (n, channels)."""

_CONTAINERS: Final = (b"RIFF", b"RF64", b"fLaC", b"OggS", b"FORM", b".snd", b"caff")
_DEFAULT = AudioFormat("l16", 8000)
_LEAST_HZ: Final = 2000
_MOST_CHANNELS: Final = 32
_TEXT_CONTROLS: Final = frozenset(b"\t\n\r\f")


def assumed(
    given: object, format: str | AudioFormat | None, rate_hz: int | None, taken: Heard
) -> str:
    """Say what :func:`read_given` took for granted; nothing where all of it was given."""
    if format is not None or rate_hz is not None:
        return ""
    if isinstance(given, np.ndarray):
        return (
            f"The samples came without a rate and are taken for {taken.rate_hz} Hz: give rate_hz=, "
            "or Audio(samples, rate_hz), if that is not so."
        )
    if taken.data is not None:
        return (
            f"The bytes came without a format and are taken for {_DEFAULT}: give a format, such as "
            "mulaw/8000, if that is not so."
        )
    return ""


def read_given(given: Given, format: str | AudioFormat | None, rate_hz: int | None = None) -> Heard:
    """Bring what is given into one form.

    Parameters
    ----------
    given : bytes, Audio or ndarray
        Bytes are taken for wire bytes where `format` is given, else for a file where they begin as
        one, else for L16 of 8 kHz. Floats are shares of full scale. Of several channels the
        loudest one is looked at.
    format : str or AudioFormat or None
        Of wire bytes; of samples only its rate is used.
    rate_hz : int, optional
        Of samples, and of wire bytes, in place of the format's.

    Raises
    ------
    FormatError
        Where there is nothing to look at, or it is no audio, or a rate is given of what has one;
        the message says which.
    """
    wanted = None if format is None else AudioFormat.parse(format)
    if rate_hz is not None:
        _check_rate(rate_hz)
        if isinstance(given, Audio):
            raise _rated(given.rate_hz)
    if isinstance(given, Audio):
        heard = Heard(_mono(given.samples), given.rate_hz)
    elif isinstance(given, np.ndarray):
        heard = Heard(_mono(scaled(given)), int(rate_hz or (wanted or _DEFAULT).rate_hz))
    elif isinstance(given, (bytes, bytearray, memoryview)):
        heard = _of_bytes(bytes(given), wanted)
        if rate_hz is not None:
            heard = _played_at(heard, int(rate_hz))
    else:
        raise FormatError(f"Give bytes, an Audio or an array of samples, not {type_of(given)}.")
    if heard.samples.size == 0:
        raise FormatError("There is no audio in it: 0 samples. Was anything recorded?")
    if heard.rate_hz < _LEAST_HZ:
        raise FormatError(
            f"It has {heard.rate_hz} samples a second; speech has at least {_LEAST_HZ:,}. "
            "Is its rate right?"
        )
    return heard


def _check_rate(rate_hz: object) -> None:
    if not isinstance(rate_hz, (int, np.integer)) or not 1 <= rate_hz <= MOST_HZ:
        raise FormatError(f"A rate is a whole number from 1 to {MOST_HZ:,} Hz, not {rate_hz!r}.")


def _rated(rate_hz: int) -> FormatError:
    return FormatError(
        f"It has a rate of its own, {rate_hz} Hz. If that is wrong, give its samples with rate_hz=."
    )


def _played_at(heard: Heard, rate_hz: int) -> Heard:
    if heard.data is None:
        raise _rated(heard.rate_hz)
    return replace(heard, rate_hz=rate_hz)


def is_file(data: bytes) -> bool:
    """Whether bytes begin as an audio file does."""
    return data.startswith(_CONTAINERS)


def _of_bytes(data: bytes, wanted: AudioFormat | None) -> Heard:
    if not data:
        raise FormatError("There is no audio in it: 0 bytes. Was anything recorded?")
    if wanted is None and is_file(data):
        return _of_file(data)
    if wanted is None and _is_prose(data):
        raise FormatError(
            "This is text, not audio. If it is audio in base64, decode it first, or name the "
            "format it should have been."
        )
    known = wanted or _DEFAULT
    whole = data[: len(data) // known.sample_bytes * known.sample_bytes]
    return Heard(known.to_int16(whole).copy(), known.rate_hz, data, known.encoding)


def _of_file(data: bytes) -> Heard:
    import soundfile

    try:
        with soundfile.SoundFile(BytesIO(data)) as file:
            floating = file.subtype in ("FLOAT", "DOUBLE")
            samples = file.read(dtype="float64" if floating else "int16", always_2d=True)
            rate_hz = int(file.samplerate)
    except soundfile.SoundFileError as error:
        raise FormatError(
            f"It begins as an audio file, but cannot be read: {_reason(error)} If only its header "
            "is broken, name the format of the bytes and they are taken as they are."
        ) from None
    return Heard(_mono(scaled(samples)), rate_hz)


def _reason(error: Exception) -> str:
    return str(getattr(error, "error_string", error))


def _mono(samples: Int16Array) -> Int16Array:
    if samples.ndim == 1:
        return np.ascontiguousarray(samples)
    if samples.ndim != 2 or samples.shape[1] == 0:
        raise FormatError(f"Samples have the shape (n,) or (n, channels), not {samples.shape}.")
    if samples.shape[1] > _MOST_CHANNELS:
        raise FormatError(
            f"Samples of the shape {samples.shape} have {samples.shape[1]:,} channels. If they are "
            "(channels, n), transpose them."
        )
    loudness = [float(np.abs(channel.astype(np.float32)).sum()) for channel in samples.T]
    loudest = int(np.argmax(loudness))
    return np.ascontiguousarray(samples[:, loudest])


def _is_prose(data: bytes) -> bool:
    """Whether it is text that a person wrote: printable, with spaces; base64 has none."""
    head = data[:4096]
    if any((byte < 32 and byte not in _TEXT_CONTROLS) or byte == 127 for byte in head):
        return False
    try:
        head[: len(head) - 4 if len(head) == 4096 else None].decode()
    except UnicodeDecodeError:
        return False
    return b" " in head or b"{" in head or len(head) < 64
