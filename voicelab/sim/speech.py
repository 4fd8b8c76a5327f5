"""Any audio file, read as what a caller says: mono, 16 bits, and a list of what was changed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from voicelab.errors import FormatError

if TYPE_CHECKING:
    import soundfile

Int16 = npt.NDArray[np.int16]
Float = npt.NDArray[np.float64]

MAX_SPEECH_S: Final = 3 * 3600
_BLOCK_FRAMES: Final = 1 << 18

# Subtypes that 16-bit PCM holds exactly; libsndfile's names.
_EXACT: Final = {"PCM_16", "PCM_S8", "PCM_U8", "ULAW", "ALAW"}
_WIDE: Final = {
    "PCM_24": "24-bit",
    "PCM_32": "32-bit",
    "FLOAT": "32-bit float",
    "DOUBLE": "64-bit float",
}


@dataclass(frozen=True, slots=True, eq=False)
class Speech:
    """What a caller says, before any telephone.

    Attributes
    ----------
    samples : ndarray of int16, shape (n,)
    rate_hz : int
    notes : tuple of str
        What was converted on the way here, one sentence each; empty when nothing was.
    """

    samples: Int16
    rate_hz: int
    notes: tuple[str, ...] = ()

    @classmethod
    def read(cls, path: str | Path) -> Speech:
        """Read a file of any kind that libsndfile knows. Its level is never changed.

        Parameters
        ----------
        path : str or Path
            At most 3 hours of audio, any rate, any number of channels.

        Raises
        ------
        FormatError
            The file is missing, a folder, not audio, empty or too long.
        """
        import soundfile

        path = Path(path)
        if path.is_dir():
            raise FormatError(f"{path} is a folder. Give the path of one audio file.")
        try:
            with path.open("rb") as raw, soundfile.SoundFile(raw) as file:
                return cls(*_mono(file, path))
        except FileNotFoundError:
            raise FormatError(f"There is no file {path}. Check the path.") from None
        except OSError as error:
            raise FormatError(f"{path} cannot be read: {error.strerror or error}.") from None
        except (soundfile.SoundFileError, TypeError) as error:
            raise FormatError(
                f"{path} is not audio that can be read ({_why(error)}). "
                "Give a WAV, FLAC, OGG, MP3 or AIFF file."
            ) from None


def _mono(file: soundfile.SoundFile, path: Path) -> tuple[Int16, int, tuple[str, ...]]:
    """Read an open file block by block: floating point in between, 16-bit PCM stays exact."""
    rate_hz: int = file.samplerate
    longest = MAX_SPEECH_S * rate_hz
    blocks: list[Int16] = []
    frames = clipped = 0
    for block in file.blocks(_BLOCK_FRAMES, dtype="float64", always_2d=True):
        frames += len(block)
        if frames > longest:
            raise FormatError(f"{path} is longer than 3 hours. Give a shorter file.")
        scaled = np.nan_to_num(block.mean(axis=1)) * 32768.0
        rounded = np.rint(scaled)
        clipped += int(np.count_nonzero((rounded > 32768) | (rounded < -32768)))
        blocks.append(np.clip(rounded, -32768, 32767).astype(np.int16))
    if not frames:
        raise FormatError(f"{path} holds no audio. Give a file with at least one sample.")
    notes = []
    if file.channels > 1:
        kind = "stereo" if file.channels == 2 else f"{file.channels} channels"
        notes.append(f"{kind} mixed to mono")
    if file.subtype in _WIDE:
        notes.append(f"{_WIDE[file.subtype]} reduced to 16-bit")
    elif file.subtype not in _EXACT:
        notes.append(f"{file.subtype} decoded to 16-bit")
    if clipped:
        notes.append(f"{clipped:,} samples beyond full scale clipped")
    return np.concatenate(blocks), rate_hz, tuple(notes)


def _why(error: Exception) -> str:
    """Libsndfile's own words, without the Python object it was given."""
    return str(getattr(error, "error_string", error)).rstrip(".")
