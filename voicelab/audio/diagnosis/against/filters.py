"""The filter of a line: what is like the reference only through it is the reference still.

A line that lets no low tones pass takes away most of a deep voice, and delays what lies beside
them by milliseconds.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft
from scipy.linalg import solve_toeplitz
from scipy.signal import oaconvolve

from voicelab.audio.diagnosis.against.reference import Floats

_RIDGE: Final = 1e-5
_LEVEL_S: Final = 0.05
_FLOOR: Final = 0.03


def fitted(rows: list[tuple[Floats, Floats]], side: int) -> Floats:
    """The filter from what was said to what was heard, by least squares.

    Parameters
    ----------
    rows : list of (ndarray of float, ndarray of float)
        Pieces heard, and what was said from `side` samples before each to as many after it.
    side : int
        Samples that the filter reaches on either side.
    """
    lags, cross = np.zeros(2 * side + 1), np.zeros(2 * side + 1)
    for heard, said in rows:
        size = next_fast_len(said.size + 2 * side + 1, real=True)
        spectrum = rfft(said, size)
        lags += irfft(np.abs(spectrum) ** 2, size)[: 2 * side + 1]
        cross += irfft(rfft(heard, size) * spectrum.conj(), size)[np.arange(-2 * side, 1)]
    if lags[0] <= 0:
        return np.zeros(2 * side + 1)
    lags[0] *= 1 + _RIDGE
    return np.asarray(solve_toeplitz(lags, cross))


def through(own: Floats, said: Floats, lag: int, rate_hz: float, side_s: float) -> Floats:
    """What the line that a piece came over would make of all that was said.

    Each part of the piece counts as much, so that no noise where it was read wrongly drowns the
    rest.

    Parameters
    ----------
    own, said : ndarray of float, shape (n,) and (m,)
    lag : int
        Sample of `said` where the piece begins.
    rate_hz : float
        Of both.
    side_s : float
        How far the filter reaches on either side.
    """
    side = round(side_s * rate_hz)
    first, last = max(lag, 0), min(lag + own.size, said.size)
    if last - first < 4 * side:
        return said
    heard = own[first - lag : last - lag]
    even = 1 / loudness(heard, rate_hz)
    taps = fitted([(heard * even, np.pad(said[first:last] * even, side))], side)
    return np.asarray(oaconvolve(said, taps, mode="same"))


def loudness(wide: Floats, rate_hz: float) -> Floats:
    """Level around each sample; of what is nearly silent a little more."""
    width = max(round(_LEVEL_S * rate_hz), 1)
    total = np.concatenate(
        ([0.0], np.cumsum(np.pad(wide**2, (width // 2, width - width // 2 - 1))))
    )
    power = np.maximum(total[width:] - total[:-width], 0.0) / width
    return np.asarray(np.sqrt(power + _FLOOR * power.mean() + 1e-9))
