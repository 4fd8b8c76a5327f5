"""What shows in the levels alone: silence, one side only, an offset, clipping."""

from __future__ import annotations

from typing import Final

import numpy as np

from voicelab.audio.diagnosis.finding import Finding
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.samples import Int16Array

_SILENT_RMS: Final = 12.0
_SILENT_PEAK: Final = 64
_IDLE: Final = 8  # A-law has no zero: its silence is +8 or -8
_OTHER_SIDE: Final = 0.001
_LEAST_OFFSET: Final = 250.0
_OFFSET_SHARE: Final = 0.18
_STEADY: Final = 3.0
_WANDERS: Final = 0.25  # the lowest notes of a loud noise lift whole seconds
_PAUSES: Final = 0.1
_ABOUT: Final = 0.35
_DOUBTFUL: Final = 0.65  # where seconds differ as much, what else is found explains more
_LEAST_PEAK: Final = 300
_PILE: Final = 1.5
_PILE_ALONE: Final = 2.2
_LIMIT: Final = 32_766
_FEWEST_CLIPPED: Final = 12
_CLIPPED_SHARE: Final = 0.0004
_BOTH_SIDES: Final = 0.995


def find_silent(heard: Heard) -> list[Finding]:
    """Nothing above the last few steps."""
    samples = heard.samples
    peak = max(-int(samples.min()), int(samples.max()))
    if peak > _SILENT_PEAK:
        return []
    rms = float(np.sqrt(np.mean(samples.astype(np.float32) ** 2)))
    if rms > _SILENT_RMS:
        return []
    return [Finding("silent", 1.0, f"no sample is larger than {peak} of 32768; level {rms:.1f}")]


def find_one_sided(heard: Heard) -> list[Finding]:
    """All samples above zero, or all below."""
    samples = heard.samples
    above = int(np.count_nonzero(samples > _IDLE))
    below = int(np.count_nonzero(samples < -_IDLE))
    if above + below < 0.01 * samples.size or min(above, below) > _OTHER_SIDE * (above + below):
        return []
    side = "above" if above > below else "below"
    return [
        Finding(
            "one-sided",
            0.98,
            f"{max(above, below):,} samples lie {side} zero and {min(above, below):,} on the "
            "other side; half of the wave is missing or folded over",
            lambda heard: (_centred(heard.samples, float(np.mean(heard.samples))), heard.rate_hz),
        )
    ]


def find_offset(heard: Heard) -> list[Finding]:
    """Silence that does not lie at zero."""
    means = np.array([float(window.mean(dtype=np.float64)) for window in heard.windows()])
    offset = float(np.median(means))
    chance = 1.4826 * float(np.median(np.abs(means - offset))) / np.sqrt(means.size)
    looked = heard.sample_of().astype(np.float64) - offset
    level = float(np.sqrt(np.mean(looked**2)))
    wander = float(means.std())
    least = _OFFSET_SHARE * level + _WANDERS * wander
    if abs(offset) < max(_LEAST_OFFSET, _STEADY * chance):
        return []
    if abs(offset) < least and not _rests_at(offset, heard):
        return []
    return [
        Finding(
            "dc-offset",
            min(0.99, 0.8 + abs(offset) / 10_000) if abs(offset) > _STEADY * wander else _DOUBTFUL,
            f"the middle of the wave lies at {offset:+,.0f}, not at 0; its level is {level:,.0f}",
            lambda heard: (_centred(heard.samples, offset), heard.rate_hz),
        )
    ]


def _rests_at(offset: float, heard: Heard) -> bool:
    """Whether each of the quietest moments lies about there: no voice is asymmetric in a pause."""
    step = max(heard.rate_hz // 50, 1)
    looked = heard.sample_of()
    frames = looked[: looked.size // step * step].reshape(-1, step).astype(np.float64)
    if not len(frames):
        return False
    middles, spreads = frames.mean(axis=1), frames.std(axis=1)
    pauses = middles[spreads <= np.quantile(spreads, _PAUSES)]
    return float(np.sqrt(np.mean((pauses - offset) ** 2))) < _ABOUT * abs(offset)


Pile = tuple[float, int, int]
"""How many times as many samples stand at the very top as just below it, how many, and where."""


def piles(heard: Heard) -> list[Pile]:
    """Where more samples stand than in sound that was never cut off: above, below, or both."""
    looked = heard.sample_of().astype(np.int32)
    found = []
    for side, name in ((looked, 1), (-looked, -1)):
        peak = int(side.max())
        if peak < _LEAST_PEAK:
            continue
        top = int(np.count_nonzero(side > 0.96 * peak))
        below = int(np.count_nonzero((side > 0.88 * peak) & (side <= 0.96 * peak)))
        flat = int(np.count_nonzero((side[1:] == side[:-1]) & (side[1:] > 0.96 * peak)))
        ratio = top / max(below, 1)
        at_limit = int(np.count_nonzero(side >= _LIMIT))
        steep = _PILE if max(flat, at_limit) > top / 5 else _PILE_ALONE
        if top >= max(_FEWEST_CLIPPED, _CLIPPED_SHARE * side.size) and ratio >= steep:
            found.append((ratio, top, name * peak))
    return found


def find_clipped(heard: Heard) -> list[Finding]:
    """More samples at the very top than just below it; no offset cuts both sides."""
    cut = piles(heard)
    if not cut:
        return []
    ratio, count, peak = max(cut)
    return [
        Finding(
            "clipped",
            _BOTH_SIDES if len(cut) > 1 else min(0.99, 0.7 + ratio / 20),
            f"{count:,} of {heard.sample_of().size:,} samples stand at {peak:+,}, "
            f"{ratio:.1f} times as many as just below it",
        )
    ]


def _centred(samples: Int16Array, offset: float) -> Int16Array:
    centred: Int16Array = np.clip(np.rint(samples - offset), -32768, 32767).astype(np.int16)
    return centred
