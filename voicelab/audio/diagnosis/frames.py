"""Frames that never came, and frames that came twice."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from voicelab.audio.diagnosis.finding import Finding
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.samples import Int16Array

FRAMES_MS: Final = (10, 20, 30, 40, 50, 60, 80, 100)
_IDLE: Final = 8
_UNIT_MS: Final = 10
_LONGEST_MS: Final = 1000
_SLACK_SAMPLES: Final = 4
_EDGE: Final = 0.35
_LOUD: Final = 100.0
_FEWEST_VALUES: Final = 20

_Bools = npt.NDArray[np.bool_]
_Run = tuple[int, int]


def find_lost(heard: Heard) -> list[Finding]:
    """Silence of whole frames with hard edges, in the middle of sound."""
    unit = heard.rate_hz * _UNIT_MS // 1000
    hard, certain, lengths = 0, 0, []
    for stretch in heard.stretches():
        wide = stretch.astype(np.float64)
        for start, end in runs(np.abs(wide) <= _IDLE, unit - _SLACK_SAMPLES):
            length = end - start
            off = length % unit
            if length * 1000 > _LONGEST_MS * heard.rate_hz or unit - 2 > off > _SLACK_SAMPLES:
                continue
            if len({*stretch[start + 2 : end - 2].tolist()}) > 2:
                continue
            edges = _hard_edge(wide, start - 1, -1, unit) + _hard_edge(wide, end, 1, unit)
            hard += edges > 0
            certain += edges == 2
            if edges:
                lengths.append(round(length / unit) * _UNIT_MS)
    if not certain and hard < 4:
        return []
    return [
        Finding(
            "packet-loss",
            min(0.99, 0.75 + 0.05 * hard + 0.05 * certain),
            f"sound breaks off into silence {hard} times, for whole frames: "
            f"{', '.join(f'{length} ms' for length in sorted(set(lengths))[:4])}",
            lambda heard: (_bridged(heard.samples, unit), heard.rate_hz),
        )
    ]


def _hard_edge(wide: npt.NDArray[np.float64], at: int, way: int, unit: int) -> bool:
    """Whether sound at `at` stops as if cut off."""
    span = wide[max(at - unit + 1, 0) : at + 1] if way < 0 else wide[at : at + unit]
    if span.size < unit // 2:
        return False
    level = float(np.sqrt(np.mean(span**2)))
    return level > _LOUD and abs(float(wide[at])) > _EDGE * level


def _bridged(samples: Int16Array, unit: int) -> Int16Array:
    """Fill each gap with the frame before it, fading."""
    mended = samples.copy()
    for start, end in runs(np.abs(samples.astype(np.int32)) <= _IDLE, unit - _SLACK_SAMPLES):
        length = end - start
        before = mended[max(start - length, 0) : start]
        if before.size == length <= 10 * unit:
            mended[start:end] = before[::-1] * np.linspace(1, 0.3, length)
    return mended


def find_repeats(heard: Heard) -> list[Finding]:
    """Frames that equal the one before, sample by sample."""
    best: tuple[int, int] = (0, 0)
    for frame_ms in FRAMES_MS:
        length = heard.rate_hz * frame_ms // 1000
        count = sum(len(_copies(stretch, length)) for stretch in heard.stretches())
        best = max(best, (count, frame_ms))
    count, frame_ms = best
    if not count:
        return []
    return [
        Finding(
            "repeats",
            min(0.99, 0.9 + 0.02 * count),
            f"{count} frames of {frame_ms} ms equal the one before, sample by sample",
            lambda heard: (
                _without_copies(heard.samples, heard.rate_hz * frame_ms // 1000),
                heard.rate_hz,
            ),
        )
    ]


def _copies(samples: Int16Array, length: int) -> list[_Run]:
    return [
        (start, end)
        for start, end in runs(samples[length:] == samples[:-length], round(0.95 * length))
        if len({*samples[start:end].tolist()}) >= _FEWEST_VALUES
    ]


def _without_copies(samples: Int16Array, length: int) -> Int16Array:
    """Leave copies out where the sound then goes on more smoothly; elsewhere time was kept."""
    wide = samples.astype(np.float64)
    drop = np.zeros(samples.size, np.bool_)
    better = 0
    for start, end in _copies(samples, length):
        at = start + length
        after = min(end + length, samples.size - 1)
        better += 1 if abs(wide[after] - wide[after - 1]) < 0.3 * np.std(wide[start:at]) else -1
        drop[at : at + length] = True
    return samples[~drop] if better > 0 else samples


def runs(marks: _Bools, least: int) -> list[_Run]:
    """Where marks stand in a row, `least` of them or more; start and end of each."""
    edges = np.flatnonzero(np.diff(marks.astype(np.int8), prepend=0, append=0))
    starts, ends = edges[0::2], edges[1::2]
    long = ends - starts >= least
    return list(zip(starts[long].tolist(), ends[long].tolist(), strict=True))
