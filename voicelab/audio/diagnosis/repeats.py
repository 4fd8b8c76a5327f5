"""Frames that came twice: each equals the one before it, sample by sample."""

from __future__ import annotations

from typing import Final

import numpy as np

from voicelab.audio.diagnosis.finding import Finding
from voicelab.audio.diagnosis.frames import FRAMES_MS, Run, runs
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.diagnosis.lines import without_lines
from voicelab.audio.samples import Int16Array

_FEWEST_VALUES: Final = 20
_MOST_FRAMES: Final = 10
_SAME: Final = 0.9
_NOT_HUM: Final = 0.5


def find_repeats(heard: Heard) -> list[Finding]:
    """Frames that equal the one before, sample by sample."""
    best: tuple[int, int] = (0, 0)
    for frame_ms in FRAMES_MS:
        length = heard.rate_hz * frame_ms // 1000
        count = sum(_count(stretch, length, heard.rate_hz) for stretch in heard.stretches())
        best = max(best, (count, frame_ms))
    count, frame_ms = best
    if not count:
        return []
    return [
        Finding(
            "repeats",
            min(0.99, 0.9 + 0.02 * count),
            f"{count} frame{'s' * (count > 1)} of {frame_ms} ms equal{'s' * (count == 1)} the one "
            "before, sample by sample",
            lambda heard: (
                _without_copies(heard.samples, heard.rate_hz * frame_ms // 1000),
                heard.rate_hz,
            ),
        )
    ]


def _count(samples: Int16Array, length: int, rate_hz: int) -> int:
    """How many frames come again, but for the hum of the mains, which does so all the time."""
    copies = _copies(samples, length)
    if not copies:
        return 0
    left = without_lines(samples, rate_hz)
    return sum(
        float((left[start:end] ** 2).mean())
        > _NOT_HUM * float((samples[start:end].astype(np.float64) ** 2).mean())
        for start, end in copies
    )


def _copies(samples: Int16Array, length: int) -> list[Run]:
    """Where frames come again; a sound that repeats itself for longer is a tone."""
    slack = max(length // 20, 2)
    return [
        (start, end)
        for start, end in runs(samples[length:] == samples[:-length], length - slack)
        if abs((end - start + length // 2) % length - length // 2) <= slack
        and end - start <= _MOST_FRAMES * length + slack
        and len({*samples[start:end].tolist()}) >= _FEWEST_VALUES
        and not _is_steady(samples, start, length)
    ]


def _is_steady(samples: Int16Array, start: int, length: int) -> bool:
    """Whether it repeats itself within a frame as well: a hum or a tone."""
    frame = samples[start : start + length]
    return any(
        float((frame[lag:] == frame[:-lag]).mean()) > _SAME
        for lag in range(length // 10, length - length // 5)
    )


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
