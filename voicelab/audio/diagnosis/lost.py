"""Frames that never came: silence of whole frames with hard edges, in the middle of sound."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from voicelab.audio.diagnosis.finding import Finding
from voicelab.audio.diagnosis.frames import runs
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.samples import Int16Array

_IDLE: Final = 8
_UNIT_MS: Final = 10
_LONGEST_MS: Final = 1000
_SLACK_SAMPLES: Final = 4
_EDGE: Final = 0.35
_LOUD: Final = 100.0


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
