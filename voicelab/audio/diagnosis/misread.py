"""Bytes read in a wrong way: the right way makes sound of them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

import numpy as np

from voicelab.audio.diagnosis.continuous import compress
from voicelab.audio.diagnosis.finding import Finding, Repair
from voicelab.audio.diagnosis.frames import runs
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.diagnosis.levels import piles
from voicelab.audio.diagnosis.likeness import likeness_db, prediction_gain_db
from voicelab.audio.diagnosis.rereading import OF_L16, Rereading, rereadings, share_on
from voicelab.audio.diagnosis.slips import is_in_step, likeliest
from voicelab.audio.samples import Int16Array

_LEAST_DB: Final = {
    # Where the levels leave no other way of reading, the sound need only not speak against it.
    "mulaw-as-pcm8": -3.0,
    "mulaw-as-pcm16": -1.0,
    "read the bytes as L16": -4.0,
    "read the bytes as big-endian L16": -4.0,
    "double-encoded": -40.0,
    "mulaw-as-alaw": 0.15,
    "alaw-as-mulaw": 0.15,
}
_LEAST_DB_ELSE: Final = 0.6
_LOUD: Final = 20.0
_FEWEST: Final = 1600
_STILL: Final = 15
_NEXT: Final = 4
_HELD: Final = 80
_IDLES: Final = 0.25
_PILE: Final = 2.2
_MOST: Final = 75
_EVEN: Final = 16_384.0
_NEAR: Final = 0.1
_SHARE: Final = 0.25
_CROWDED: Final = 0.22  # of an eighth of all levels; one in eight is even
_OTHER_LAW: Final = ("mulaw-as-alaw", "alaw-as-mulaw")
"""They bend the wave: it goes on worse from sample to sample, on the companded scale or on its own.

