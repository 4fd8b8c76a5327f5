"""The likeliest sequence of delays through the hops of a stretch: Viterbi's algorithm."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

import numpy as np

from voicelab.audio.compare.correlation import Floats, Lags
from voicelab.audio.compare.hops import EQUAL, SAME, Doubles, Sides, Stretch

_USUAL_COST = np.float32(8.0)
_RARE_COST = np.float32(25.0)
_CELLS = 4096


def paths(stretches: Sequence[Stretch], usual: Doubles, sides: Sides) -> list[Lags]:
    """Which of its delays holds at each hop of each stretch.

    A step costs as much as it is rare, as a negative logarithm.

    Parameters
    ----------
    stretches : sequence of Stretch
    usual : ndarray of float
        Steps that are seen again and again, in samples.
    sides : Sides
    """
    found: list[Lags] = [np.zeros(0, np.int64)] * len(stretches)
    order = sorted(range(len(stretches)), key=lambda k: stretches[k].left.shape)
    batch: list[int] = []
    for k, following in zip_longest(order, order[1:]):
        batch.append(k)
        if following is None or len(batch) * len(stretches[following].delays) >= _CELLS:
            together = _together([stretches[each] for each in batch], usual, sides)
            for each, path in zip(batch, together.T, strict=True):
                found[each] = path[: len(stretches[each].begins)]
            batch = []
    return found


def _together(stretches: Sequence[Stretch], usual: Doubles, sides: Sides) -> Lags:
    """Go through several stretches at once; shape (hops, stretches)."""
    rows = len(stretches)
    hops = max(len(s.begins) for s in stretches)
    most = max(len(s.delays) for s in stretches) + 1
    cost = np.ones((hops, most, rows), np.float32)
    held = np.full((most, rows), np.nan)
    for row, stretch in enumerate(stretches):
        count = len(stretch.delays)
        cost[: len(stretch.begins), :count, row] = stretch.left
        cost[:, count:, row] = np.inf
        held[:count, row] = stretch.delays
    cost += np.float32(sides.hop * sides.least)
    np.log(cost, out=cost)
    cost *= np.float32(0.5 * sides.hop)  # in natural units: noise of unknown level
    cost -= cost.min(axis=1, keepdims=True)
    first, last = (np.array([s.held[k] for s in stretches]) for k in (0, -1))
    begin, end = (_RARE_COST * (np.abs(held - each) >= SAME) for each in (first, last))
    before = np.full((len(usual), most, rows), most - 1)
    for u, step in enumerate(usual):
        of, into, which = np.nonzero(np.abs(held[None, :] - held[:, None] - step) < EQUAL)
        before[u, into, which] = of
    return _cheapest(cost, before, begin, end)


def _cheapest(cost: Floats, before: Lags, begin: Floats, end: Floats) -> Lags:
    """The cheapest path of each row; what it costs up to each hop is left in `cost`.

    Parameters
    ----------
    cost : ndarray of float, shape (hops, delays, rows)
    before : ndarray of int, shape (usual steps, delays, rows)
        From which delay a usual step leads to each; the last one is none.
    begin, end : ndarray of float, shape (delays, rows)
    """
    hops, delays, rows = cost.shape
    every = np.arange(rows)
    usual = (before * rows + every).reshape(-1, delays * rows)
    cost = cost.reshape(hops, -1)
    cost[0] += begin.ravel()
    rare = np.empty((hops, rows), np.float32)
    for last, this, anyway in zip(cost, cost[1:], rare, strict=False):
        np.add(last.reshape(-1, rows).min(axis=0), _RARE_COST, out=anyway)
        least = np.minimum(last.reshape(-1, rows), anyway).ravel()
        for place in usual:
            np.minimum(least, last.take(place) + _USUAL_COST, out=least)
        this += least
    path = np.empty((hops, rows), np.int64)
    path[-1] = (cost[-1] + end.ravel()).reshape(-1, rows).argmin(axis=0) * rows + every
    come = np.empty((1 + len(usual), rows), np.int64)
    for h in range(hops - 1, 0, -1):
        last = cost[h - 1]
        come[0] = path[h]
        usual.take(path[h], axis=1, out=come[1:], mode="clip")
        costs = last.take(come)
        costs[1:] += _USUAL_COST
        best = costs.argmin(axis=0) * rows + every
        path[h - 1] = come.take(best)
        rarer = np.flatnonzero(rare[h - 1] < costs.take(best))
        if len(rarer):
            path[h - 1, rarer] = last.reshape(-1, rows)[:, rarer].argmin(axis=0) * rows + rarer
    return np.asarray(path // rows)
