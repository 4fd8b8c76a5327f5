"""The bytes of a WAV file: 16-bit PCM in a RIFF container with the canonical 44-byte header."""

from __future__ import annotations

import struct

from voicelab.audio.samples import Int16Array, require_int16
from voicelab.errors import FormatError

HEADER_BYTES = 44
"""Length of the header, and so the place of the first sample."""

_UINT32_MAX = 0xFFFFFFFF
_SAMPLE_BYTES = 2
_PCM = 1
_FMT_BYTES = 16


def wav_header(data_bytes: int, rate_hz: int, channels: int = 1) -> bytes:
    """Build the header of a 16-bit PCM WAV file.

    A file that grows is kept readable by writing this header again over the old one with the
    length so far.

    Parameters
    ----------
    data_bytes : int
        Length of the samples that follow, in bytes. Both sizes in the header are 32 bits wide and
        stay at their limit beyond it; readers then go on to the end of the file.
    rate_hz : int
        Samples a second and channel.
    channels : int
        1 for mono, 2 for stereo with interleaved samples.

    Returns
    -------
    bytes
        :data:`HEADER_BYTES` long.

    Raises
    ------
    FormatError
        If a number is out of its range or `data_bytes` is not a whole number of sample frames.

    Examples
    --------
    >>> int.from_bytes(wav_header(320, 8000)[40:], "little")
    320
    """
    frame_bytes = channels * _SAMPLE_BYTES
    if channels < 1 or rate_hz < 1 or data_bytes < 0 or data_bytes % frame_bytes:
        raise FormatError(
            f"No WAV file has {data_bytes} data bytes in {channels} channels at {rate_hz} Hz."
        )
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        min(data_bytes + HEADER_BYTES - 8, _UINT32_MAX),
        b"WAVE",
        b"fmt ",
        _FMT_BYTES,
        _PCM,
        channels,
        rate_hz,
        rate_hz * frame_bytes,
        frame_bytes,
        8 * _SAMPLE_BYTES,
        b"data",
        min(data_bytes, _UINT32_MAX),
    )


def wav_bytes(samples: Int16Array, rate_hz: int) -> bytes:
    """Build a whole WAV file.

    Parameters
    ----------
    samples : ndarray of int16, shape (n,) or (n, channels)
    rate_hz : int
        Samples a second and channel.

    Raises
    ------
    FormatError
        If `samples` is of another type or shape.
    """
    require_int16(samples)
    if samples.ndim not in (1, 2):
        raise FormatError(f"A WAV file holds (n,) or (n, channels) samples, not {samples.shape}.")
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    return wav_header(samples.nbytes, rate_hz, channels) + samples.tobytes()
