"""Where exactly the delay steps, to the sample."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from voicelab.audio.compare.correlation import Floats, Lags
from voicelab.audio.compare.hops import SAME, Doubles, Sides

_MARGIN_HOPS = 2
_SHORT_HOPS = 3
_LONG_HOPS = 100
_HELD_HOPS = 3000
_LIKELY_COST = 14.0
_UNLIKELY_COST = 50.0
_CHUNK = 1 << 16
_MOSTLY = 0.5
_ALIKE = 0.5
_CODEC = 0.002
_TINY = 1e-9


class Run(NamedTuple):
    """Hops that follow each other at one delay.

    Attributes
    ----------
    begin, end : int
        Samples of the recording; where exactly the delay steps lies between this end and the next
        begin, or a little beside it.
    delay : float
    """

    begin: int
    end: int
    delay: float


def runs(begins: Lags, ends: Lags, delays: Doubles) -> list[Run]:
    """Join hops of one delay."""
    first = np.flatnonzero(np.abs(np.diff(delays, prepend=np.inf)) >= SAME)
    last = np.append(first[1:], len(delays)) - 1
    return [
        Run(int(begins[i]), int(ends[j]), float(delays[i]))
        for i, j in zip(first, last, strict=True)
    ]


def without_needless(sides: Sides, found: list[Run], usual: Doubles) -> list[Run]:
    """Leave out runs that are no steps of the time.

    A hop may lie on both sides of a step and look like a third delay. A steady sound fits itself a
    period apart. And earlier sound may stand instead of what is lost, after which the old delay
    holds.
    """
    kept: list[Run] = []
    often = usual.tolist()
    for k, run in enumerate(found):
        before, after = kept[-1] if kept else None, found[k + 1] if k + 1 < len(found) else None
        if before and abs(run.delay - before.delay) < SAME:
            kept[-1] = Run(before.begin, run.end, before.delay)
        elif _needless(sides, before, run, after, often):
            continue
        else:
            kept.append(run)
    return kept


def _needless(
    sides: Sides, before: Run | None, run: Run, after: Run | None, usual: list[float]
) -> bool:
    most = _LONG_HOPS * sides.hop
    if before is None and after is None:
        return False
    if (before is None or after is None) and _holds(sides, run, before is None):
        return False
    if before is None:
        run = Run(max(run.begin, run.end - most), run.end, run.delay)
    elif after is None:
        run = Run(run.begin, min(run.end, run.begin + most), run.delay)
    length = run.end - run.begin
    steps = [run.delay - before.delay] if before else []
    steps += [after.delay - run.delay] if after else []
    likely = [any(abs(each - step) < SAME for each in usual) for step in steps]
    if before and after and abs(after.delay - before.delay) < SAME:
        instead = run.delay - before.delay >= length - _MARGIN_HOPS * sides.hop
        if instead or (length <= _SHORT_HOPS * sides.hop and not all(likely)):
            return True
    least = _SHORT_HOPS * sides.hop if before and after and any(likely) else most
    return length <= least and not _needed(sides, before, run, after, all(likely))


def cuts(sides: Sides, found: list[Run]) -> Iterator[tuple[int, int]]:
    """For each step the end of the one delay and the beginning of the next.

    The one ends where both together differ least from the reference. What was put in lies between.
    """
    begin = 0
    for _, parts in groupby(_changes(sides, list(_parts(sides, found))), lambda each: each[0].step):
        best, least, total, put_in = -1, 0.0, 0.0, 0
        for part, change in parts:
            low, put_in = max(part.begin, begin), part.put_in
            best = low if best < 0 else best
            more = change[low - part.begin :]
            if not len(more):
                continue
            top = len(more) - 1 - int(more[::-1].argmin())  # said twice: the second was put in
            if total + more[top] - more[0] <= least:
                best, least = low + top, float(total + more[top] - more[0])
            total += float(more[-1] - more[0])
        begin = min(best + put_in, len(sides.rec))
        yield best, begin


class _Part(NamedTuple):
    """A part of where a step may lie, and the delays before and after it."""

    step: int
    begin: int
    end: int
    delay: float
    then: float
    put_in: int


def _parts(sides: Sides, found: list[Run]) -> Iterator[_Part]:
    margin = _MARGIN_HOPS * sides.hop
    begins, ends, delays = np.array(found).T
    put_in = np.maximum(np.rint(np.diff(delays)), 0)
    low = np.maximum(ends[:-1] - margin - put_in, begins[:-1])
    high = np.minimum(begins[1:] + margin + put_in, np.maximum(ends[1:], low))
    high = np.maximum(np.minimum(high, len(sides.rec)) - put_in, low)
    where = np.array((low, high, put_in), np.int64).T.tolist()
    for k, (first, last, more) in enumerate(where):
        for begin in range(first, max(last, first + 1), _CHUNK):
            end = min(begin + _CHUNK, last)
            yield _Part(k, begin, end, found[k].delay, found[k + 1].delay, more)


def _changes(sides: Sides, parts: list[_Part]) -> Iterator[tuple[_Part, Doubles]]:
    """By how much more the old delay leaves than the new one, up to each sample and to the end."""
    hops = [-(-(part.end - part.begin) // sides.hop) for part in parts]
    until = np.cumsum(hops)
    step, gain, at = -1, 1.0, 0
    while at < len(parts):
        after = int(np.searchsorted(until, until[at] + _CHUNK // sides.hop, "right"))
        some, counts = parts[at:after], hops[at:after]
        of = np.repeat(np.arange(len(some)), counts)
        begins = np.concatenate([np.arange(each.begin, each.end, sides.hop) for each in some])
        delays, thens, put_in = np.array(some)[of, 3:].T
        later = begins + put_in.astype(np.int64)
        heard, said = sides.heard_hops(begins), sides.said_hops(begins, delays)
        heard_later, said_later = sides.heard_hops(later), sides.said_hops(later, thens)
        energies = np.hstack((_energies(heard, said), _energies(heard_later, said_later)))
        gains = _gains(sides, energies, np.tile(of, 2), len(some))
        if some[0].step == step:
            gains[0] = gain  # that of the step's first part
        step, gain = some[-1].step, float(gains[-1])
        by = gains.astype(np.float32)[of, None]
        change = np.square(heard - by * said) - np.square(heard_later - by * said_later)
        sums = np.append(0.0, np.cumsum(change, dtype=np.float64))
        firsts = sides.hop * (np.cumsum(counts) - counts)
        for part, first in zip(some, firsts.tolist(), strict=True):
            yield part, sums[first : first + part.end - part.begin + 1]
        at = after


def _energies(heard: Floats, said: Floats) -> Doubles:
    """Of each hop what both have in common, and the energies of the reference and the recording."""
    pairs = (heard, said), (said, said), (heard, heard)
    return np.array([np.einsum("ij,ij->i", *each) for each in pairs], np.float64)


def _gains(sides: Sides, energies: Doubles, of: Lags, count: int) -> Doubles:
    """How much louder than the reference each of some pieces is, with its sign: where it is alike.

    A pause that was put in, beside what is said in the reference, is no change of level.

    Parameters
    ----------
    sides : Sides
    energies : ndarray of float, shape (3, h)
        Of all hops.
    of : ndarray of int, shape (h,)
        Of which piece each hop is.
    count : int
        Of pieces.
    """
    product, energy, power = sides.sign * energies[0], energies[1], energies[2]
    total, whole = np.bincount(of, product, count), np.bincount(of, energy, count)
    gains = np.where(total > 0, total / np.maximum(whole, _TINY), 1.0)
    alike = np.flatnonzero((product > 0) & (product**2 >= _ALIKE * energy * power))
    each = product[alike] / energy[alike]
    order = np.lexsort((each, of[alike]))
    weights = np.append(0.0, np.cumsum(power[alike][order]))
    bounds = np.searchsorted(of[alike][order], np.arange(count + 1))
    middles = np.searchsorted(weights, (weights[bounds[1:]] + weights[bounds[:-1]]) / 2) - 1
    known = np.diff(bounds) > 0
    gains[known] = each[order][middles[known]]
    return np.asarray(sides.sign * gains)


def _gain(sides: Sides, heard: Floats, said: Floats) -> np.float32:
    """How much louder than the reference one piece is."""
    edges = np.arange(0, len(heard), sides.hop)
    if not len(edges):
        return np.float32(sides.sign)
    pairs = (heard * said, said * said, heard * heard)
    energies = np.array([np.add.reduceat(each, edges, dtype=np.float64) for each in pairs])
    return np.float32(_gains(sides, energies, np.zeros(len(edges), np.int64), 1)[0])


def _needed(sides: Sides, before: Run | None, run: Run, after: Run | None, likely: bool) -> bool:
    """Whether a step, then another, explains much better what is heard than one step does.

    Unlikely steps have to leave no more of it than noise.
    """
    margin = _MARGIN_HOPS * sides.hop
    low = max(run.begin - margin, before.begin) if before else run.begin
    high = min(run.end + margin, after.end) if after else run.end
    heard, inside = sides.heard(low, high), slice(run.begin - low, run.end - low)
    said = [sides.said(low, high, (each or run).delay) for each in (before, run, after)]
    gain = _gain(sides, heard[inside], said[1][inside])
    told = _told(sides, heard)
    rest = [np.square(heard - gain * each) * told for each in said]
    one, two, three = (np.cumsum(each, dtype=np.float64) for each in rest)
    later = three[-1] - three if after else np.append(np.full(high - low - 1, np.inf), 0.0)
    sooner = one - two if before else np.append(0.0, np.full(high - low - 1, np.inf)) - two[0]
    until = int((np.minimum.accumulate(sooner) + two + later).argmin())
    since = int(sooner[: until + 1].argmin())
    through = float(sooner[since] + two[until] + later[until])
    direct = float((one + later).min()) if before else float(three[-1])
    part = slice(since, until + 1)
    if not likely and not _explained(sides, rest[1][part], np.square(heard[part])):
        return False
    length = high - low
    floor = length * sides.least + _CODEC * float(np.dot(heard, heard))
    return 0.5 * length * float(np.log((direct + floor) / (through + floor))) > (
        _LIKELY_COST if likely else _UNLIKELY_COST
    )


def _told(sides: Sides, heard: Floats) -> npt.NDArray[np.bool_]:
    """Where something is heard: silence, in a pause or instead of what is lost, tells no delay."""
    width = sides.hop // 2 + 1
    around = np.convolve(np.square(heard), np.ones(width, np.float32), "same")
    return np.asarray(around > width * sides.least)


def _holds(sides: Sides, run: Run, ends: bool) -> bool:
    """Whether the reference explains a second or more of a run at either end of the recording.

    Only its part toward the step is looked at, half a minute at most; there other sound may lie.
    """
    most = _HELD_HOPS * sides.hop
    low = max(run.begin, run.end - most) if ends else run.begin
    high = run.end if ends else min(run.end, run.begin + most)
    if high - low < _LONG_HOPS * sides.hop:
        return False
    heard, said = sides.heard(low, high), sides.said(low, high, run.delay)
    rest = np.square(heard - _gain(sides, heard, said) * said)
    by_hop, told = _explained_hops(sides, rest, np.square(heard))
    return int(np.count_nonzero(told & by_hop)) >= _LONG_HOPS


def _explained(sides: Sides, left: Floats, power: Floats) -> bool:
    """Whether noise and a codec leave so much of at least half of the hops."""
    return bool(_explained_hops(sides, left, power)[0].mean() >= _MOSTLY)


def _explained_hops(
    sides: Sides, left: Floats, power: Floats
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Of each hop whether noise and a codec leave so much of it, and whether anything is heard."""
    edges = np.arange(0, len(left), sides.hop)
    lengths = np.minimum(sides.hop, len(left) - edges)
    energy = np.add.reduceat(power, edges)
    told = energy > lengths * sides.least
    return sides.explained(np.add.reduceat(left, edges), energy, lengths), told
