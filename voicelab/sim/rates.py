"""Sound at one rate, brought to any other."""

from __future__ import annotations

from math import gcd
from typing import Final

import numpy as np

from voicelab.audio.resample import RATES_HZ, resample
from voicelab.audio.samples import Int16Array

_NATIVE_HZ: Final = frozenset(RATES_HZ)


def to_rate(samples: Int16Array, from_hz: int, to_hz: int) -> Int16Array:
    """Resample a whole recording.

    Parameters
    ----------
    samples : ndarray of int16, shape (n,)
    from_hz, to_hz : int
        Any two rates.

    Returns
    -------
    ndarray of int16, shape (round(n * to_hz / from_hz),)
    """
    if from_hz == to_hz:
        return samples
    if {from_hz, to_hz} <= _NATIVE_HZ:
        return resample(samples, from_hz, to_hz)
    return _by_poly(samples, from_hz, to_hz)


def _by_poly(samples: Int16Array, from_hz: int, to_hz: int) -> Int16Array:
    """Resample by any ratio, in blocks of about 10 s with enough context to leave no seam."""
    from scipy.signal import resample_poly  # slow to import, and seldom needed

    common = gcd(from_hz, to_hz)
    up, down = to_hz // common, from_hz // common
    # The filter of resample_poly reaches 10 * max(up, down) upsampled samples to each side.
    context = (10 * max(up, down) // (up * down) + 1) * down
    block = max(1, 10 * from_hz // down) * down
    total = max(1, round(len(samples) * to_hz / from_hz))
    out = np.empty(total, np.int16)
    for start in range(0, len(samples), block):
        before = min(start, context)
        piece = samples[start - before : start + block + context].astype(np.float64)
        whole = np.rint(resample_poly(piece, up, down))
        first = start // down * up
        length = min(block // down * up, total - first)
        skip = before // down * up
        out[first : first + length] = np.clip(whole[skip : skip + length], -32768, 32767)
    return out
