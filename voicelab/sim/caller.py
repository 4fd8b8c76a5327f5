"""The simulated caller: speech cut into the 20 ms frames that a telephone line carries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from voicelab.audio.format import AudioFormat, ByteOrder
from voicelab.errors import FormatError
from voicelab.sim.rates import to_rate
from voicelab.sim.speech import MAX_SPEECH_S, Speech

Int16 = npt.NDArray[np.int16]

FRAME_MS: Final = 20
_LAW_NAMES: Final = {"mulaw": "mu-law", "alaw": "A-law"}


@dataclass(frozen=True, slots=True, eq=False)
class Caller:
    """What one caller says, at the line's rate, ready to be sent.

    Make one with `from_file`, `from_speech` or `from_samples`.

    Attributes
    ----------
    format : AudioFormat
        What the line carries.
    samples : ndarray of int16, shape (n,)
        At ``format.rate_hz``, a whole number of 20 ms frames: the last is filled with silence.
    duration_s : float
        Length of the speech itself, in seconds.
    notes : tuple of str
        What was converted, one sentence each; empty when the line carries the file exactly.
    waits : tuple of int
        Frames before which the caller first listens until the other side has said something.
    """

    format: AudioFormat
    samples: Int16
    duration_s: float
    notes: tuple[str, ...]
    waits: tuple[int, ...] = ()

    @classmethod
    def from_file(cls, path: str | Path, format: AudioFormat) -> Caller:
        """Make a caller of an audio file: mixed to mono, resampled, never made louder.

        Raises
        ------
        FormatError
            The file is missing, a folder, not audio, empty or longer than 3 hours.
        """
        return cls.from_speech(Speech.read(path), format)

    @classmethod
    def from_samples(cls, samples: Int16, rate_hz: int, format: AudioFormat) -> Caller:
        """Make a caller of mono int16 samples of any rate.

        Raises
        ------
        FormatError
            The samples are not a one-dimensional int16 array, or more than 3 hours.
        """
        samples = np.asarray(samples)
        if samples.dtype != np.int16 or samples.ndim != 1:
            raise FormatError(
                "A caller is made of a one-dimensional int16 array, "
                f"not of {samples.dtype} in shape {samples.shape}."
            )
        if rate_hz <= 0:
            raise FormatError(f"A rate of {rate_hz} Hz makes no sense. Give the samples' rate.")
        if len(samples) > MAX_SPEECH_S * rate_hz:
            raise FormatError("The samples are longer than 3 hours. Give fewer.")
        return cls.from_speech(Speech(samples, rate_hz), format)

    @classmethod
    def from_speech(cls, speech: Speech, format: AudioFormat) -> Caller:
        """Put speech on a line of this format."""
        notes = list(speech.notes)
        samples = speech.samples
        if speech.rate_hz != format.rate_hz:
            samples = to_rate(samples, speech.rate_hz, format.rate_hz)
            notes.append(f"{speech.rate_hz:,} Hz resampled to {format.rate_hz:,} Hz")
        if not np.array_equal(format.to_int16(format.from_int16(samples)), samples):
            notes.append(f"{_LAW_NAMES[format.encoding]} encoding of 16-bit audio")
        frame_samples = format.frame_samples(FRAME_MS)
        padded = np.zeros(-(-len(samples) // frame_samples) * frame_samples, np.int16)
        padded[: len(samples)] = samples
        padded.flags.writeable = False
        return cls(format, padded, len(samples) / format.rate_hz, tuple(notes))

    @property
    def frames(self) -> int:
        """How many frames the speech takes."""
        return len(self.samples) // self.format.frame_samples(FRAME_MS)

    def frame(self, index: int, byte_order: ByteOrder = "little") -> bytes:
        """Return the wire payload of frame `index`, from 0; silence after the speech's end."""
        length = self.format.frame_samples(FRAME_MS)
        samples = self.samples[index * length : (index + 1) * length]
        if not len(samples):
            return self.format.silence(length)
        return self.format.from_int16(samples, byte_order)

    def pcm(self, frames: int) -> Int16:
        """Return exactly the samples that the first `frames` frames carry, once decoded.

        Returns
        -------
        ndarray of int16, shape (frames * frame_samples,)
        """
        length = self.format.frame_samples(FRAME_MS)
        spoken = min(frames, self.frames)
        wire = self.format.from_int16(self.samples[: spoken * length])
        silence = self.format.silence((frames - spoken) * length)
        return self.format.to_int16(wire + silence)

    def __repr__(self) -> str:
        return f"<Caller {self.duration_s:.2f} s at {self.format}>"


CallerSource: TypeAlias = str | Path | Callable[[AudioFormat], Caller]
"""Who calls: an audio file, or a function that makes a caller for the line's format."""
