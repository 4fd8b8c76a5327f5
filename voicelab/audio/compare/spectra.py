"""Spectra of both recordings: how far apart they are, and how wide the recording's is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.fft import rfft

from voicelab.audio.compare.alignment import Alignment
from voicelab.audio.compare.correlation import Floats, Lags, pieces
from voicelab.audio.compare.frames import Frames
from voicelab.audio.compare.interpolation import rows
from voicelab.audio.samples import Int16Array

_WINDOW_S = 0.032
_MOST = 2048
_AT_ONCE = 128
_EDGE_DB = 60.0
_EDGE_HZ = 125.0
_RANGE_DB = 60.0


@dataclass(frozen=True, slots=True)
class Spectra:
    """How the spectra differ.

    Attributes
    ----------
    distance_db : float or None
        Log-spectral distance: the root mean square of the difference in dB over frequency, averaged
        over windows of 32 ms in which somebody speaks; bins 60 dB below a window's peak count as
        that. None where nothing is aligned.
    bandwidth_hz : float
        The highest frequency that is used: above it the recording's mean spectrum stays 60 dB below
        its peak.
    """

    distance_db: float | None
    bandwidth_hz: float


def distance(
    rec: Int16Array, ref: Int16Array, alignment: Alignment, measured: Frames
) -> float | None:
    """The log-spectral distance, from at most 2,048 windows spread evenly over the speech."""
    rate_hz = alignment.rate_hz
    length = round(_WINDOW_S * rate_hz)
    chosen = spoken(measured, alignment, length, _MOST)
    if not len(chosen):
        return None
    window = np.hanning(length).astype(np.float32)
    gain = np.float32(measured.gain)
    total = 0.0
    for part in np.array_split(chosen, -(-len(chosen) // _AT_ONCE)):
        said = rows(ref, alignment.places(part + length / 2) - length / 2, length)
        heard = pieces(rec, part, length) - np.float32(measured.offset)
        difference = _log(heard * window) - _log(said * gain * window)  # of either polarity
        total += float(np.sqrt((difference**2).mean(axis=1)).sum())
    return total / len(chosen)


def spoken(measured: Frames, alignment: Alignment, length: int, most: int) -> Lags:
    """Where windows begin in which somebody speaks and nothing steps: about `most`, all over."""
    begins = measured.begins[measured.active]
    some = begins[:: max(1, len(begins) // most)]
    return np.asarray(some[alignment.ends(some) >= some + length])


def bandwidth(samples: Int16Array, rate_hz: int) -> float:
    """The highest frequency in use, from at most 2,048 windows of the recording's loudest half."""
    length = round(_WINDOW_S * rate_hz)
    starts = np.arange(0, max(len(samples) - length, 0) + 1, length)
    starts = starts[:: max(1, len(starts) // _MOST)]
    window = np.blackman(length).astype(np.float32)
    total = np.zeros(length // 2 + 1)
    for part in np.array_split(starts, -(-len(starts) // _AT_ONCE)):
        heard = pieces(samples, part, length)
        heard -= heard.mean(axis=1, keepdims=True)
        total += (np.abs(rfft(heard * window, axis=1)) ** 2).sum(axis=0)
    width = max(1, round(_EDGE_HZ * length / rate_hz))
    smooth = np.convolve(total, np.ones(width) / width, "same")
    used = np.flatnonzero(smooth > smooth.max(initial=0) * 10 ** (-_EDGE_DB / 10))
    return float(used[-1] * rate_hz / length) if len(used) else 0.0


def _log(windows: Floats) -> Floats:
    power = np.abs(rfft(windows, axis=1)) ** 2
    peak = power.max(axis=1, keepdims=True)
    return np.asarray(10 * np.log10(np.maximum(power, peak * 10 ** (-_RANGE_DB / 10)) + 1))
