"""Spectra of what was heard, 10 ms apart, on the same scale at any rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from voicelab.audio.diagnosis.heard import Heard

STEP_S: Final = 0.010
"""From one spectrum to the next."""
TOP_HZ: Final = 3600.0
"""What every rate from 8000 Hz on has."""
BANDS_HZ: Final = 63.0 * 2 ** (np.arange(23) / 3)
"""Middles of thirds of an octave."""
LOW_BANDS: Final = 18
"""So many of them lie below :data:`TOP_HZ`."""
_FRAME_S: Final = 0.050
_SHORT_FRAME_S: Final = 0.020
_RATE_HZ: Final = 8000
_HIGH_RATE_HZ: Final = 24_000
_PIECE_S: Final = 2.5
_MOST_S: Final = 20.0
_FEWEST_FRAMES: Final = 20

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Frames:
    """Spectra of one piece after another.

    Parameters
    ----------
    power : ndarray of float64, shape (frames, bins)
    high : ndarray of float64, shape (frames, 5)
        Of the bands above :data:`TOP_HZ`; not a number where the rate does not reach.
    hz : ndarray of float64, shape (bins,)
    ends : ndarray of int, shape (pieces - 1,)
        Frames before each piece but the first.
    rate_hz : float
        That the spectra were taken at.
    """

    power: Floats
    high: Floats
    hz: Floats
    ends: npt.NDArray[np.intp]
    rate_hz: float


def frames_of(heard: Heard) -> Frames | None:
    """Spectra of at most 20 s of what was heard; None where there is not a piece of 0.25 s."""
    power, high = [], []
    rate_hz = float(_RATE_HZ)
    for piece in _pieces(heard):
        low, rate_hz = _lowered(piece, heard.rate_hz)
        size = int(_FRAME_S * rate_hz)
        count = int((low.size - size) / (STEP_S * rate_hz)) + 1
        if count < _FEWEST_FRAMES:
            continue
        starts = (np.arange(count) * (STEP_S * rate_hz)).astype(int)
        power.append(_spectra(low, starts, size, centred=True))
        high.append(_high_bands(piece, heard.rate_hz, count))
    if not power:
        return None
    hz = np.arange(power[0].shape[1]) * rate_hz / (2 * (power[0].shape[1] - 1))
    ends = np.cumsum([part.shape[0] for part in power])[:-1]
    return Frames(np.concatenate(power), np.concatenate(high), hz, ends, rate_hz)


def _pieces(heard: Heard) -> list[Floats]:
    samples, rate_hz = heard.samples, heard.rate_hz
    if samples.size <= _MOST_S * rate_hz:
        return [samples.astype(np.float64)]
    size = int(_PIECE_S * rate_hz)
    starts = np.linspace(0, samples.size - size, int(_MOST_S / _PIECE_S)).astype(int)
    return [samples[at : at + size].astype(np.float64) for at in starts]


def _lowered(samples: Floats, rate_hz: int) -> tuple[Floats, float]:
    """Bring it to a rate from 8000 to 16,000 Hz; only up to 3600 Hz is looked at."""
    from scipy.signal import resample_poly

    if rate_hz < 0.9 * _RATE_HZ:
        common = int(np.gcd(rate_hz, _RATE_HZ))
        return resample_poly(samples, _RATE_HZ // common, rate_hz // common), float(_RATE_HZ)
    step = max(rate_hz // _RATE_HZ, 1)
    return (resample_poly(samples, 1, step) if step > 1 else samples), rate_hz / step


def _spectra(samples: Floats, starts: npt.NDArray[np.intp], size: int, centred: bool) -> Floats:
    shape = np.hanning(size + 2)[1:-1]
    frames = np.lib.stride_tricks.sliding_window_view(samples, size)[starts]
    if centred:
        frames = frames - frames.mean(axis=1, keepdims=True)
    spectra = np.fft.rfft(frames * shape, 1024 if size > 512 else 512)
    power: Floats = np.abs(spectra) ** 2 / float((shape**2).sum())
    return power


def _high_bands(samples: Floats, rate_hz: int, count: int) -> Floats:
    """Power of the bands above 3600 Hz, as far as the rate reaches."""
    from scipy.signal import resample_poly

    centres = BANDS_HZ[LOW_BANDS:]
    bands = np.full((count, centres.size), np.nan)
    reach = int((centres * 2 ** (1 / 6) < 0.48 * rate_hz).sum())
    if reach == 0:
        return bands
    step = max(rate_hz // _HIGH_RATE_HZ, 1)
    samples = resample_poly(samples, 1, step) if step > 1 else samples
    rate = rate_hz / step
    size = int(_SHORT_FRAME_S * rate)
    middle = (_FRAME_S - _SHORT_FRAME_S) / 2
    starts = (np.arange(count) * STEP_S * rate + middle * rate).astype(int)
    power = _spectra(samples, np.minimum(starts, samples.size - size), size, centred=False)
    hz = np.arange(power.shape[1]) * rate / (2 * (power.shape[1] - 1))
    for number, centre in enumerate(centres[:reach]):
        within = (hz >= centre * 2 ** (-1 / 6)) & (hz < centre * 2 ** (1 / 6))
        bands[:, number] = power[:, within].mean(axis=1)
    return bands
