"""Following the lag through a recording, block by block."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from voicelab.audio.compare.correlation import Floats, Lags, best_lags, candidates, likeness, pieces
from voicelab.audio.samples import Int16Array

BLOCK_S = 0.256
LEAST_LIKENESS = 0.6
"""A block that is less like the reference than this says nothing about the lag."""

_AT_ONCE = 16
_SEARCH_S = 4.0
_EARLY_S = 20.0
_NEAR_S = 3.0
_FAR_S = 10.0
_ACTIVE = 0.03
_QUIETEST = 4.0
_LOST_AFTER = 4
_FITS = 0.5
_WIDE_TRIES = 3
_PATIENCE = 3


@dataclass(slots=True)
class Track:
    """Blocks whose place in the reference is known, in the order of time.

    Attributes
    ----------
    starts, lags : ndarray of int, shape (k,)
    likeness : ndarray of float, shape (k,)
    sizes : ndarray of int, shape (k,)
        Samples in each block.
    """

    starts: Lags
    lags: Lags
    likeness: Floats
    sizes: Lags

    def with_blocks(self, starts: Lags, lags: Lags, likeness: Floats, size: int) -> Track:
        """The track with more blocks, by the order of their middles."""
        every = np.concatenate((self.starts, starts))
        sizes = np.concatenate((self.sizes, np.full(len(starts), size)))
        order = np.argsort(every + sizes // 2, kind="stable")
        return Track(
            every[order],
            np.concatenate((self.lags, lags))[order],
            np.concatenate((self.likeness, likeness))[order],
            sizes[order],
        )


@dataclass(slots=True)
class _Tracker:
    rec: Int16Array
    ref: Int16Array
    rate_hz: int
    block: int
    starts: Lags = field(init=False)
    active: npt.NDArray[np.bool_] = field(init=False)
    loud: npt.NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        self.starts = np.arange(0, max(len(self.rec) - self.block, 0) + 1, self.block)
        self.loud = np.array(
            [np.std(self.rec[s : s + self.block].astype(np.float32)) for s in self.starts]
        )
        high = float(np.percentile(self.loud, 95))
        self.active = self.loud > max(_ACTIVE * high, _QUIETEST)

    def first_lag(self) -> tuple[int, int] | None:
        """The lag of the first loud stretch that is found, near 0 if possible, and its block."""
        span = max(1, round(_SEARCH_S / BLOCK_S))
        every = np.flatnonzero(self.active)
        parts = [every[: round(_EARLY_S / BLOCK_S)], *np.array_split(every, min(6, len(every)))]
        loudest = [int(part[self.loud[part].argmax()]) for part in parts]
        near = int(_NEAR_S * self.rate_hz)
        everywhere = (-len(self.ref), len(self.rec))
        for lags, tries in (((-near, near), loudest), (everywhere, loudest[:_WIDE_TRIES])):
            for k in tries:
                found = self.look(max(k - span // 2, 0), span, lags)
                if found is not None:
                    return found, k
        return None

    def look(self, k: int, span: int, lags: tuple[int, int]) -> int | None:
        """Look for the blocks from k on between two lags; None where no place holds up."""
        begin = int(self.starts[k])
        length = min(span * self.block, len(self.rec) - begin)
        chosen = np.arange(k, min(k + span, len(self.starts)))
        chosen = chosen[self.active[chosen]]
        if not len(chosen):
            return None
        best, most = None, 0
        for lag in candidates(self.rec, self.ref, begin, length, lags, self.rate_hz):
            places, like = self.measure(chosen, np.full(len(chosen), lag))
            sure = places[np.abs(like) > LEAST_LIKENESS]
            agreeing = int((np.abs(np.diff(sure)) <= 2).sum())
            if agreeing > most:
                best, most = int(np.median(sure)), agreeing
            elif best is None and self._fits(begin, length, lag):
                best = lag
            if agreeing > len(chosen) // 2:
                break
        return best

    def _fits(self, begin: int, length: int, lag: int) -> bool:
        heard = pieces(self.rec, [begin], length)
        said = pieces(self.ref, [begin - lag], length)
        return abs(float(likeness(heard, said)[0])) > _FITS

    def measure(self, which: Lags, lags: Lags) -> tuple[Lags, Floats]:
        return best_lags(self.rec, self.ref, self.starts[which], lags, self.block, self.rate_hz)

    def follow(self, lag: int, origin: int) -> Track:
        """Go through all blocks, on and back from one whose lag is known."""
        lags = np.zeros(len(self.starts), np.int64)
        like = np.zeros(len(self.starts), np.float32)
        every = np.arange(len(self.starts))
        for way in (every[origin:], every[:origin][::-1]):
            self._walk(way, lag, lags, like)
        known = np.flatnonzero(np.abs(like) > LEAST_LIKENESS)
        sizes = np.full(len(known), self.block)
        return Track(self.starts[known], lags[known], like[known], sizes)

    def _walk(self, way: Lags, lag: int, lags: Lags, like: Floats) -> None:
        at, misses, tried, trend = 0, 0, -1, 0.0
        while at < len(way):
            which = way[at : at + _AT_ONCE]
            ahead = np.flatnonzero(self.active[which])
            at += _AT_ONCE
            which = which[ahead]
            if not len(which):
                continue
            guesses = lag + np.rint(trend * ahead).astype(np.int64)
            lags[which], like[which] = self.measure(which, guesses)
            self._again(which, lags, like, lag)
            sure = np.flatnonzero(np.abs(like[which]) > LEAST_LIKENESS)
            lost = which[sure[-1] + 1 :] if len(sure) else which
            if len(sure):
                if abs(which[sure[-1]] - which[sure[0]]) >= _AT_ONCE // 2:
                    gained = lags[which[sure[-1]]] - lags[which[sure[0]]]
                    trend = float(gained / abs(which[sure[-1]] - which[sure[0]]))
                lag, misses = int(lags[which[sure[-1]]]), 0
            if len(lost) >= _LOST_AFTER and lost[0] != tried:
                misses, tried = misses + 1, int(lost[0])
                if misses > _PATIENCE and misses % _AT_ONCE:
                    continue
                found = self._again_near(int(lost.min()), lag)
                if found is not None and abs(found - lag) > self.block // 4:
                    lag, at = found, int(np.flatnonzero(way == lost[0])[0])

    def _again_near(self, k: int, lag: int) -> int | None:
        for reach_s in (_NEAR_S, _FAR_S):
            reach = int(reach_s * self.rate_hz)
            found = self.look(k, _AT_ONCE, (lag - reach, lag + reach))
            if found is not None:
                return found
        return None

    def _again(self, which: Lags, lags: Lags, like: Floats, lag: int) -> None:
        """Measure what was not found once more, from where the block before it was."""
        guesses = np.empty(len(which), np.int64)
        for i, k in enumerate(which):
            if abs(like[k]) > LEAST_LIKENESS:
                lag = int(lags[k])
            guesses[i] = lag
        bad = np.abs(like[which]) <= LEAST_LIKENESS
        bad &= np.abs(guesses - guesses[0]) > self.block // 8
        if bad.any():
            again = which[bad]
            lags[again], like[again] = self.measure(again, guesses[bad])


def track(rec: Int16Array, ref: Int16Array, rate_hz: int) -> Track | None:
    """Follow the lag of a recording; None where the reference is not in it.

    Parameters
    ----------
    rec, ref : ndarray of int16, shape (n,) and (m,)
        At the same rate.
    rate_hz : int
    """
    block = int(min(BLOCK_S * rate_hz, len(rec), len(ref))) // 2 * 2
    if block < rate_hz // 50:
        return None
    tracker = _Tracker(rec, ref, rate_hz, block)
    if not tracker.active.any():
        return None
    first = tracker.first_lag()
    if first is None:
        return None
    found = tracker.follow(*first)
    return found if len(found.starts) else None
