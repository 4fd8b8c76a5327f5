"""Over which delays a recording goes where its blocks disagree.

Blocks of a quarter of a second tell which delays there are; several steps may lie in one of them.
So hops of 10 ms are laid on the reference at each delay that is seen nearby. The energy that is
left over at one, as a share of that at another, says how much likelier the one is. Steps that are
seen again and again (whole frames, mostly) are likely elsewhere too. Where no delay explains what
is heard, one is looked for around, and the path is sought once more.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft

from voicelab.audio.compare.correlation import Lags, center, pieces, windows
from voicelab.audio.compare.hops import (
    EQUAL,
    HOP_S,
    SAME,
    Doubles,
    Sides,
    Stretch,
    distinct,
    measure,
)
from voicelab.audio.compare.viterbi import paths

_ROUNDS = 2
_REACH_S = 0.08
_WINDOW_HOPS = 3
_MOST_WINDOWS = 48
_PEAKS = 2
_MOST_NEW = 8
_LEAST_FIT = 0.3
_OFTEN = 3
_OFTEN_SHARE = 0.08
_MOST_BETWEEN = 12
_MOST_USUAL = 3


def likeliest(sides: Sides, stretches: Sequence[Stretch], usual: Doubles) -> list[Doubles]:
    """The delay of each hop of each stretch.

    Parameters
    ----------
    sides : Sides
    stretches : sequence of Stretch
        More delays are let be possible in them.
    usual : ndarray of float
        Steps that are seen again and again.
    """
    measure(sides, stretches, [_between(stretch, usual) for stretch in stretches])
    found = paths(stretches, usual, sides)
    unsettled: Sequence[int] = range(len(stretches))
    for _ in range(_ROUNDS):
        odd = _odd(sides, [stretches[k] for k in unsettled], [found[k] for k in unsettled])
        more = {
            k: _searched(sides, stretches[k], found[k], hops, usual)
            for k, hops in zip(unsettled, odd, strict=True)
            if len(hops) > 1
        }
        unsettled = [k for k, delays in more.items() if len(delays)]
        changed = [stretches[k] for k in unsettled]
        measure(sides, changed, [more[k] for k in unsettled])
        for k, path in zip(unsettled, paths(changed, usual, sides), strict=True):
            found[k] = path
    return [stretch.delays[path] for stretch, path in zip(stretches, found, strict=True)]


def usual_steps(delays: Doubles) -> Doubles:
    """Steps from block to block that are seen again and again: whole frames, mostly."""
    steps = np.rint(np.diff(delays)).astype(np.int64)
    steps = steps[np.abs(steps) >= SAME]
    values, counts = np.unique(steps, return_counts=True)
    often = counts >= max(_OFTEN, _OFTEN_SHARE * len(steps))
    return values[often].astype(np.float64)


def _between(stretch: Stretch, usual: Doubles) -> Doubles:
    """The delays of the blocks, and those that lie several usual steps between two of them."""
    more = [stretch.held]
    for delay, then in pairwise(stretch.held.tolist()):
        for step in usual.tolist():
            if (then - delay) / step >= 1.5:
                count = min(int((then - delay) / step + 0.1), _MOST_BETWEEN)
                more.append(delay + step * np.arange(1, count + 1))
    return distinct(np.concatenate(more))


def _odd(sides: Sides, stretches: Sequence[Stretch], found: Sequence[Lags]) -> list[Lags]:
    """Which hops of each stretch differ more from the reference than noise makes them."""
    left = [s.left[np.arange(len(path)), path] for s, path in zip(stretches, found, strict=True)]
    if not left:
        return []
    power = np.concatenate([stretch.power for stretch in stretches])
    odd = np.flatnonzero(~sides.explained(np.concatenate(left), power, sides.hop))
    ends = np.cumsum([len(hops) for hops in left])
    parts = np.split(odd, np.searchsorted(odd, ends[:-1]))
    return [part - end + len(hops) for part, end, hops in zip(parts, ends, left, strict=True)]


def _searched(sides: Sides, stretch: Stretch, path: Lags, odd: Lags, usual: Doubles) -> Doubles:
    """New delays that would explain better the odd hops, which the path does not explain."""
    bounds = np.flatnonzero(odd[1:] - odd[:-1] > 1)
    if len(bounds) == len(odd) - 1:  # in one hop alone the delay steps
        return np.empty(0)
    firsts, lasts = odd[np.append(0, bounds + 1)], odd[np.append(bounds, -1)]
    held = stretch.delays[path]
    more = []
    for k in np.flatnonzero(lasts > firsts):
        first, last = max(int(firsts[k]) - 1, 0), min(int(lasts[k]) + 1, len(path) - 1)
        begins = stretch.begins[first:last]
        begins = begins[:: -(-len(begins) // _MOST_WINDOWS)]
        more.append(_fitting(sides, begins, held[first], held[last]))
        for n in range(1, _MOST_USUAL + 1 if len(usual) else 1):
            more += [held[first] + n * usual, held[last] - n * usual]
    if not more:
        return np.empty(0)
    delays = distinct(np.concatenate(more))
    apart = np.abs(delays[:, None] - stretch.delays)
    return np.asarray(delays[apart.min(axis=1) >= EQUAL])


def _fitting(sides: Sides, begins: Lags, delay: float, then: float) -> Doubles:
    """The delays at which short windows fit best, not far from two."""
    reach = round(_REACH_S / HOP_S) * sides.hop
    length = _WINDOW_HOPS * sides.hop
    early, late = reach + max(0, round(then - delay)), reach + max(0, round(delay - then))
    begin, end = int(begins[0]), int(begins[-1]) + length
    heard = pieces(sides.heard(begin, end), begins - begin, length)
    center(heard)
    nearby = sides.said(begin - early, end + late, delay)
    said = pieces(nearby, begins - begin, length + early + late)
    size = next_fast_len(said.shape[1], real=True)
    product = irfft(rfft(said, size) * rfft(heard, size).conj(), size)[:, : early + late + 1]
    whole = np.append(np.float32(0), nearby)
    total, squares = (np.cumsum(each, dtype=np.float64) for each in (whole, whole * whole))
    mean = (total[length:] - total[:-length]) / length
    every = squares[length:] - squares[:-length] - length * mean**2
    energy = windows(every.astype(np.float32), early + late + 1)[begins - begin]
    power = np.einsum("ij,ij->i", heard, heard)[:, None]
    fit = np.maximum(sides.sign * product, 0) ** 2 / np.maximum(energy * power, 1.0)
    best = np.zeros(fit.shape[1])
    for _ in range(_PEAKS):
        top = fit.argmax(axis=1)[:, None]
        peak = np.take_along_axis(fit, top, axis=1)
        np.add.at(best, top[peak >= _LEAST_FIT], peak[peak >= _LEAST_FIT])
        around = np.clip(top + np.arange(-4, 5), 0, fit.shape[1] - 1)
        np.put_along_axis(fit, around, 0, axis=1)
    fitting = np.flatnonzero(best)
    kept = fitting[np.argsort(-best[fitting], kind="stable")[:_MOST_NEW]]
    return np.asarray(delay + early - kept, np.float64)