What is cut off seems bent too; but few samples pile up by another law.
"""
_CUT_PILE: Final = 3.0
_CUT_SHARE: Final = 0.05
_ON_A_LAW: Final = 0.99
_FEWEST_LEVELS: Final = 24
_GOES_ON_DB: Final = {"bits-inverted": 0.5, "double-encoded": 0.05}


@dataclass(frozen=True, slots=True)
class _Score:
    reading: Rereading
    better: int
    """Seconds that sound more like speech."""
    best: float
    total: float


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
            read = reading.read(window)
            gains[reading].append(likeness_db(read) - before_db)
            if reading.fault in _OTHER_LAW:
                gains[reading][-1] += _goes_on_db(read) - _goes_on_db(window)
    ranked = sorted(
        (
            _Score(reading, sum(gain > 0 for gain in row), max(row), sum(row) - least * len(row))
            for reading, row in gains.items()
            if max(row) > (least := _least_db(reading))
        ),
        key=lambda score: -score.total,
    )
    ranked = [score for score in ranked if score.total > 0]
    if not ranked:
        return []
    first = ranked[0].reading
    if first.fault == "bits-inverted" and _piled(np.concatenate(windows)):
        return []
    if first.fault in _OTHER_LAW and _is_cut(heard):
        return []
    coded = _on_a_law(windows) if first in OF_L16 else ()
    if first in OF_L16 and not coded and (is_in_step(heard) or _is_cut(heard)):
        return []
    if first.fault == "mulaw-as-pcm8" and _is_sound(windows, list(gains)):
        return []
    if _is_noise(windows, first.fault, list(gains)):
        return [_noise()]
    if first in OF_L16:  # any of these has the high bytes right
        best = likeliest(np.concatenate(windows), coded or OF_L16)
        ranked.sort(key=lambda score: score.reading is not best)
    found: dict[str, Finding] = {}
    for score in ranked:
        reading = score.reading
        behind = max(ranked[0].total - score.total, 0.0)
        found.setdefault(
            reading.fault,
            Finding(
                reading.fault,
                max(0.05, 0.97 - 0.5 * (score is not ranked[0]) - behind / 50),
                _evidence(score, len(windows)),
                _reread(reading),
            ),
        )
    return list(found.values())


def _least_db(reading: Rereading) -> float:
    return _LEAST_DB.get(reading.fault, _LEAST_DB.get(reading.way, _LEAST_DB_ELSE))


def _evidence(score: _Score, seconds: int) -> str:
    if not score.better:
        return f"{score.reading.way}: the levels that are used leave no other way"
    return (
        f"{score.reading.way}, and {score.better} of {seconds} seconds sound more like speech, "
        f"by up to {score.best:.1f} dB"
    )


def _piled(samples: Int16Array) -> bool:
    """Whether it is clipped, not inverted: more samples stand at the outermost level than near it.

    Inverted, the outermost levels are the quietest ones, and neighbours among them are used alike,
    but where it idles: there hardly any other is used.
    """
    size = np.abs(samples.astype(np.int32))
    blocks = size[: size.size // _HELD * _HELD].reshape(-1, _HELD)
    idle = (blocks == size.max(initial=0)).mean(axis=1) > _IDLES
    sizes, counts = np.unique(blocks[~idle], return_counts=True)
    if len(sizes) <= _NEXT or sizes[-1] < size.max():
        return False
    return bool(counts[-1] > _PILE * counts[-1 - _NEXT : -1].mean())


def _is_cut(heard: Heard) -> bool:
    ratio, count, _ = max(piles(heard), default=(0.0, 0, 0))
    return ratio > _CUT_PILE and count > _CUT_SHARE * heard.sample_of().size


def _on_a_law(windows: list[Int16Array]) -> tuple[Rereading, ...]:
    """Readings as 16-bit samples that give levels of G.711, which is no chance."""
    samples = np.concatenate(windows)
    found = []
    for reading in OF_L16:
        read = reading.read(samples)
        share = max(share_on(read, law) for law in ("mulaw", "alaw"))
        if share > _ON_A_LAW and np.unique(read).size > _FEWEST_LEVELS:
            found.append(reading)
    return tuple(found)


def _is_noise(windows: list[Int16Array], fault: str, readings: list[Rereading]) -> bool:
    """Whether all levels are alike, and what is read goes on from sample to sample no better.

    So sound the low bytes of 16-bit samples: swapped before a G.711 encoder, nothing else is left.
    """
    least_db = _GOES_ON_DB.get(fault)
    loud = [w for w in windows if np.abs(w.astype(np.int32)).mean() > (1 - _NEAR) * _EVEN]
    level = max((float(np.abs(w.astype(np.int32)).mean()) for w in loud), default=0.0)
    if least_db is None or len(loud) < _SHARE * len(windows) or level > (1 + _NEAR) * _EVEN:
        return False
    sizes = np.abs(np.concatenate(loud).astype(np.int32))
    if np.bincount(sizes >> 12, minlength=8).max() > _CROWDED * sizes.size:
        return False
    as_heard = [_goes_on_companded_db(window) for window in loud]
    return all(
        np.percentile([_goes_on_companded_db(reading.read(w)) for w in loud], _MOST)
        < least_db + np.percentile(as_heard, _MOST)
        for reading in readings
        if reading.fault == fault
    )


def _is_sound(windows: list[Int16Array], readings: list[Rereading]) -> bool:
    """Whether it goes on better as heard than in any way of reading it: samples of 8 bits are few.

    Levels that lie far apart are used unevenly in either case; that says nothing here.
    """
    as_heard = np.median([_goes_on_db(window) for window in windows])
    return all(
        np.median([_goes_on_db(reading.read(window)) for window in windows]) < as_heard
        for reading in readings
    )


def _goes_on_db(samples: Int16Array) -> float:
    return prediction_gain_db(samples.astype(np.float64))


def _goes_on_companded_db(samples: Int16Array) -> float:
    return prediction_gain_db(compress(samples / 32768.0))


def _noise() -> Finding:
    return Finding(
        "unknown",
        0.8,
        "it is noise in which every level is as common as another, and it goes on like sound in no "
        "known way of reading it; swapped bytes that went through G.711 sound so",
    )


def _busy(window: Int16Array) -> Int16Array:
    """Leave out where nothing moves: idle samples read well in any way."""
    moving = np.ones(window.size, np.bool_)
    for start, end in runs(np.diff(window) == 0, _STILL):
        moving[start : end + 1] = False
    return window[moving]


def _reread(reading: Rereading) -> Repair:
    def repair(heard: Heard) -> tuple[Int16Array, int]:
        return reading.read(heard.samples), heard.rate_hz

    return repair
