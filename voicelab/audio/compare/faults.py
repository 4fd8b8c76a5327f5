"""What went wrong on the time axis: gaps, repeats, insertions, and audio left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np

from voicelab.audio.compare.alignment import Alignment
from voicelab.audio.compare.frames import Frames
from voicelab.audio.samples import Int16Array

Kind = Literal["gap", "repeat", "other", "swap", "insertion", "skip"]

_SILENT = 0.02
BROKEN = 0.35
"""Sound is another one where so much of what should be there differs."""
EXPLAINED, IMPROVED = 0.06, 0.25
"""Sound lies where so much of it is left over, and so much of what is at its own place."""
_ENOUGH = 50
_AUDIBLE = 0.2
_TWICE = 0.9
_LONGEST_REPEAT_S = 0.12
_STEP_S = 0.01
_LEAST_STEP_SAMPLES = 0.5
NEAREST_ZERO = 16
"""A-law's silence is 8, and dither is a step or two."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong at one place of the recording.

    Attributes
    ----------
    kind : {"gap", "repeat", "other", "swap", "insertion", "skip"}
        Silence where there should be sound; sound that came before instead of what was due; other
        sound than was due; frames out of order; something put in, so that all that follows comes
        late; something left out, so that all that follows comes early.
    begin_s : float
        In the recording.
    length_s : float
        Of the fault; of what is missing for a skip, which has no length in the recording.
    detail : str
        Of what an insertion is made: ``silence``, ``repeat`` or ``sound``.
    """

    kind: Kind
    begin_s: float
    length_s: float
    detail: str = ""

    @property
    def at_s(self) -> float:
        """The same as `begin_s`, by its name in the JSON."""
        return self.begin_s

    @property
    def length_ms(self) -> float:
        """Its length in milliseconds."""
        return 1000 * self.length_s

    def as_json(self) -> dict[str, Any]:
        """``kind``, ``at_s``, ``length_ms`` and ``detail``."""
        return {
            "kind": self.kind,
            "at_s": round(self.at_s, 6),
            "length_ms": round(self.length_ms, 3),
            "detail": self.detail,
        }

    @property
    def end_s(self) -> float:
        """Where in the recording it ends."""
        return self.begin_s + (0.0 if self.kind == "skip" else self.length_s)


def faults(rec: Int16Array, alignment: Alignment, measured: Frames) -> tuple[Fault, ...]:
    """Find all faults, in the order of time."""
    found = [*_steps(rec, alignment), *_stretches(rec, alignment, measured)]
    return tuple(sorted(found, key=lambda fault: fault.begin_s))


def _steps(rec: Int16Array, alignment: Alignment) -> Iterator[Fault]:
    rate_hz = alignment.rate_hz
    for before, after in pairwise(alignment.segments):
        step = after.lag - before.lag
        if abs(step) < _LEAST_STEP_SAMPLES:
            continue
        length_s = abs(step) / rate_hz
        if step < 0:
            yield Fault("skip", before.end / rate_hz, length_s)
        else:
            detail = _nature(rec, before.end, after.begin, rate_hz)
            yield Fault("insertion", before.end / rate_hz, length_s, detail)


def _stretches(rec: Int16Array, alignment: Alignment, measured: Frames) -> Iterator[Fault]:
    """Runs of frames that differ more from the reference than the rest of the recording does."""
    active = measured.active
    if not active.any():
        return
    noise = float(np.median(measured.error[active]))
    floor = measured.size * NEAREST_ZERO**2
    unlike = active & (measured.error > BROKEN * measured.said)
    loud_noise = _loud_noise(measured)
    broken = unlike & (measured.error > max(6 * noise, loud_noise))
    nothing = max(floor, 3 * noise, loud_noise)  # nothing but noise is heard
    silent = measured.still < np.maximum(_SILENT * measured.said, nothing)
    broken |= unlike & (measured.still <= floor) & (measured.said + noise > 4 * floor)
    joins = (measured.still <= floor) & (measured.said > measured.still)
    rate_hz, size = alignment.rate_hz, measured.size
    for first, last in _runs(broken, measured.begins, size):
        begin, end = int(measured.begins[first]), int(measured.begins[last]) + size
        if 2 * np.count_nonzero(silent[first : last + 1]) >= last + 1 - first:
            while first and joins[first - 1] and _next(measured, first - 1):
                first -= 1
            while last + 1 < len(joins) and joins[last + 1] and _next(measured, last):
                last += 1
            begin, end = int(measured.begins[first]), int(measured.begins[last]) + size
            begin, end = _edges_of_silence(rec, begin, end, size, measured.offset)
            yield Fault("gap", begin / rate_hz, (end - begin) / rate_hz)
            continue
        part = slice(first, last + 1)
        allowed = max(EXPLAINED * float(measured.heard[part].sum()), 4 * noise * (last + 1 - first))
        allowed = min(allowed, IMPROVED * float(measured.error[part].sum()))
        period = _period(rec, begin, end, rate_hz, allowed)
        if period:
            begin, end = _edges_of_repeat(rec, begin, end, period, size)
            yield Fault("repeat", begin / rate_hz, (end - begin) / rate_hz)
        elif last > first and _foreign(measured, first, last):
            yield Fault("other", begin / rate_hz, (end - begin) / rate_hz)


def _loud_noise(measured: Frames) -> float:
    """What is seldom exceeded where nobody speaks: noise is not always as loud as it mostly is."""
    pauses = measured.error[~measured.active]
    return 2 * float(np.percentile(pauses, 98)) if len(pauses) >= _ENOUGH else 0.0


def _foreign(measured: Frames, first: int, last: int) -> bool:
    """Whether it is other sound, as loud as speech.

    Where a filter took part of the sound away, less is left over than was said; and a moment of
    louder noise is no other sound.
    """
    error, said = (column[first : last + 1] for column in (measured.error, measured.said))
    loud = float(measured.said[measured.active].mean())
    return bool(error.sum() > max(said.sum(), _AUDIBLE * loud * len(error)))


def _next(measured: Frames, k: int) -> bool:
    return bool(measured.begins[k + 1] - measured.begins[k] == measured.size)


def _runs(
    flags: np.typing.NDArray[np.bool_], begins: np.typing.NDArray[np.int64], size: int
) -> Iterator[tuple[int, int]]:
    """First and last of flagged frames that follow each other, a single miss between allowed."""
    which = np.flatnonzero(flags)
    apart = (np.diff(which) > 2) | (np.diff(begins[which]) > 2 * size)
    first, last = (np.ones(len(which), np.bool_) for _ in range(2))
    first[1:] = last[:-1] = apart
    yield from zip(which[first].tolist(), which[last].tolist(), strict=True)


def _edges_of_silence(
    rec: Int16Array, begin: int, end: int, size: int, offset: float
) -> tuple[int, int]:
    low, high = max(begin - size, 0), min(end + size, len(rec))
    around = np.abs(rec[low:high] - np.float32(offset))
    inside = np.sort(around[begin - low : end - low])
    twice = float(inside[(len(inside) - 1) // 2] + inside[len(inside) // 2])
    level = max(NEAREST_ZERO, 1.5 * twice)  # three medians; np.median takes ten times as long
    first, last = _edges(around > level, (begin + end) // 2 - low, low)
    if last - first < size:
        return begin, end
    return first, last


def _edges(other: np.typing.NDArray[np.bool_], middle: int, low: int) -> tuple[int, int]:
    """From where to where around its middle nothing is other, counted from `low` on."""
    before, after = other[:middle].nonzero()[0], other[middle:].nonzero()[0]
    first = int(before[-1]) + 1 if len(before) else 0
    last = middle + int(after[0]) if len(after) else len(other)
    return low + first, low + last


def _period(rec: Int16Array, begin: int, end: int, rate_hz: int, allowed: float) -> int:
    """How far back the same sound was, in samples; 0 where it was not.

    `allowed` is the energy that may be left over between both.
    """
    step = round(_STEP_S * rate_hz)
    heard = rec[begin:end].astype(np.float64)
    power = float((heard**2).sum())
    least, period = allowed, 0
    for back in range(step, round(_LONGEST_REPEAT_S * rate_hz) + 1, step):
        if back > begin:
            break
        earlier = rec[begin - back : end - back].astype(np.float64)
        product = max(float((heard * earlier).sum()), 0.0)
        left = power - product**2 / max(float((earlier**2).sum()), 1.0)
        if left < least:
            least, period = left, back
    return period


def _edges_of_repeat(
    rec: Int16Array, begin: int, end: int, period: int, size: int
) -> tuple[int, int]:
    low, high = max(begin - 2 * size, period), min(end + 2 * size, len(rec))
    now = rec[low:high].astype(np.int32)
    different = now != rec[low - period : high - period]
    first, last = _edges(different, (begin + end) // 2 - low, low)
    return (first, last) if last - first >= size else (begin, end)


def _nature(rec: Int16Array, begin: int, end: int, rate_hz: int) -> str:
    if end <= begin:
        return "sound"
    if int(np.abs(rec[begin:end].astype(np.int32)).max()) <= NEAREST_ZERO:
        return "silence"
    length = end - begin
    if begin >= length and end + length <= len(rec):
        now = rec[begin:end]
        twice = (now == rec[begin - length : begin]) | (now == rec[end : end + length])
        if twice.mean() > _TWICE:
            return "repeat"
    power = float((rec[begin:end].astype(np.float64) ** 2).sum())
    return "repeat" if _period(rec, begin, end, rate_hz, EXPLAINED * power) else "sound"
