"""Frames that are out of order: each lies in the reference where the other should.

Sound that is due later stands before sound that was due: no loss, no repeat and no second sound
does so. It is looked for only where faults were found between two parts of one delay.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from voicelab.audio.compare.alignment import Alignment
from voicelab.audio.compare.faults import BROKEN, EXPLAINED, IMPROVED, NEAREST_ZERO, Fault
from voicelab.audio.compare.frames import Doubles, Frames
from voicelab.audio.samples import Int16Array

_FRAMES_MS: Final = (10, 20, 30, 40, 60)
_ORDERS: Final[tuple[tuple[int, ...], ...]] = ((1, -1), (1, 1, -2), (2, -1, -1), (2, 0, -2))
"""By how many frames each frame of a group is due later; two change places, or one comes late."""
_FARTHEST: Final = 2
_NEAR_S: Final = 0.06
"""Faults so close to each other may be of one group."""
_LONGEST_S: Final = 1.0
"""Where a step lies in a pause, so far from the frames that it is of, its place is free."""
_SAME_S: Final = 1e-4
_TELLING: Final = frozenset(("other", "insertion", "skip"))


def reordered(
    rec: Int16Array,
    ref: Int16Array,
    alignment: Alignment,
    measured: Frames,
    found: Sequence[Fault],
) -> tuple[Fault, ...]:
    """Name what is out of order so, instead of as other sound, or as left out and put in.

    Parameters
    ----------
    rec, ref : ndarray of int16, shape (n,) and (m,)
    alignment : Alignment
    measured : Frames
    found : sequence of Fault
        In the order of time.
    """
    groups = list(_together(found))
    telling = [any(fault.kind in _TELLING for fault in near) for near in groups]
    named: dict[int, list[Fault]] = {}
    for which in (True, False):  # a loss is looked at only where others are out of order
        for k, near in enumerate(groups):
            if telling[k] is which:
                named[k] = _named(rec, ref, alignment, measured, near)
        if not any(fault.kind == "swap" for near in named.values() for fault in near):
            return tuple(found)
    every = [fault for near in named.values() for fault in near]
    return tuple(sorted(every, key=lambda fault: fault.begin_s))


def _together(found: Sequence[Fault]) -> Iterator[list[Fault]]:
    """Faults near each other, and those between steps that undo each other."""
    near: list[Fault] = []
    late_s = 0.0
    for fault in found:
        apart_s = fault.begin_s - max(each.end_s for each in near) if near else 0.0
        if apart_s > (_NEAR_S if abs(late_s) < _SAME_S else _LONGEST_S):
            yield near
            near, late_s = [], 0.0
        near.append(fault)
        late_s += {"insertion": 1, "skip": -1}.get(fault.kind, 0) * fault.length_s
    if near:
        yield near


def _named(
    rec: Int16Array,
    ref: Int16Array,
    alignment: Alignment,
    measured: Frames,
    near: list[Fault],
) -> list[Fault]:
    """The same faults, or what is out of order instead of those that are no more than that."""
    rate_hz = alignment.rate_hz
    margin = round(_NEAR_S * rate_hz)
    begin, end = (round(s * rate_hz) for s in (near[0].begin_s, max(f.end_s for f in near)))
    before, after = alignment.at(max(begin - 1, 0)), alignment.at(end + margin)
    if abs(before.lag - after.lag) > _SAME_S * rate_hz or end - begin > _LONGEST_S * rate_hz:
        return near
    low, high = max(begin - margin, 0), min(end + margin, len(rec))
    reach = _FARTHEST * max(_FRAMES_MS) * rate_hz // 1000
    heard = rec[low:high].astype(np.float64) - measured.offset
    place = replace(before, begin=low - reach, end=high + reach)
    told = alignment.reference(ref, place, place.begin, place.end) * measured.gain
    said = told.astype(np.float64)
    active = measured.active
    noise = float(np.median(measured.error[active])) / measured.size if active.any() else 0.0
    groups = [
        group for ms in _FRAMES_MS for group in _groups(heard, said, ms * rate_hz // 1000, noise)
    ]
    taken = np.zeros(high - low, np.bool_)
    swaps = []
    for _, at, length in sorted(groups, reverse=True):
        if not taken[at : at + length].any():
            taken[at : at + length] = True
            swaps.append(Fault("swap", (low + at) / rate_hz, length / rate_hz))
    if not swaps:
        return near
    left = (heard - said[reach:-reach])[~taken]
    most = max(EXPLAINED * float((heard[~taken] ** 2).sum()), 4 * noise * len(left))
    if float((left**2).sum()) <= most:
        return swaps
    spans = _spans(swaps, measured.size / rate_hz)
    return [fault for fault in near if not _within(fault, spans)] + swaps


def _spans(swaps: list[Fault], slack_s: float) -> list[tuple[float, float]]:
    """From where to where frames are out of order, a little more on both sides."""
    spans: list[tuple[float, float]] = []
    for swap in sorted(swaps, key=lambda fault: fault.begin_s):
        begin_s, end_s = swap.begin_s - slack_s, swap.end_s + slack_s
        if spans and begin_s <= spans[-1][1]:
            begin_s = spans.pop()[0]
        spans.append((begin_s, end_s))
    return spans


def _within(fault: Fault, spans: list[tuple[float, float]]) -> bool:
    """Whether a fault is only what frames that are out of order look like."""
    return any(begin_s <= fault.begin_s and fault.end_s <= end_s for begin_s, end_s in spans)


def _groups(
    heard: Doubles, said: Doubles, frame: int, noise: float
) -> Iterator[tuple[float, int, int]]:
    """How much each order explains where it explains most, the first sample, and how many."""
    count = len(heard) - frame + 1
    if count <= frame:
        return
    reach = (len(said) - len(heard)) // 2
    here_said = said[reach : reach + len(heard)]
    own = _left(heard, said, reach, frame)
    most = np.maximum(EXPLAINED * _sums(heard**2, frame), 4 * noise * frame)
    most = np.minimum(most, IMPROVED * own)
    left = {
        late: _left(heard, said, reach + late * frame, frame)
        for late in range(-_FARTHEST, _FARTHEST + 1)
    }
    for order in _ORDERS:
        room = count - (len(order) - 1) * frame
        if room <= 0:
            continue
        length = len(order) * frame
        unlike = _left(heard, said, reach, length)
        fits = unlike > np.maximum(BROKEN * _sums(here_said**2, length), length * NEAREST_ZERO**2)
        gain = np.zeros(room)
        for n, late in enumerate(order):
            if late:
                here = slice(n * frame, n * frame + room)
                fits &= left[late][here] <= most[here]
                gain += own[here] - left[late][here]
        while fits.any():
            at = int(np.where(fits, gain, -np.inf).argmax())
            yield float(gain[at]), at, length
            fits[max(at - length + 1, 0) : at + length] = False


def _left(heard: Doubles, said: Doubles, at: int, frame: int) -> Doubles:
    """What the reference from one sample on leaves of each stretch of a frame's length."""
    return _sums((heard - said[at : at + len(heard)]) ** 2, frame)


def _sums(values: Doubles, length: int) -> npt.NDArray[np.float64]:
    sums = np.concatenate(([0.0], np.cumsum(values)))
    return np.asarray(sums[length:] - sums[:-length])
