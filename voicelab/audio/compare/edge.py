"""Whether all that differs lies at the upper edge of the band: another resampler's low-pass filter.

Resamplers agree on what lies well below half of the rate, and each has its own opinion of the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.fft import rfft

from voicelab.audio.compare.alignment import Alignment
from voicelab.audio.compare.correlation import pieces
from voicelab.audio.compare.frames import Frames, law_error
from voicelab.audio.compare.interpolation import rows
from voicelab.audio.compare.spectra import spoken
from voicelab.audio.format import AudioFormat
from voicelab.audio.samples import Int16Array

_WINDOW_S = 0.032
_MOST = 1024
_LOWEST = 0.75
_INSIDE = 0.05
"""At most this share of what differs lies below the edge, of which an octave has three quarters."""
_FEW_HZ = 100
_CLEAR_DB = 40.0
_NEAR_LAW_DB = 2.0
_FARTHER_DB = 3.0


@dataclass(frozen=True, slots=True)
class Edge:
    """Where the difference begins.

    Attributes
    ----------
    hz : float
        Nearly all of it lies above.
    snr_db : float
        How far the reference stands out of what differs below.
    """

    hz: float
    snr_db: float


def edge(
    rec: Int16Array,
    ref: Int16Array,
    alignment: Alignment,
    measured: Frames,
    law: AudioFormat | None,
) -> Edge | None:
    """Find the edge; None where something differs below it, beside what the law itself adds.

    Parameters
    ----------
    rec, ref : ndarray of int16, shape (n,) and (m,)
    alignment : Alignment
    measured : Frames
    law : AudioFormat or None
        What the line carried.
    """
    rate_hz = alignment.rate_hz
    length = round(_WINDOW_S * rate_hz)
    chosen = spoken(measured, alignment, length, _MOST)
    if not len(chosen):
        return None
    said = rows(ref, alignment.places(chosen + length / 2) - length / 2, length)
    said *= np.float32(measured.gain * alignment.sign)
    heard = pieces(rec, chosen, length) - np.float32(measured.offset)
    window = np.blackman(length).astype(np.float32)
    power, differs = (
        (np.abs(rfft(part * window, axis=1)) ** 2).sum(axis=0, dtype=np.float64)
        for part in (said, heard - said)
    )
    allowed = np.zeros(len(differs))
    if law is not None and law.encoding != "l16":
        whole = np.clip(np.rint(said), -32768, 32767).astype(np.int16)
        noise = law_error(law).take(whole.view(np.uint16))
        allowed = (np.abs(rfft(noise * window, axis=1)) ** 2).sum(axis=0, dtype=np.float64)
    lowest = round(_LOWEST * length / 2)
    return _edge(power, differs, allowed, lowest, rate_hz / length)


def _edge(
    power: np.typing.NDArray[np.float64],
    differs: np.typing.NDArray[np.float64],
    allowed: np.typing.NDArray[np.float64],
    lowest: int,
    step_hz: float,
) -> Edge | None:
    excess = np.cumsum(np.maximum(differs - allowed, 0.0))
    if excess[-1] <= 0 or differs.sum() < allowed.sum() * 10 ** (_FARTHER_DB / 10):
        return None
    inside = np.flatnonzero(excess <= _INSIDE * excess[-1])
    if not len(inside) or inside[-1] < lowest:
        return None
    below = slice(0, int(inside[-1]) + 1)
    snr_db = _db(power[below].sum(), differs[below].sum())
    least_db = _CLEAR_DB
    if allowed.any():
        least_db = _db(power[below].sum(), allowed[below].sum()) - _NEAR_LAW_DB
    hz = round(float(inside[-1]) * step_hz, -1)
    return Edge(hz, snr_db) if snr_db >= least_db else None


def _db(signal: float, error: float) -> float:
    return float(10 * np.log10(max(signal, 1e-9) / max(error, 1e-9)))
