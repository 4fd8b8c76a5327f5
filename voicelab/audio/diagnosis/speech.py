"""What is measured of speech to tell how fast it is played.

Played at twice its rate, everything moves up by an octave at once: pitch, formants, the rhythm of
syllables. Each measure is a row over an axis of equal steps of an octave, so that a speed moves it
along. Most are of how the sound changes, since a telephone, a room and a steady noise colour what
stays the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.diagnosis.spectra import BANDS_HZ, LOW_BANDS, STEP_S, TOP_HZ, Frames, frames_of

_SHORTEST_S: Final = 0.8
_LOWEST_HZ: Final = 2000
_FEWEST_ACTIVE: Final = 40
_FEWEST_LASTING: Final = 10
_SILENT_DB: Final = 25.0
_PITCH_HZ: Final = 45.0 * 2 ** (np.arange(15) / 3.5)
_QUEFRENCIES: Final = np.array(
    (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 40, 52, 64, 80, 100, 124)
)  # in half periods of 3520 Hz: 0.14 to 18 ms
_RHYTHMS_HZ: Final = np.array((0.6, 1.2, 1.7, 2.4, 3.4, 4.8, 6.7, 9.5, 13.4, 19.0, 26.0))
_LAGS: Final = (1, 2, 4, 8, 16, 32)

_Floats = npt.NDArray[np.float64]
_Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Speech:
    """What was measured.

    Parameters
    ----------
    measures : ndarray of float64, shape (201,)
        Not a number where the rate does not reach.
    pitch_hz : float
        The middle of the voice's pitch, as it is played.
    changes_hz : float
        The middle of the rhythm in which its sound changes, as it is played.
    """

    measures: _Floats
    pitch_hz: float
    changes_hz: float


def measure_speech(heard: Heard) -> Speech | None:
    """Measure the speech in at most 20 s of what was heard; None where there is too little.

    Parameters
    ----------
    heard : Heard
    """
    if heard.duration_s < _SHORTEST_S or heard.rate_hz < _LOWEST_HZ:
        return None
    frames = frames_of(heard)
    if frames is None:
        return None
    inside = (frames.hz >= 80) & (frames.hz <= TOP_HZ)
    level_db = 10 * np.log10(frames.power[:, inside].sum(axis=1) + 1e-2)
    low, loud = np.percentile(level_db, (10, 95))
    active = level_db >= max(low + 0.4 * (loud - low), loud - 25)
    lasting = active[3:] & active[:-3]
    if loud < _SILENT_DB or active.sum() < _FEWEST_ACTIVE or lasting.sum() < _FEWEST_LASTING:
        return None
    quiet = np.argsort(level_db)[: max(int(0.12 * level_db.size), 5)]
    bands = _Bands.of(frames, active, quiet)
    pitch, pitch_hz = _pitch(frames, active)
    rhythm, changes_hz = _rhythm(bands.level_db, frames.ends)
    measures = np.concatenate(
        (
            bands.measures(),
            _cepstrum(frames.power[:, inside], frames.hz, active, quiet),
            pitch,
            rhythm,
            _likeness(bands.level_db, active, frames.ends),
            _turns(active),
            [loud - low],
        )
    )
    return Speech(measures, pitch_hz, changes_hz)


@dataclass(frozen=True, slots=True)
class _Bands:
    """Thirds of an octave."""

    active: _Bools
    share: _Floats  # of the speech's power, noise taken off
    level_db: _Floats  # (frames, low bands), over the noise's floor
    floor: _Floats
    high_share: _Floats
    high_db: _Floats  # (active frames, high bands)
    high_floor: _Floats

    @classmethod
    def of(cls, frames: Frames, active: _Bools, quiet: npt.NDArray[np.intp]) -> _Bands:
        power = frames.power @ _filters(frames.hz)
        noise = power[quiet].mean(axis=0)
        mean = power[active].mean(axis=0)
        least = mean.max() * 1e-5
        floor = np.maximum(noise, least) + 1e-3
        speech = np.maximum(mean - noise, 0.05 * noise)
        high_noise = frames.high[quiet].mean(axis=0)
        high_floor = np.maximum(high_noise, least) + 1e-3
        high_mean = frames.high[active].mean(axis=0)
        return cls(
            active,
            speech / speech.sum(),
            10 * np.log10(power + floor),
            floor,
            np.maximum(high_mean - high_noise, 0.05 * high_noise) / speech.sum(),
            10 * np.log10(frames.high + high_floor)[active],
            high_floor,
        )

    def measures(self) -> _Floats:
        """Give share, height over the noise, spread, likeness of neighbours and haste of each."""
        active_db = self.level_db[self.active]
        centred = active_db - active_db.mean(axis=0)
        spread = active_db.std(axis=0)
        scaled = centred / (spread + 0.5)
        alike = scaled.T @ scaled / len(scaled)
        both = self.active[3:] & self.active[:-3]
        haste = (self.level_db[3:] - self.level_db[:-3])[both].std(axis=0)
        low = active_db[:, 8:16].mean(axis=1)
        low = (low - low.mean()) / (low.std() + 0.5)
        high = (self.high_db - self.high_db.mean(axis=0)) / (self.high_db.std(axis=0) + 0.5)
        return np.concatenate(
            (
                10 * np.log10(self.share + 1e-4),
                _height(active_db, self.floor),
                spread,
                np.diag(alike, 1),
                np.diag(alike, 3),
                np.log(haste + 0.3) - np.log(spread + 0.5),
                10 * np.log10(self.high_share + 1e-5),
                self.high_db.std(axis=0),
                _height(self.high_db, self.high_floor),
                (high * low[:, None]).mean(axis=0),
            )
        )


def _height(level_db: _Floats, floor: _Floats) -> _Floats:
    height: _Floats = np.percentile(level_db, 90, axis=0) - 10 * np.log10(2 * floor)
    return np.clip(height, 0, 45)


def _filters(hz: _Floats) -> _Floats:
    """Triangles over thirds of an octave, shape (bins, bands)."""
    place = np.log2(np.maximum(hz, 1) / BANDS_HZ[0]) * 3
    weights = np.maximum(0, 1 - np.abs(place[:, None] - np.arange(LOW_BANDS)))
    for band in range(LOW_BANDS):
        if weights[:, band].sum() < 0.5:  # narrower than a bin
            weights[np.argmin(np.abs(hz - BANDS_HZ[band])), band] = 0.5
    filters: _Floats = weights / weights.sum(axis=0)
    return filters


def _cepstrum(power: _Floats, hz: _Floats, active: _Bools, quiet: npt.NDArray[np.intp]) -> _Floats:
    """How much the ripples of the spectrum change: broad ones by formants, fine ones by pitch."""
    from scipy.fft import dct

    least = np.maximum(power[quiet].mean(axis=0), power[active].mean(axis=0).max() * 1e-4)
    ripples = dct(np.log(power[active] + least + 1e-3), axis=1, norm="ortho")
    change = np.log(ripples.var(axis=0) + 1e-6)
    smooth = np.convolve(change, (0.25, 0.5, 0.25), "same")
    place = np.arange(change.size) * (3520 / (power.shape[1] * hz[1]))
    row = np.interp(_QUEFRENCIES, place, smooth)
    return np.append(row - row.mean(), row.mean())


def _pitch(frames: Frames, active: _Bools) -> tuple[_Floats, float]:
    """Where the voice's period lies, from the autocorrelation of a flattened spectrum."""
    hz, rate_hz = frames.hz, frames.rate_hz
    flat = frames.power[active] ** 0.35
    flat[:, hz > TOP_HZ] = 0
    flat[:, hz < 50] *= 0.5
    alike = np.fft.irfft(flat, axis=1)
    first, last = int(rate_hz / 720), min(int(np.ceil(rate_hz / 45)), hz.size - 2)
    lags = np.arange(first, last)
    alike = alike[:, first:last] / alike[:, :1]
    score = alike - 0.02 * np.log2(lags / first)
    peak = np.zeros(score.shape, bool)
    peak[:, 1:-1] = (score[:, 1:-1] >= score[:, :-2]) & (score[:, 1:-1] > score[:, 2:])
    best = np.where(peak, score, -1).argmax(axis=1)
    height = alike[np.arange(best.size), best]
    pitch = np.log2(rate_hz / lags[best])
    weight = np.maximum(height - 0.12, 0)
    counts, _ = np.histogram(pitch, np.log2(_PITCH_HZ), weights=weight)
    order = np.argsort(pitch)
    running = np.cumsum(weight[order])
    middles = np.zeros(5)
    if running[-1] > 0:
        at = np.searchsorted(running, running[-1] * np.array((0.1, 0.3, 0.5, 0.7, 0.9)))
        middles = pitch[order][at] - np.log2(100)
    clearest = alike[np.argsort(-height)[: max(height.size // 2, 10)]].mean(axis=0)
    measures = np.concatenate(
        (
            np.sqrt(counts / (weight.sum() + 1e-9)),
            middles,
            [weight.mean(), np.percentile(height, 80), (height > 0.25).mean()],
            np.interp(rate_hz / _PITCH_HZ[::-1], lags, clearest)[::-1],
        )
    )
    return measures, float(100 * 2 ** middles[2])


def _rhythm(level_db: _Floats, ends: npt.NDArray[np.intp]) -> tuple[_Floats, float]:
    """Share of each rhythm in how the octaves rise and fall."""
    octaves = level_db.reshape(-1, 6, 3).mean(axis=2)[:, 1:]
    size = 256
    power = np.zeros(size + 1)
    for part in np.split(octaves, ends):
        for at in range(0, max(part.shape[0] - size // 2, 1), size // 2):
            window = part[at : at + size]
            window = (window - window.mean(axis=0)) * np.hanning(window.shape[0] + 2)[1:-1, None]
            power += (np.abs(np.fft.rfft(window, 2 * size, axis=0)) ** 2).sum(axis=1)
    hz = np.arange(size + 1) / (2 * size * STEP_S)
    counts = np.array([power[(hz >= a) & (hz < b)].sum() for a, b in pairwise(_RHYTHMS_HZ)])
    share = counts / (counts.sum() + 1e-9)
    middle = float(np.interp(0.5, np.cumsum(share), _RHYTHMS_HZ[1:]))
    return np.log(share + 1e-3), middle


def _likeness(level_db: _Floats, active: _Bools, ends: npt.NDArray[np.intp]) -> _Floats:
    """How alike the spectrum is to itself 10 to 320 ms later."""
    off = level_db[:, 2:] - level_db[active][:, 2:].mean(axis=0)
    parts = list(zip(np.split(off, ends), np.split(active, ends), strict=True))
    row = []
    for lag in _LAGS:
        alike = of = 0.0
        for part, on in parts:
            both = on[lag:] & on[:-lag]
            now, then = part[lag:][both], part[:-lag][both]
            alike += float((now * then).sum())
            of += 0.5 * float((now**2).sum() + (then**2).sum())
        row.append(alike / (of + 1e-9))
    return np.array(row)


def _turns(active: _Bools) -> _Floats:
    """Share of speech, and the lengths of stretches and pauses."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], active.astype(int), [0]))))
    runs = np.diff(edges)
    pause = float(np.log(runs[1::2].mean())) if runs.size > 1 else 2.0
    return np.array((active.mean(), np.log(runs[::2].mean()), pause))
