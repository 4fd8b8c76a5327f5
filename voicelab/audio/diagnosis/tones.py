"""Keys, dial tones and whistles: a few steady frequencies, and nothing that is like speech."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from voicelab.audio.diagnosis.frames import Run, runs
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.samples import Int16Array

_WINDOW_S: Final = 0.05
_MOST_TONES: Final = 3
_WIDE: Final = 4  # bins on either side of the top of a Hann window four times as long in zeros
_ALL: Final = 0.998
_MOSTLY: Final = 0.85
_LOUD: Final = 0.05
_LOUD_RMS: Final = 20.0
_FEWEST: Final = 4
_PADDED: Final = 2
_SPAN_S: Final = 0.04  # a key is pressed for at least as long
_STEP_S: Final = 0.005
_BESIDE_S: Final = 0.01
_STILL: Final = 0.1  # of the tone
_LONG_S: Final = 0.2  # no vowel is as pure for as long
_COARSE: Final = 4
_NEARLY: Final = 0.97
_BLOCK: Final = 2000


def is_tones(heard: Heard) -> bool:
    """Whether nearly all that sounds is at most three frequencies at a time.

    A vowel has more of them, and changes within a twentieth of a second.
    """
    size = round(_WINDOW_S * heard.rate_hz)
    windows = [w[: w.size // size * size].reshape(-1, size) for w in heard.windows()]
    rows = np.concatenate(windows).astype(np.float32)
    rows -= rows.mean(axis=1, keepdims=True) if len(rows) else 0.0
    power = (rows**2).mean(axis=1)
    rows = rows[power > max(_LOUD * float(power.max(initial=0.0)), _LOUD_RMS**2)]
    if len(rows) < _FEWEST:
        return False
    return float((_told(rows) > _ALL).mean()) > _MOSTLY


def without_tones(heard: Heard) -> Heard:
    """Silence in place of keys, rings and beeps: they begin and end hard and come in step.

    Parameters
    ----------
    heard : Heard
        Left as it is where there are none.
    """
    beside = round(_BESIDE_S * heard.rate_hz)
    found = [run for run in _steady(heard) if _stands_alone(heard, run, beside)]
    if not found:
        return heard
    samples = heard.samples.copy()
    for start, end in found:
        tone = heard.samples[start:end]
        middle = float(np.average(tone, weights=np.hanning(tone.size)))
        still = tone[np.abs(tone - middle).argmin()]  # a level that is used: a law is told by them
        samples[max(start - beside, 0) : end + beside] = still
    return replace(heard, samples=samples)


def _steady(heard: Heard) -> list[Run]:
    """Where at most three frequencies sound at a time."""
    samples = heard.samples
    size, step = round(_SPAN_S * heard.rate_hz), max(round(_STEP_S * heard.rate_hz), 1)
    if samples.size < size:
        return []
    spans = np.lib.stride_tricks.sliding_window_view(samples, size)[::step]
    coarse = np.arange(0, len(spans), _COARSE)
    near = coarse[_share_told(spans, coarse) > _NEARLY, None]
    fine = np.unique(np.clip(near + np.arange(1 - _COARSE, _COARSE), 0, len(spans) - 1))
    steps = size // step
    marks = np.zeros(len(spans) + steps, np.bool_)
    for n in fine[_share_told(spans, fine) > _ALL]:
        marks[n : n + steps] = True
    return [(start * step, end * step) for start, end in runs(marks, steps)]


def _share_told(
    spans: npt.NDArray[np.int16], chosen: npt.NDArray[np.intp]
) -> npt.NDArray[np.float32]:
    """What `_told` tells of each chosen span; 0 where it is too quiet."""
    told = np.zeros(len(chosen), np.float32)
    for first in range(0, len(chosen), _BLOCK):
        rows = spans[chosen[first : first + _BLOCK]].astype(np.float32)
        rows -= rows.mean(axis=1, keepdims=True)
        loud = np.flatnonzero((rows**2).mean(axis=1) > _LOUD_RMS**2)
        told[first + loud] = _told(rows[loud])
    return told


def _stands_alone(heard: Heard, run: Run, beside: int) -> bool:
    """Whether it comes out of silence and goes into silence; one of both if no vowel is as long."""
    start, end = run
    least = _STILL * _level(heard.samples[start:end])
    before = heard.samples[max(start - 2 * beside, 0) : max(start - beside, 0)]
    after = heard.samples[end + beside : end + 2 * beside]
    still = [_level(part) < least for part in (before, after)]
    return all(still) or (any(still) and end - start > _LONG_S * heard.rate_hz)


def _level(samples: Int16Array) -> float:
    return float(samples.std()) if samples.size else 0.0


def _told(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Share of the power of each row that its three strongest frequencies have."""
    from scipy.fft import rfft

    size = rows.shape[1]
    spectra = rfft(rows * np.hanning(size).astype(np.float32), _PADDED * size, axis=1)
    power = spectra.real**2 + spectra.imag**2
    whole = power.sum(axis=1)
    for _ in range(_MOST_TONES):
        at = power.argmax(axis=1)[:, None] + np.arange(-_WIDE, _WIDE + 1)
        np.put_along_axis(power, np.clip(at, 0, power.shape[1] - 1), 0.0, axis=1)
    return np.asarray(1 - power.sum(axis=1) / np.maximum(whole, 1e-9))
