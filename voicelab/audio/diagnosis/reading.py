"""What is given to a diagnosis, as samples and a rate."""

from __future__ import annotations

from io import BytesIO
from typing import Final

import numpy as np
import numpy.typing as npt

from voicelab.audio.clip import Audio
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


def read_given(given: Given, format: str | AudioFormat | None) -> Heard:
    """Bring what is given into one form.

    Parameters
    ----------
    given : bytes, Audio or ndarray
        Bytes are taken for wire bytes where `format` is given, else for a file where they begin as
        one, else for L16 of 8 kHz. Floats are shares of full scale. Of several channels the
        loudest one is looked at.
    format : str or AudioFormat or None
        Of wire bytes; of samples only its rate is used.

    Raises
    ------
    FormatError
        Where there is nothing to look at, or it is no audio; the message says which.
    """
    wanted = None if format is None else AudioFormat.parse(format)
    if isinstance(given, Audio):
        heard = Heard(_mono(given.samples), given.rate_hz)
    elif isinstance(given, np.ndarray):
        heard = Heard(_mono(scaled(given)), (wanted or _DEFAULT).rate_hz)
    elif isinstance(given, (bytes, bytearray, memoryview)):
        heard = _of_bytes(bytes(given), wanted)
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
