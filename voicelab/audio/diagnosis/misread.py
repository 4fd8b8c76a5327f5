"""Bytes read in a wrong way: the right way makes sound of them."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

import numpy as np

from voicelab.audio.diagnosis.finding import Finding, Repair
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.diagnosis.likeness import likeness_db
from voicelab.audio.diagnosis.rereading import Rereading, rereadings
from voicelab.audio.samples import Int16Array

_LEAST_DB: Final = {
    # Where the levels leave no other way of reading, the sound need only not speak against it.
    "mulaw-as-pcm8": -3.0,
    "mulaw-as-pcm16": -1.0,
    "linear-as-mulaw": -0.5,
    "double-encoded": -40.0,
    "mulaw-as-alaw": 0.05,
    "alaw-as-mulaw": 0.1,
}
_LEAST_DB_ELSE: Final = 0.6
_CLOSE_DB: Final = 0.4
_LOUD: Final = 20.0
_FEWEST: Final = 1600
_BLOCK: Final = 16


def find_misread(heard: Heard) -> list[Finding]:
    """Read each window again in each way it allows, and listen which sounds better."""
    gains: dict[Rereading, list[float]] = defaultdict(list)
    windows = [
        window
        for window in map(_busy, heard.windows())
        if window.size >= min(_FEWEST, heard.samples.size // 2)
        and float(np.abs(window.astype(np.int32)).mean()) > _LOUD
    ]
    for window in windows:
        before_db = likeness_db(window)
        for reading in rereadings(window):
            gains[reading].append(likeness_db(reading.read(window)) - before_db)
    scores = {
        reading: (float(np.sum([gain - least for gain in row if gain > least])), len(row), max(row))
        for reading, row in gains.items()
        if max(row) > (least := _LEAST_DB.get(reading.fault, _LEAST_DB_ELSE))
    }
    ranked = sorted(scores.items(), key=lambda item: item[1][0], reverse=True)
    if _is_close(ranked):
        looked = np.concatenate(windows)
        ranked[:2] = sorted(ranked[:2], key=lambda item: -_tilt(item[0].read(looked)))
    found: dict[str, Finding] = {}
    for reading, (total, count, best) in ranked:
        behind = max(ranked[0][1][0] - total, 0.0)
        found.setdefault(
            reading.fault,
            Finding(
                reading.fault,
                max(0.05, 0.97 - 0.5 * (reading is not ranked[0][0]) - behind / 50),
                f"{reading.way}, and {count} of {len(windows)} seconds sound "
                f"up to {best:.1f} dB more like speech",
                _reread(reading),
            ),
        )
    return list(found.values())


def _is_close(ranked: list[tuple[Rereading, tuple[float, int, float]]]) -> bool:
    """Whether swapping and moving on by a byte sound alike: either way the outline is right."""
    if {reading.fault for reading, _ in ranked[:2]} != {"l16-byte-order", "odd-byte-slip"}:
        return False
    (first, count, _), (second, _, _) = ranked[0][1], ranked[1][1]
    return first - second < _CLOSE_DB * count


def _tilt(samples: Int16Array) -> float:
    """How much a low byte leans towards zero: only where it belongs to its high byte it does."""
    low = (samples.view(np.uint16) & 0xFF).astype(np.float64)
    below = samples < 0
    if below.all() or not below.any():
        return 0.0
    return float(low[below].mean() - low[~below].mean())


def _busy(window: Int16Array) -> Int16Array:
    """Leave out where nothing moves: idle samples read well in any way."""
    blocks = window[: window.size // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
    moving: Int16Array = blocks[blocks.min(axis=1) != blocks.max(axis=1)].reshape(-1)
    return moving


def _reread(reading: Rereading) -> Repair:
    def repair(heard: Heard) -> tuple[Int16Array, int]:
        return reading.read(heard.samples), heard.rate_hz

    return repair
