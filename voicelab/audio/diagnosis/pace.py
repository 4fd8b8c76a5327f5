"""Speech played at half, twice or three times its rate, told by ear: by how speech is.

A high voice is no proof, nor is a quick one. All that is measured of speech together is: a small
network, fitted to voices at true and wrong rates by bench/fit_pace.py, gives the odds. Between sure
and none lies "cannot tell".
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from voicelab.audio.diagnosis.finding import Finding, Repair
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.diagnosis.pace_table import FIRST, MIDDLE, SECOND, SPREAD
from voicelab.audio.diagnosis.speech import Speech, measure_speech
from voicelab.audio.diagnosis.studio import doubt_studio

_FARTHEST: Final = 4.0
_SPEEDS: Final = (("rate-half", 0.5), ("rate-double", 2.0), ("rate-triple", 3.0))
_DOUBT: Final = 0.6
_SURE: Final = {"rate-half": 0.04, "rate-double": 0.01, "rate-triple": 0.04}
"""Odds of all being well, below which it is not; small and quick voices sound like double."""
_OTHERS: Final = 0.05

_Floats = npt.NDArray[np.float64]


def find_pace(heard: Heard) -> list[Finding]:
    """Nothing where it sounds like speech at its rate, or like no speech at all.

    Speech at 44100 or 48000 Hz sounds like speech at both.
    """
    speech = measure_speech(heard)
    if speech is None:
        return []
    half, true, double, triple, no_speech = judge_pace(speech.measures)
    fine = float(true + no_speech)
    if fine > _DOUBT:
        return doubt_studio(heard) if true > no_speech else []
    odds = dict(zip(_SPEEDS, map(float, (half, double, triple)), strict=True))
    (fault, speed), likely = max(odds.items(), key=lambda item: item[1])
    true_hz = round(heard.rate_hz / speed)
    evidence = _evidence(speech, speed, true_hz)
    found = Finding(fault, min(likely, 0.95), evidence, _at(true_hz))
    if fine < _SURE[fault] and 1 - fine - likely < _OTHERS:
        return [found]
    doubt = Finding("unknown", max(1 - likely, likely), f"{evidence}; a reference would settle it")
    rest = Finding("none", fine, "it may be an unusual voice, at its true rate")
    return [doubt, found, rest]


def judge_pace(measures: _Floats) -> _Floats:
    """Odds that it is speech at half, its true, twice, three times its rate, or no speech.

    Parameters
    ----------
    measures : ndarray of float64
        As :class:`Speech` has them.

    Returns
    -------
    ndarray of float64, shape (5,)
        From 0 to 1, in all 1.
    """
    scaled = np.clip((measures - MIDDLE) / SPREAD, -_FARTHEST, _FARTHEST)
    inner = np.tanh(np.nan_to_num(scaled) @ FIRST[:-1] + FIRST[-1])
    scores = inner @ SECOND[:-1] + SECOND[-1]
    likely = np.exp(scores - scores.max())
    odds: _Floats = likely / likely.sum()
    return odds


def _evidence(speech: Speech, speed: float, true_hz: int) -> str:
    return (
        f"pitch, formants and pace together sound like speech of {true_hz} Hz at {speed:g} times "
        f"its speed: it changes {speech.changes_hz:.1f} times a second, at its true rate "
        f"{speech.changes_hz / speed:.1f} times"
    )


def _at(rate_hz: int) -> Repair:
    return lambda heard: (heard.samples, rate_hz)
