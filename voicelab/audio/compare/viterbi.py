"""The likeliest sequence of delays through the hops of a stretch: Viterbi's algorithm."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from voicelab.audio.compare.correlation import Floats, Lags
from voicelab.audio.compare.hops import EQUAL, SAME, Doubles, Sides, Stretch

_USUAL_COST = 8.0
_RARE_COST = 25.0
_BATCH = 256


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
    order = sorted(range(len(stretches)), key=lambda k: stretches[k].left.shape[::-1])
    for at in range(0, len(order), _BATCH):
        batch = order[at : at + _BATCH]
        together = _together([stretches[k] for k in batch], usual, sides)
        for k, path in zip(batch, together.T, strict=True):
            found[k] = path[: len(stretches[k].begins)]
    return found


def _together(stretches: Sequence[Stretch], usual: Doubles, sides: Sides) -> Lags:
    """Go through several stretches at once; shape (hops, stretches)."""
    rows = len(stretches)
    hops = max(len(s.begins) for s in stretches)
    most = max(len(s.delays) for s in stretches) + 1
    cost = np.ones((hops, rows, most), np.float32)
    held = np.full((rows, most), np.nan)
    for row, stretch in enumerate(stretches):
        count = len(stretch.delays)
        cost[: len(stretch.begins), row, :count] = stretch.left
        cost[:, row, count:] = np.inf
        held[row, :count] = stretch.delays
    cost += np.float32(sides.hop * sides.least)
    np.log(cost, out=cost)
    cost *= np.float32(0.5 * sides.hop)  # in natural units: noise of unknown level
    cost -= cost.min(axis=2, keepdims=True)
    first, last = (np.array([[s.held[k]] for s in stretches]) for k in (0, -1))
    begin, end = (np.float32(_RARE_COST) * (np.abs(held - each) >= SAME) for each in (first, last))
    before = np.full((len(usual), rows, most), most - 1)
    for u, step in enumerate(usual):
        which, of, into = np.nonzero(np.abs(held[:, None, :] - held[:, :, None] - step) < EQUAL)
        before[u, which, into] = of
    return _cheapest(cost, before, begin, end)


def _cheapest(cost: Floats, before: Lags, begin: Floats, end: Floats) -> Lags:
    """The cheapest path of each row.

    Parameters
    ----------
    cost : ndarray of float, shape (hops, rows, delays)
    before : ndarray of int, shape (usual steps, rows, delays)
        From which delay a usual step leads to each; the last one is none.
    begin, end : ndarray of float, shape (rows, delays)
    """
    hops, rows, delays = cost.shape
    every = np.arange(rows)
    flat = before + delays * every[:, None]
    came = np.empty(cost.shape, np.int16)
    stay = np.broadcast_to(np.arange(delays), (rows, delays))
    total = begin + cost[0]
    for h in range(1, hops):
        best = total.argmin(axis=1)
        step = (total[every, best] + np.float32(_RARE_COST))[:, None]
        chosen = np.where(total <= step, stay, best[:, None])
        cheapest = np.minimum(total, step)
        for back, index in zip(before, flat, strict=True):
            way = total.take(index) + np.float32(_USUAL_COST)
            better = way < cheapest
            chosen = np.where(better, back, chosen)
            cheapest = np.where(better, way, cheapest)
        came[h] = chosen
        total = cheapest + cost[h]
    path = np.empty((hops, rows), np.int64)
    path[-1] = (total + end).argmin(axis=1)
    for h in range(hops - 1, 0, -1):
        path[h - 1] = came[h, every, path[h]]
    return path
