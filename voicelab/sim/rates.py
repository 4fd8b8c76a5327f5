"""Sound at one rate, brought to any other."""

from __future__ import annotations

from math import gcd
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from voicelab.audio.resample import RATES_HZ, resample
from voicelab.audio.samples import Int16Array

Float64Array = NDArray[np.float64]
IndexArray = NDArray[np.intp]

_NATIVE_HZ: Final = frozenset(RATES_HZ)
_REACH, _BETA = 10, 5.0  # of the Kaiser-windowed sinc, as scipy.signal.resample_poly has it
_AT_ONCE: Final = 4096  # outputs: bounds the memory


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
    common = gcd(from_hz, to_hz)
    up, down = to_hz // common, from_hz // common
    filters = _filter_bank(up, down)
    # The filter reaches _REACH * max(up, down) upsampled samples to each side.
    context = (_REACH * max(up, down) // (up * down) + 1) * down
    block = max(1, 10 * from_hz // down) * down
    total = max(1, round(len(samples) * to_hz / from_hz))
    out = np.empty(total, np.int16)
    for start in range(0, len(samples), block):
        before = min(start, context)
        piece = samples[start - before : start + block + context].astype(np.float64)
        whole = np.rint(_filtered(piece, up, down, *filters))
        first = start // down * up
        length = min(block // down * up, total - first)
        skip = before // down * up
        out[first : first + length] = np.clip(whole[skip : skip + length], -32768, 32767)
    return out


def _filter_bank(up: int, down: int) -> tuple[Float64Array, IndexArray]:
    """The taps of each phase, and where they begin before the input sample that it falls on.

    numpy alone: to import scipy.signal takes seconds, and holds up a call that has begun.
    """
    half = _REACH * max(up, down)
    low_pass = np.sinc(np.arange(-half, half + 1) / max(up, down)) * np.kaiser(2 * half + 1, _BETA)
    low_pass *= up / low_pass.sum()
    phase = np.arange(up)
    first = -((half - phase) // up)
    taps = np.arange(2 * half // up + 1)
    index = (phase - first * up)[:, None] + half - taps * up
    return np.where(index >= 0, low_pass[index], 0.0), first


def _filtered(
    piece: Float64Array, up: int, down: int, bank: Float64Array, first: IndexArray
) -> Float64Array:
    taps = bank.shape[1]
    windows = sliding_window_view(np.pad(piece, taps), taps)
    out = np.empty(-(-len(piece) * up // down))
    for start in range(0, len(out), _AT_ONCE):
        sample, phase = np.divmod(np.arange(start, min(start + _AT_ONCE, len(out))) * down, up)
        heard = windows[sample + first[phase] + taps]
        out[start : start + len(phase)] = np.einsum("ij,ij->i", heard, bank[phase])
    return out
