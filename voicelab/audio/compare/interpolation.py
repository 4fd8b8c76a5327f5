"""The reference, later or earlier by any part of a sample, and slowly stretched."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
from scipy.fft import irfft, next_fast_len, rfft

from voicelab.audio.compare.correlation import Floats, piece, pieces
from voicelab.audio.samples import Int16Array

_TAPS = 32
_PHASES = 512
SPAN = 256
"""Within so many samples the lag is taken as one: 100 ppm change it by a 40th of a sample."""


def shifted(ref: Int16Array, begin: int, end: int, lag: float, slope: float) -> Floats:
    """``reference[n - lag - slope * n]`` for n from `begin` to `end`; silence outside of it.

    Parameters
    ----------
    ref : ndarray of int16, shape (m,)
    begin, end : int
    lag : float
        In samples.
    slope : float
        In samples a sample; 0 and a whole `lag` give the reference's own samples.

    Returns
    -------
    ndarray of float32, shape (end - begin,)
    """
    if slope == 0.0 and lag == round(lag):
        return piece(ref, begin - int(lag), max(end - begin, 0))
    starts = np.arange(begin, end, SPAN)
    out = rows(ref, starts - lag - slope * (starts + SPAN / 2), SPAN)
    return np.asarray(out.reshape(-1)[: end - begin])


def rows(ref: Int16Array, places: npt.NDArray[np.float64], length: int) -> Floats:
    """Pieces that begin between the samples; silence outside of them.

    Parameters
    ----------
    ref : ndarray of int16, shape (m,)
    places : ndarray of float, shape (k,)
        In samples.
    length : int

    Returns
    -------
    ndarray of float32, shape (k, length)
    """
    first, phase = np.divmod(np.floor(places * _PHASES + 0.5).astype(np.int64), _PHASES)
    if not phase.any():
        return pieces(ref, first, length)
    size = next_fast_len(length + _TAPS - 1, real=True)
    spectra = rfft(pieces(ref, first - (_TAPS // 2 - 1), size), axis=1)
    spectra *= _bank(size)[phase]
    return np.asarray(irfft(spectra, size, axis=1)[:, :length], np.float32)


@cache
def _bank(size: int) -> npt.NDArray[np.complex64]:
    """A windowed sinc for each of the fractions of a sample, as spectra of so many samples."""
    offset = np.arange(_TAPS) - (_TAPS // 2 - 1)
    distance = offset[None, :] - np.arange(_PHASES)[:, None] / _PHASES
    half = _TAPS / 2
    window = np.i0(7.0 * np.sqrt(np.clip(1 - (distance / half) ** 2, 0, 1))) / np.i0(7.0)
    bank = np.sinc(distance) * window
    bank /= bank.sum(axis=1, keepdims=True)
    return np.asarray(rfft(bank, size, axis=1).conj(), np.complex64)
