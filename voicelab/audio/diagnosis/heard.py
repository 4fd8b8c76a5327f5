"""What was heard, and the parts of it that are looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from voicelab.audio.format import Encoding
from voicelab.audio.g711 import alaw_encode, ulaw_encode
from voicelab.audio.samples import Int16Array

_WINDOW_S: Final = 1.0
_MOST_WINDOWS: Final = 40
_STRETCH_S: Final = 6.0
_STEP_S: Final = 1.2  # a whole number of frames of any usual length, so that seams keep their place
_MOST_STRETCHES: Final = 12
_MOST_SAMPLES: Final = 240_000
_CLEAN_DB: Final = 60.0
NOISY_DB: Final = 19.0
"""20 dB below the sound is always more, and 15 dB about as much."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Samples, the rate they were played at, and the wire bytes where these are known.

    Parameters
    ----------
    samples : ndarray of int16, shape (n,)
    rate_hz : int
    data : bytes or None
        As they came on the wire.
    encoding : {"l16", "mulaw", "alaw"} or None
        How `data` was decoded.
    """

    samples: Int16Array
    rate_hz: int
    data: bytes | None = field(default=None, repr=False)
    encoding: Encoding | None = None

    @property
    def duration_s(self) -> float:
        """Length in seconds, as it was played."""
        return self.samples.size / self.rate_hz

    @property
    def snr_db(self) -> float:
        """How far the sound lies above the noise between its words, in dB; 60 at most."""
        return snr_db(self.sample_of(), self.rate_hz)

    @property
    def is_noisy(self) -> bool:
        """Whether the noise is less than about 15 dB below the sound."""
        return self.snr_db < NOISY_DB

    def windows(self) -> list[Int16Array]:
        """Windows of one second: all of them, or 40 at equal distances.

        Each begins with an even sample, so that pairs of samples stay pairs.
        """
        return self._spread(_WINDOW_S, _MOST_WINDOWS)

    def stretches(self) -> list[Int16Array]:
        """Stretches of six seconds, long enough for what happens now and then."""
        length = round(_STRETCH_S * self.rate_hz)
        return [self.samples[at : at + length] for at in self._starts()]

    def _starts(self) -> list[int]:
        length = round(_STRETCH_S * self.rate_hz)
        step = round(_STEP_S * self.rate_hz)
        if self.samples.size <= length * _MOST_STRETCHES:
            return list(range(0, self.samples.size, length))
        last = (self.samples.size - length) // step
        return [int(n) * step for n in np.linspace(0, last, _MOST_STRETCHES)]

    def placed_stretches(self) -> list[tuple[int, Int16Array]]:
        """Stretches, and where each begins; all of it where that is not much longer."""
        if self.duration_s <= _STRETCH_S * _MOST_STRETCHES:
            return [(0, self.samples)]
        length = round(_STRETCH_S * self.rate_hz)
        return [(at, self.samples[at : at + length]) for at in self._starts()]

    def pieces(self) -> list[Int16Array]:
        """All of it where it is short; else every other stretch."""
        if self.duration_s <= _STRETCH_S * _MOST_STRETCHES / 2:
            return [self.samples]
        return self.stretches()[::2]

    def loudest_stretch(self) -> Int16Array:
        """The loudest of some long stretches, all of it where it is short."""
        length, step = _MOST_SAMPLES, round(_STEP_S * self.rate_hz)
        if self.samples.size <= length + step:
            return self.samples
        last = (self.samples.size - length) // step
        starts = [int(n) * step for n in np.linspace(0, last, min(_MOST_STRETCHES, last + 1))]
        parts = [self.samples[at : at + length] for at in starts]
        return max(parts, key=lambda part: float(np.abs(part[::7].astype(np.int32)).mean()))

    def sample_of(self) -> Int16Array:
        """All windows one after another."""
        return np.concatenate(self.windows())

    def wires(self, most: int | None = None) -> dict[str, bytes]:
        """What the wire may have carried: as it is known, or in each encoding that is possible."""
        if self.data is not None and self.encoding is not None:
            return {self.encoding: self.data[:most]}
        samples = self.samples[:most]
        return {
            "l16": samples.tobytes(),
            "big-endian l16": samples.byteswap().tobytes(),
            "mulaw": ulaw_encode(samples).tobytes(),
            "alaw": alaw_encode(samples).tobytes(),
        }

    def _spread(self, length_s: float, most: int) -> list[Int16Array]:
        length = round(length_s * self.rate_hz) // 2 * 2
        count = max(self.samples.size // length, 1)
        if count <= most:
            edges = np.linspace(0, self.samples.size, count + 1).astype(int)
            edges[1:-1] -= edges[1:-1] % 2
            return [self.samples[a:b] for a, b in pairwise(edges)]
        starts = np.linspace(0, self.samples.size - length, most).astype(int)
        return [self.samples[at : at + length] for at in starts // 2 * 2]


def snr_db(samples: npt.NDArray[np.number], rate_hz: int) -> float:
    """How far sound lies above the noise between its words, in dB; 60 at most."""
    step = max(rate_hz // 50, 1)
    frames = samples[: samples.size // step * step].reshape(-1, step).astype(np.float32)
    if not len(frames):
        return _CLEAN_DB
    frames -= frames.mean()
    levels = np.sort((frames**2).mean(axis=1))
    floor = float(levels[: max(len(levels) // 10, 1)].mean())
    loud = float(levels[len(levels) // 2 :].mean())
    return min(10 * float(np.log10(max(loud, 1.0) / max(floor, 1.0))), _CLEAN_DB)
