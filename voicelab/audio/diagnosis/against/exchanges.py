"""Frames that changed places: each is the reference of the other's time.

One frame under noise may be like any other. But where frames changed places, sound that was due
later stands beside sound that was due before, and both are told better in each other's place. A
frame that was put in for a lost one has no such counterpart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from voicelab.audio.diagnosis.against.laid import Laid
from voicelab.audio.diagnosis.against.reference import Floats
from voicelab.audio.diagnosis.frames import FRAMES_MS

_ORDERS: Final[tuple[tuple[int, ...], ...]] = ((1, -1), (1, 1, -2), (2, -1, -1), (2, 0, -2))
"""How many frames later than its place each frame of a group was due."""
_FREE: Final = 0.2
"""Independent samples a sample: what the reference does not tell goes on from sample to sample."""
_EXPLAINED: Final = 0.55
_LEAST_NATS: Final = 3.0
_PRICE: Final = 6.0
_BLOCK_S: Final = 0.01


@dataclass(frozen=True)
class Exchanges:
    """Frames of one length that changed places.

    Attributes
    ----------
    frame : int
        Samples.
    groups : int
    nats : float
        That speak for it, over what it takes to look everywhere.
    pieces : list of (int, int, int)
        Begin, end, and how much earlier the sound was due; negative for sound that was due later.
    """

    frame: int
    groups: int
    nats: float
    pieces: list[tuple[int, int, int]]


def exchanged(parts: list[Laid]) -> Exchanges:
    """Look for frames that changed places, at every usual length, from any sample on."""
    whitened = [part.whitened() for part in parts]
    return max(
        (_of_length(parts, whitened, ms * parts[0].rate_hz // 1000) for ms in FRAMES_MS),
        key=lambda found: found.nats,
    )


def _of_length(parts: list[Laid], whitened: list[tuple[Floats, Floats]], frame: int) -> Exchanges:
    pieces: list[tuple[int, int, int]] = []
    groups, total = 0, 0.0
    for part, (heard, told) in zip(parts, whitened, strict=True):
        for at, order, nats in _groups(part, heard, told, frame):
            groups += 1
            total += nats
            for n, late in enumerate(order):
                begin = part.begin + at + n * frame
                pieces += [(begin, begin + frame, -late * frame)] * bool(late)
    return Exchanges(frame, groups, total, pieces)


def _groups(
    part: Laid, heard: Floats, told: Floats, frame: int
) -> list[tuple[int, tuple[int, ...], float]]:
    """First sample, order and nats of each group, none over another; the surest first."""
    if heard.size < 4 * frame:
        return []
    usual = _usual(part, heard - told) * frame
    own = _sums(heard**2, frame)
    as_told = _sums((heard - told) ** 2, frame)
    gains = {}
    for late in (-2, -1, 1, 2):
        left = _sums((heard - np.roll(told, -late * frame)) ** 2, frame)
        nats = 0.5 * _FREE * frame * np.log((as_told + usual) / (left + usual))
        explained = left - usual < _EXPLAINED * np.maximum(own - usual, 0.0)
        gains[late] = np.where(explained & (nats > _LEAST_NATS), nats, -np.inf)
    known = _sums(part.known.astype(np.float64), frame) > frame - 0.5
    found = []
    for order in _ORDERS:
        count = known.size - (len(order) - 1) * frame
        if count <= 0:
            continue
        total = np.full(count, -_PRICE)
        for n, late in enumerate(order):
            here = slice(n * frame, n * frame + count)
            total += np.where(known[here], gains[late][here] if late else 0.0, -np.inf)
        found += [(float(total[at]), int(at), order) for at in np.flatnonzero(total > 0)]
    found.sort(reverse=True)
    taken = np.zeros(heard.size + 1, np.bool_)
    chosen = []
    for gain, at, order in found:
        last = at + len(order) * frame
        if not taken[at:last].any():
            taken[at:last] = True
            chosen.append((at, order, gain))
    return chosen


def _usual(part: Laid, rest: Floats) -> float:
    """Power of what the reference does not tell, in most places."""
    length = round(_BLOCK_S * part.rate_hz)
    starts = part.blocks(length)
    if not starts.size:
        return 1.0
    powers = (rest[starts[:, None] + np.arange(length)] ** 2).mean(axis=1)
    return float(np.median(powers)) + 1.0


def _sums(values: Floats, length: int) -> Floats:
    """Sum of so many values from each place on."""
    sums = np.concatenate(([0.0], np.cumsum(values)))
    return np.asarray(sums[length:] - sums[:-length])
