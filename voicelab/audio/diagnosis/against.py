"""Diagnosis with a reference: undo each mistake in turn, and see which gives back the reference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from voicelab.audio.diagnosis.finding import Finding
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.diagnosis.rereading import Rereading, rereadings
from voicelab.audio.samples import Int16Array

_LOOK_S: Final = 10.0
_WINDOWS: Final = 10
_SAME: Final = 0.9
_ALIKE: Final = 0.6
_LEAST: Final = 0.3
_BETTER: Final = 0.1
_RATES: Final = (
    ("rate-half", 2.0, "twice as fast"),
    ("rate-double", 0.5, "half as fast"),
    ("rate-triple", 1 / 3, "at a third of the speed"),
    ("rate-44100-48000", 48_000 / 44_100, "at 48000 instead of 44100 Hz"),
    ("rate-44100-48000", 44_100 / 48_000, "at 44100 instead of 48000 Hz"),
)

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Reference:
    """How it ought to sound."""

    samples: Int16Array
    rate_hz: int


def alike(samples: Int16Array, rate_hz: int, reference: Reference) -> float:
    """How much of the reference is in there, at whatever delay: 0 to 1.

    Parameters
    ----------
    samples : ndarray of int16, shape (n,)
    rate_hz : int
        Its rate; where the two differ, both are compared at the lower one.
    reference : Reference
    """
    return max(abs(value) for value in _correlation(samples, rate_hz, reference))


def find_by_rereading(heard: Heard, reference: Reference) -> list[Finding]:
    """Readings and rates after which it is the reference, the best first."""
    as_is = alike(heard.samples, heard.rate_hz, reference)
    if as_is >= _SAME:
        return []
    readings = {reading for window in heard.windows()[:_WINDOWS] for reading in rereadings(window)}
    tried: list[tuple[float, Finding]] = []
    for reading in sorted(readings, key=lambda reading: reading.way):
        score = alike(reading.read(heard.samples), heard.rate_hz, reference)
        tried.append((score, _reread(reading, score, as_is)))
    if max((score for score, _ in tried), default=0.0) < _ALIKE:
        for fault, factor, words in _RATES:
            score = alike(heard.samples, round(heard.rate_hz * factor), reference)
            tried.append((score, _played(fault, factor, words, score, as_is)))
    best = max((score for score, _ in tried), default=0.0)
    if best < _LEAST or best < as_is + _BETTER:
        return []
    by_fault: dict[str, Finding] = {}
    for score, finding in sorted(tried, key=lambda item: -item[0]):
        if score >= max(as_is + _BETTER, 0.5 * best):
            by_fault.setdefault(finding.fault, finding)
    return list(by_fault.values())


def _reread(reading: Rereading, score: float, as_is: float) -> Finding:
    return Finding(
        reading.fault,
        min(0.99, score),
        f"{reading.way}, and it is {score:.0%} like the reference; as heard, {as_is:.0%}",
        lambda heard: (reading.read(heard.samples), heard.rate_hz),
    )


def _played(fault: str, factor: float, words: str, score: float, as_is: float) -> Finding:
    return Finding(
        fault,
        min(0.99, score),
        f"played {words} it is {score:.0%} like the reference; as heard, {as_is:.0%}",
        lambda heard: (heard.samples, round(heard.rate_hz * factor)),
    )


def _correlation(samples: Int16Array, rate_hz: int, reference: Reference) -> tuple[float, float]:
    """Largest and smallest normalised correlation over all delays."""
    one, other = _at_one_rate(samples, rate_hz, reference)
    if not one.any() or not other.any():
        return 0.0, 0.0
    one, other = one - one.mean(), other - other.mean()
    count = 1 << int(one.size + other.size - 1).bit_length()
    product = np.fft.rfft(one, count) * np.conj(np.fft.rfft(other, count))
    lags = np.fft.irfft(product, count)
    norm = float(np.sqrt((one @ one) * (other @ other)))
    return float(lags.max()) / norm, float(lags.min()) / norm


def _at_one_rate(
    samples: Int16Array, rate_hz: int, reference: Reference
) -> tuple[_Floats, _Floats]:
    look = round(_LOOK_S * rate_hz)
    one = samples[:look].astype(np.float64)
    other = reference.samples[: round(_LOOK_S * reference.rate_hz)].astype(np.float64)
    if rate_hz == reference.rate_hz:
        return one, other
    from scipy.signal import resample

    seconds = other.size / reference.rate_hz
    lower = min(rate_hz, reference.rate_hz)
    return (
        np.asarray(resample(one, max(round(one.size / rate_hz * lower), 1))),
        np.asarray(resample(other, max(round(seconds * lower), 1))),
    )
