"""Frames that never came: silence of whole frames with hard edges, in the middle of sound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import comb
from typing import Final

import numpy as np
import numpy.typing as npt

from voicelab.audio.compare.wording import length, times
from voicelab.audio.diagnosis.finding import Finding
from voicelab.audio.diagnosis.frames import Run, runs
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.samples import Int16Array

_IDLE: Final = 8
_UNIT_MS: Final = 10
_LONGEST_MS: Final = 1000
_SLACK_SAMPLES: Final = 4
_EDGE: Final = 0.3
_LOUD: Final = 60.0
_AUDIBLE: Final = 0.06
_FEWEST_CUTS: Final = 2.5
_WHOLE: Final = 1.5
_CHANCE: Final = 0.003
_NATS_A_CUT: Final = 6.0


@dataclass(frozen=True, slots=True)
class _Gap:
    start: int
    length: int
    cut: float
    """At how many of its two ends the sound is cut off; a half where it may be."""
    alone: bool
    """Whether nothing else in the sound is as silent."""


def find_lost(heard: Heard) -> list[Finding]:
    """Look for silence of whole frames, on one grid, whose ends are cut and not faded."""
    unit = heard.rate_hz * _UNIT_MS // 1000
    slack = max(_SLACK_SAMPLES * heard.rate_hz // 8000, 2)
    gaps = [gap for at, piece in heard.placed_stretches() for gap in _gaps(piece, at, unit, slack)]
    phases = [gap.start % unit for gap in gaps]
    found = min(
        ((_by_chance(phases.count(phase), len(gaps), unit, phase), phase) for phase in phases),
        default=(1.0, 0),
    )
    on_grid = [gap for gap in gaps if gap.start % unit == found[1]]
    cut = sum(gap.cut for gap in on_grid)
    if cut < _FEWEST_CUTS or max(gap.cut for gap in on_grid) < _WHOLE:
        return []
    if found[0] > _CHANCE and not all(gap.alone for gap in on_grid):
        return []
    lengths = sorted({round(gap.length / unit) * _UNIT_MS for gap in on_grid})
    return [
        Finding(
            "packet-loss",
            min(0.99, 0.75 + 0.03 * cut),
            f"sound breaks off into silence {times(len(on_grid))}, "
            f"for whole frames: {', '.join(length(ms / 1000) for ms in lengths[:4])}",
            lambda heard: (_bridged(heard.samples, unit), heard.rate_hz),
            weight=_NATS_A_CUT * cut,
        )
    ]


def _gaps(samples: Int16Array, at: int, unit: int, slack: int) -> list[_Gap]:
    wide = samples.astype(np.float64)
    count = max(wide.size // unit, 1)
    loud = np.sort(np.abs(wide[: count * unit]).reshape(count, -1).mean(axis=1))
    least = max(_LOUD, _AUDIBLE * float(loud[-max(count // 20, 1)]))
    found = []
    still = _still(samples, unit // 2)
    for start, end in still:
        length = end - start
        if length < unit - slack or length > _LONGEST_MS * unit // _UNIT_MS:
            continue
        if _off(length, unit) > slack:
            continue
        cut = _cut(wide[max(start - unit, 0) : start][::-1], least)
        cut += _cut(wide[end : end + unit], least)
        if cut:
            found.append((start, length, cut))
    alone = len(found) == len(still)
    return [_Gap(at + start, length, cut + alone, alone) for start, length, cut in found]


def _by_chance(hits: int, gaps: int, unit: int, phase: int) -> float:
    """How likely so many of these gaps would begin at one place of a grid; first at its start."""
    chance = sum(
        comb(gaps, n) * (1 / unit) ** n * (1 - 1 / unit) ** (gaps - n)
        for n in range(hits, gaps + 1)
    )
    return chance * (unit if phase else 1)


def _still(samples: Int16Array, least: int) -> list[Run]:
    """Where one idle value stands: A-law has no zero, and some decoders make others of silence."""
    idle = np.abs(samples.astype(np.int32)) <= _IDLE
    same = np.diff(samples) == 0
    return [(start, end + 1) for start, end in runs(same & idle[1:] & idle[:-1], least - 1)]


def _cut(onward: npt.NDArray[np.float64], least: float) -> float:
    """Whether sound begins as loud as it goes on, seen from the edge of a silence: 0, 0.5 or 1."""
    if onward.size < 8:
        return 0.0
    level = float(np.sqrt(np.mean(onward**2)))
    if level < least:
        return 0.0
    at_once, soon = (float(np.abs(onward[: max(onward.size // n, 3)]).max()) for n in (27, 10))
    return 0.5 * (at_once > _EDGE * level) + 0.5 * (soon > _EDGE * level)


def _off(distance: int, unit: int) -> int:
    """How far it is from a whole number of units."""
    return abs((distance + unit // 2) % unit - unit // 2)


def _bridged(samples: Int16Array, unit: int) -> Int16Array:
    """Fill each gap with the frame before it, fading."""
    mended = samples.copy()
    fading: dict[int, npt.NDArray[np.float64]] = {}
    for start, end in _idle(samples, unit - _SLACK_SAMPLES):
        length = end - start
        before = mended[max(start - length, 0) : start]
        if before.size == length <= 10 * unit:
            if length not in fading:
                fading[length] = np.linspace(1, 0.3, length)
            mended[start:end] = before[::-1] * fading[length]
    return mended


def _idle(samples: Int16Array, least: int) -> Iterator[Run]:
    """Where nothing is heard; a few samples of each such place are looked at first."""
    step = max(least // 3, 1)
    for first, last in runs(_is_idle(samples[::step]), 2):
        at = max((first - 1) * step, 0)
        for start, end in runs(_is_idle(samples[at : last * step]), least):
            yield at + start, at + end


def _is_idle(samples: Int16Array) -> npt.NDArray[np.bool_]:
    return np.asarray((samples <= _IDLE) & (samples >= -_IDLE))
