"""Files of sound of any kind, read as int16 as far as they go."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

import numpy as np

from voicelab.audio.clip import Audio
from voicelab.audio.samples import Int16Array, scaled
from voicelab.errors import CallNotFound, FormatError, SettingError
from voicelab.store.riff import Promise, read_promise

if TYPE_CHECKING:
    import soundfile

MOST_BYTES: Final = 4 << 30
"""So much of a file is held in memory: 37 hours at 16 kHz, six at 48 kHz in two channels."""

_BLOCK_FRAMES: Final = 1 << 16
_FLAC_FRAMES: Final = 1 << 12
"""Of a FLAC file that breaks off, libsndfile gives nothing of the block in which it does."""
_FLOATING: Final = ("FLOAT", "DOUBLE")


def opened(path: Path) -> BinaryIO:
    """Open a file for reading, if it is one that has an end.

    Raises
    ------
    CallNotFound
        Where there is no such file.
    FormatError
        Where it is a directory, a pipe or a device.
    SettingError
        Where it may not be read now: that lies not in the file, and may pass.
    """
    try:
        if path.is_dir():
            raise FormatError(f"{path} is a directory: give a file in it, such as a WAV.")
        if path.exists() and not path.is_file():
            raise FormatError(
                f"{path} is a pipe or a device, which may never end: write what comes from it into "
                "a file first."
            )
        return path.open("rb")
    except FileNotFoundError:
        raise CallNotFound(f"There is no file {path}.") from None
    except OSError as error:
        raise SettingError(f"{path} cannot be read: {error.strerror}.") from None


def read_bytes(path: Path) -> bytes:
    """All that is in a file now; what is added meanwhile is left out.

    Raises
    ------
    CallNotFound, FormatError, SettingError
        As in :func:`opened`, and where it is too long to be held.
    """
    with opened(path) as file:
        size = file.seek(0, io.SEEK_END)
        check_size(path, size, f"{size:,} bytes")
        file.seek(0)
        return file.read(size)


def read_sound(
    source: Path | bytes,
    channel: int | None = None,
    otherwise: str = "",
    name: str = "What was given",
) -> tuple[Audio, str]:
    """Read a file as int16, whatever it holds; nothing is made louder.

    Where it breaks off, what is there is read, and ``cut_short_s`` says how much is missing.

    Parameters
    ----------
    source : Path or bytes
        A file, or what is in one.
    channel : int, optional
        Which one to read, from 1 on; default: all.
    otherwise : str
        What else can be done about a file that cannot be decoded; the end of the error.
    name : str
        What an error calls bytes; a file goes by its path.

    Returns
    -------
    audio : Audio
    holds : str
        What the file itself holds, in libsndfile's word: ``PCM_16``, ``FLOAT`` …

    Raises
    ------
    CallNotFound, SettingError
        As in :func:`opened`.
    FormatError
        Where it is no audio, has no such channel, is too long to be held, or holds
        samples that are no numbers.
    """
    import soundfile

    name = name if isinstance(source, bytes) else str(source)
    with io.BytesIO(source) if isinstance(source, bytes) else opened(source) as file:
        promise = read_promise(file)
        empty = file.seek(0, io.SEEK_END) == 0
    try:
        given = io.BytesIO(source) if isinstance(source, bytes) else source
        with soundfile.SoundFile(given) as decoder:
            if decoder.format == "RAW":  # guessed from a name such as .vox
                raise ValueError
            samples = _samples(name, decoder, channel)
            cut_short_s = _missing_s(promise, decoder, len(samples))
            rate_hz, holds = decoder.samplerate, decoder.subtype
    except FormatError:
        raise
    except (soundfile.SoundFileError, TypeError, ValueError) as error:
        why = " ".join([_reason(error), otherwise]).strip()
        why = "it is empty. Was anything recorded?" if empty else why
        raise FormatError(f"{name} is no audio that can be read: {why}") from None
    if not len(samples) and promise is not None and promise.unfinished:
        raise FormatError(
            f"{name} holds no sound by its header, but {promise.there_bytes:,} bytes follow it: "
            "whoever wrote it did not finish. Cut the header off and give a format."
        )
    return Audio(samples, rate_hz, cut_short_s), holds


def check_channel(name: str, channel: object, channels: int) -> None:
    """See to it that a sound has a channel of that number.

    Raises
    ------
    FormatError
        Where it has none.
    """
    if not isinstance(channel, int) or not 1 <= channel <= channels:
        several = f"{channels} channels" if channels > 1 else "1 channel"
        raise FormatError(
            f"{name} has {several}: there is no channel {channel!r}; they are counted from 1 on."
        )


def _samples(name: str, decoder: soundfile.SoundFile, channel: int | None) -> Int16Array:
    """All frames that can be decoded, in blocks, so that floats need no more memory than int16."""
    import soundfile

    if channel is not None:
        check_channel(name, channel, decoder.channels)
    kept = 1 if channel is not None else decoder.channels
    length = f"{decoder.frames / decoder.samplerate / 3600:,.1f} hours of {kept} channel"
    check_size(name, 2 * kept * decoder.frames, f"{length}{'s' * (kept > 1)}")
    floating = decoder.subtype in _FLOATING
    frames = _FLAC_FRAMES if decoder.format == "FLAC" else _BLOCK_FRAMES
    blocks = [np.empty((0, kept), np.int16)]
    while True:
        try:
            block = decoder.read(frames, "float64" if floating else "int16", always_2d=True)
        except soundfile.SoundFileError:
            if len(blocks) == 1:
                raise
            break  # it breaks off here
        if not len(block):
            break
        wanted = block if channel is None else block[:, channel - 1 : channel]
        blocks.append(scaled(wanted, name) if floating else wanted.copy())
    samples: Int16Array = np.concatenate(blocks)
    return samples[:, 0] if kept == 1 else samples


def _missing_s(promise: Promise | None, decoder: soundfile.SoundFile, frames: int) -> float:
    """How much a header promises that is not there: a WAV's in bytes, a FLAC's in frames."""
    if promise is not None:
        return promise.missing_s
    missing = int(decoder.frames) - frames if decoder.format == "FLAC" else 0
    return max(missing, 0) / int(decoder.samplerate)


def check_size(name: object, size: int, words: str) -> None:
    """Refuse what memory should not hold.

    Raises
    ------
    FormatError
        Where it is more than :data:`MOST_BYTES`; `words` say how much.
    """
    if size > MOST_BYTES:
        raise FormatError(
            f"{name} holds {words}, more than the {MOST_BYTES >> 30} GiB that are looked at: cut "
            "it, or choose a channel."
        )


def _reason(error: Exception) -> str:
    if isinstance(error, (TypeError, ValueError)):  # soundfile, of names such as .raw and .vox
        return "it has no header that says what it holds."
    reason = str(getattr(error, "error_string", error))
    if reason.startswith("Format not recognised"):
        return "it begins like no kind of sound file."
    return reason
