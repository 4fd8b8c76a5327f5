"""Signal to noise, beside what the line's own law leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from voicelab.audio.compare.faults import Fault
from voicelab.audio.compare.frames import Doubles, Frames

Flags = npt.NDArray[np.bool_]

BEST_DB = 100.0
"""No 16-bit recording is better; equal samples have no noise at all."""
_SEGMENT_RANGE_DB = (-10.0, BEST_DB)


@dataclass(frozen=True, slots=True)
class Noise:
    """How far the reference stands out of the difference, level and offset being matched.

    Faults are left out: they are listed on their own. A segment is a frame of 10 ms in which
    somebody speaks; each counts as -10 to 100 dB.

    Attributes
    ----------
    snr_db, segmental_db : float
        Of the whole, and the mean over segments; 100 where nothing differs.
    codec_snr_db, codec_segmental_db : float or None
        The same for the error that the line's law itself makes of this reference; None for L16,
        which makes none.
    """

    snr_db: float
    segmental_db: float
    codec_snr_db: float | None
    codec_segmental_db: float | None


def noise(measured: Frames, found: Sequence[Fault], rate_hz: int) -> Noise | None:
    """Measure the noise outside of the faults; None where nothing is said there."""
    keep = np.ones(len(measured.begins), np.bool_)
    begins = np.array([fault.begin_s * rate_hz - measured.size for fault in found])
    ends = np.array([fault.end_s * rate_hz for fault in found])
    first = np.searchsorted(measured.begins, np.ceil(begins).astype(np.int64))
    last = np.searchsorted(measured.begins, np.floor(ends).astype(np.int64), "right")
    for low, high in zip(first, last, strict=True):
        keep[low:high] = False
    active = measured.active & keep
    if not active.any():
        return None
    snr_db, segmental_db = _ratios(measured.said, measured.error, keep, active)
    if measured.codec is None:
        return Noise(snr_db, segmental_db, None, None)
    of_law = measured.codec * measured.gain**2
    return Noise(snr_db, segmental_db, *_ratios(measured.said, of_law, keep, active))


def _ratios(
    said: Doubles,
    error: Doubles,
    keep: np.typing.NDArray[np.bool_],
    active: np.typing.NDArray[np.bool_],
) -> tuple[float, float]:
    whole = _db(said[keep].sum(), error[keep].sum())
    segments = 10 * np.log10(said[active] / np.maximum(error[active], said[active] * 1e-10))
    return whole, float(np.clip(segments, *_SEGMENT_RANGE_DB).mean())


def _db(signal: float, error: float) -> float:
    return float(10 * np.log10(signal / max(error, signal * 10 ** (-BEST_DB / 10))))
