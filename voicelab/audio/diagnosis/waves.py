"""Waves that repeat: a square, a saw, a buzzer. None of them is speech, nor ever was."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft

from voicelab.audio.diagnosis.heard import Heard

_WINDOW_S: Final = 0.05
_LONGEST_S: Final = 0.1
_SHORTEST: Final = 4  # samples
_MOST_LAGS: Final = 12
_LEFT: Final = 0.05
_STEADY: Final = 0.95
"""An edge falls on this sample or on the next; so many are not at one."""
_MOSTLY: Final = 0.85
_LOUD: Final = 0.05
_LOUD_RMS: Final = 20.0
_FEWEST: Final = 10
_FEW_LEVELS: Final = 8


def is_wave(heard: Heard) -> bool:
    """Whether nearly all that sounds is one wave again and again, at most a tenth of a second long.

    The pitch of a voice never stays: what it says is not what it said so long ago, by one and the
    same time throughout.
    """
    size = round(_WINDOW_S * heard.rate_hz)
    longest = round(_LONGEST_S * heard.rate_hz)
    parts = [w.astype(np.float64) - float(w.mean()) for w in heard.windows() if w.size]
    parts = [part for part in parts if part.size >= 2 * longest + size]
    if not parts:
        return False
    loudest = max(parts, key=lambda part: float(part @ part) / part.size)
    return any(_repeats(parts, lag, size) for lag in _lags(loudest, longest))


def has_few_levels(heard: Heard) -> bool:
    """Whether it stands at a few levels, as a square wave does, whose neighbours are mostly equal.

    A voice at any level that is heard has more.
    """
    return np.unique(heard.sample_of()).size <= _FEW_LEVELS


def _lags(part: np.typing.NDArray[np.float64], longest: int) -> list[int]:
    """Where it is most like itself, the likeliest first."""
    length = next_fast_len(2 * part.size, real=True)
    alike = irfft(np.abs(rfft(part, length)) ** 2, length)[: longest + 1]
    alike /= np.arange(part.size, part.size - longest - 1, -1)
    inner = alike[1:-1]
    top = np.flatnonzero((inner >= alike[:-2]) & (inner >= alike[2:])) + 1
    top = top[top >= _SHORTEST]
    return [int(lag) for lag in top[np.argsort(-alike[top])][:_MOST_LAGS]]


def _repeats(parts: list[np.typing.NDArray[np.float64]], lag: int, size: int) -> bool:
    power, left = [], []
    steady = round(_STEADY * size)
    for part in parts:
        count = (part.size - lag) // size * size
        now = part[lag : lag + count].reshape(-1, size)
        differs = (now - part[:count].reshape(-1, size)) ** 2
        power.append((now**2).mean(axis=1))
        left.append(np.partition(differs, steady, axis=1)[:, :steady].mean(axis=1))
    every, rest = np.concatenate(power), np.concatenate(left)
    loud = every > max(_LOUD * float(every.max(initial=0.0)), _LOUD_RMS**2)
    if np.count_nonzero(loud) < _FEWEST:
        return False
    return float((rest[loud] < _LEFT * every[loud]).mean()) > _MOSTLY
