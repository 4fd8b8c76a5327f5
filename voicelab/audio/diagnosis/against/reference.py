"""How it ought to sound, and where in it a piece of the recording may lie."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.fft import irfft, next_fast_len, rfft

from voicelab.audio.compare.correlation import pieces
from voicelab.audio.samples import Int16Array

Floats = npt.NDArray[np.float64]

_STEP_S: Final = 0.02
_SMOOTH_STEPS: Final = 101
_BLOCK: Final = 1 << 20
_LOUD: Final = 30.0
_FINEST: Final = 1000
_PLACES: Final = 3
_LEAST_SIZE: Final = 1 << 13


@dataclass(frozen=True)
class Reference:
    """How it ought to sound.

    Parameters
    ----------
    samples : ndarray of int16, shape (n,)
    rate_hz : int
        Its true rate.
    """

    samples: Int16Array = field(repr=False)
    rate_hz: int

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.samples.size / self.rate_hz

    def section(self, begin_s: float, end_s: float) -> tuple[Int16Array, float]:
        """A part of it, cut to what there is, and where it really begins."""
        first = min(max(round(begin_s * self.rate_hz), 0), self.samples.size)
        last = min(max(round(end_s * self.rate_hz), first), self.samples.size)
        return self.samples[first:last], first / self.rate_hz

    def places(self, piece: Int16Array, rate_hz: float) -> list[float]:
        """Seconds at which a long piece may begin, told by when it is loud; the likeliest first.

        Parameters
        ----------
        piece : ndarray of int16, shape (n,)
            The longer, the surer: half a minute or more.
        rate_hz : float
            At which it is taken to be.
        """
        said, heard = self._outline, outline(piece, rate_hz).astype(np.float32)
        size = next_fast_len(max(4 * heard.size, _LEAST_SIZE), real=True)
        step = size - heard.size
        parts = pieces(said, np.arange(-heard.size, said.size, step), size)
        curve = irfft(rfft(parts, size) * rfft(heard, size).conj(), size)[:, :step].ravel()
        curve = curve[: said.size + heard.size]
        found = []
        for _ in range(_PLACES):
            top = int(curve.argmax())
            found.append((top - heard.size) * _STEP_S)
            curve[max(top - 25, 0) : top + 25] = -np.inf
        return found

    @cached_property
    def _outline(self) -> npt.NDArray[np.float32]:
        return outline(self.samples, self.rate_hz).astype(np.float32)


def outline(samples: Int16Array, rate_hz: float) -> Floats:
    """How loud it is every 20 ms, in nats beside the two seconds around."""
    edges = np.rint(np.arange(int(samples.size / rate_hz / _STEP_S) + 1) * _STEP_S * rate_hz)
    at = edges.astype(np.int64)
    loud = np.zeros(max(at.size - 1, 0))
    step = max(round(_BLOCK / max(_STEP_S * rate_hz, 1)), 1)
    for k in range(0, loud.size, step):
        own = at[k : k + step + 1]
        part = np.abs(samples[own[0] : own[-1]].astype(np.float32))
        sums = np.add.reduceat(part, own[:-1] - own[0]) if part.size else np.zeros(own.size - 1)
        loud[k : k + step] = np.log(sums / np.diff(own) + _LOUD)
    if loud.size < 3:
        return loud
    width = min(_SMOOTH_STEPS, loud.size)
    padded = np.pad(loud, (width // 2, width - 1 - width // 2), mode="edge")
    total = np.concatenate(([0.0], np.cumsum(padded)))
    return np.asarray(loud - (total[width:] - total[:-width]) / width)


def at_rate(samples: npt.NDArray[np.generic], from_hz: float, to_hz: float) -> Floats:
    """Convert a short piece to another rate, to within a thousandth part of a percent."""
    wide = samples.astype(np.float64)
    ratio = Fraction(to_hz / from_hz).limit_denominator(_FINEST)
    if ratio == 1 or wide.size == 0:
        return wide
    from scipy.signal import resample_poly

    return np.asarray(resample_poly(wide, ratio.numerator, ratio.denominator), np.float64)


def as_int16(wide: Floats) -> Int16Array:
    """Round to samples of 16 bits."""
    return np.clip(np.rint(wide), -32768, 32767).astype(np.int16)
