"""Following the lag through a recording, block by block."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from voicelab.audio.compare.correlation import (
    Floats,
    Lags,
    best_lags,
    candidates,
    center,
    held_lags,
    keep_memory,
    likeness,
    pieces,
)
from voicelab.audio.samples import Int16Array

BLOCK_S = 0.256
"""How long a block is that is looked for in the reference."""
LEAST_LIKENESS = 0.6
"""A block that is less like the reference than this says nothing about the lag."""

_HELD = 0.98
"""A block so much alike where it was expected is not looked for elsewhere: a steady vowel fits
itself a pitch period apart, but no quarter of a second of speech does so well. Blocks that are
shorter may: whoever asks for them judges the whole."""
_MOST_NOISE = 0.05
"""The part of a block's power that noise may have beside that."""
_LEAST_AGREEING = 0.35
_FASTEST = 300e-6
_AT_ONCE = 16
_SEARCH_S = 4.0
_EARLY_S = 20.0
_NEAR_S = 3.0
_FAR_S = 10.0
_ACTIVE = 0.03
_QUIETEST = 4.0
_LOST_AFTER = 4
_STEEPEST = 4
_LEARNT = 0.25
_FILLS = 4
_FILLED = 8
_SOUGHT = 8
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
    block : int
        Samples in a block.
    missed : ndarray of int, shape (m,)
        Starts of blocks with sound in them that were not found.
    """

    starts: Lags
    lags: Lags
    likeness: Floats
    block: int
    missed: Lags

    @property
    def middles(self) -> npt.NDArray[np.float64]:
        """Samples of the recording."""
        return np.asarray(self.starts + self.block / 2, np.float64)


@dataclass(slots=True)
class _Tracker:
    rec: Int16Array
    ref: Int16Array
    rate_hz: int
    block: int
    starts: Lags = field(init=False)
    active: npt.NDArray[np.bool_] = field(init=False)
    loud: npt.NDArray[np.float64] = field(init=False)
    floor: float = field(init=False)
    tried: Lags = field(init=False)  # guesses: four rows, from which each block was searched

    def __post_init__(self) -> None:
        self.starts = np.arange(0, max(len(self.rec) - self.block, 0) + 1, self.block)
        self.loud = np.empty(len(self.starts))
        for at in range(0, len(self.starts), 4 * _AT_ONCE):
            heard = pieces(self.rec, self.starts[at : at + 4 * _AT_ONCE], self.block)
            center(heard)
            power = np.einsum("ij,ij->i", heard, heard) / self.block
            self.loud[at : at + 4 * _AT_ONCE] = np.sqrt(power)
        self.tried = np.full((4, len(self.starts)), np.iinfo(np.int64).max // 2)
        high = float(np.percentile(self.loud, 95))
        self.floor = float(np.percentile(self.loud, 5))
        self.active = self.loud > max(_ACTIVE * high, _QUIETEST)

    def first_lag(self) -> tuple[int, int] | None:
        """The lag of the first loud stretch that is found, near 0 if possible, and its block."""
        span = max(1, round(_SEARCH_S * self.rate_hz / self.block))
        every = np.flatnonzero(self.active)
        early = every[: round(_EARLY_S * self.rate_hz / self.block)]
        parts = [early, *np.array_split(every, min(6, len(every)))]
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

    def held(self, which: Lags, lags: Lags) -> tuple[Lags, Floats, bool]:
        """Measure blocks, and search only where the guess is not as good as a lag can be.

        Says too whether that was so for many of them.
        """
        begins = self.starts[which]
        places, like, between = held_lags(self.rec, self.ref, begins, lags, self.block)
        noise = np.minimum(np.square(self.floor / self.loud[which]), _MOST_NOISE)
        rest = np.flatnonzero(np.maximum(np.abs(like), between) ** 2 < _HELD**2 - noise)
        if len(rest):
            places[rest], like[rest] = self.measure(which[rest], lags[rest])
        return places, like, 2 * len(rest) < len(which)

    def follow(self, lag: int, origin: int) -> Track:
        """Go through all blocks, on and back from one whose lag is known."""
        lags = np.zeros(len(self.starts), np.int64)
        like = np.zeros(len(self.starts), np.float32)
        every = np.arange(len(self.starts))
        for way in (every[origin:], every[:origin][::-1]):
            self._walk(way, lag, lags, like)
        self._fill(lags, like)
        if self._seek(lags, like):
            self._fill(lags, like)
        found = self._agreeing(lags, like)
        known, missed = np.flatnonzero(found), self.starts[self.active & ~found]
        return Track(self.starts[known], lags[known], like[known], self.block, missed)

    def _seek(self, lags: Lags, like: Floats) -> bool:
        """Look for the longest parts in which nothing was found at lags that no neighbour has."""
        active = np.flatnonzero(self.active)
        every = self._agreeing(lags, like)
        known = every[active]
        if not known.any():
            return False
        parts = np.split(active, np.flatnonzero(np.diff(known)) + 1)
        lost = [part for part in parts if len(part) > 1 and not every[part[0]]]
        surely = active[known]
        changed = False
        for part in sorted(lost, key=len, reverse=True)[:_SOUGHT]:
            near = int(lags[surely[np.abs(surely - part[0]).argmin()]])
            found = self._again_near(int(part[0]), near, (min(len(part), _AT_ONCE),))
            if found is not None:
                self._better(part, np.full(len(part), found), lags, like)
                changed = True
        return changed

    def _fill(self, lags: Lags, like: Floats) -> None:
        """Look for what was not found near the lags of what was found before and after it."""
        for _ in range(_FILLS):
            sure = np.abs(like) > LEAST_LIKENESS
            known, missed = np.flatnonzero(sure), np.flatnonzero(self.active & ~sure)
            if not len(known) or not len(missed):
                return
            after = np.searchsorted(known, missed)
            before = known[np.maximum(after - 1, 0)]
            behind = known[np.minimum(after, len(known) - 1)]
            part = (missed - before) / np.maximum(behind - before, 1)
            between = lags[before] + np.rint(part * (lags[behind] - lags[before])).astype(np.int64)
            near = np.minimum(np.abs(missed - before), np.abs(missed - behind)) <= _FILLED
            for n, guesses in enumerate((lags[before], lags[behind], between)):
                apart = np.abs(self.tried[:, missed] - guesses).min(axis=0)
                other = near & (apart > self.block // 8)
                self.tried[n, missed[other]] = guesses[other]
                self._better(missed[other], guesses[other], lags, like)
            if not (np.abs(like[missed]) > LEAST_LIKENESS).any():
                return

    def _better(self, which: Lags, guesses: Lags, lags: Lags, like: Floats) -> None:
        """Measure blocks once more from other guesses; what fits better holds."""
        for at in range(0, len(which), 4 * _AT_ONCE):
            some = which[at : at + 4 * _AT_ONCE]
            places, fits = self.measure(some, guesses[at : at + 4 * _AT_ONCE])
            better = np.abs(fits) > np.abs(like[some])
            lags[some[better]], like[some[better]] = places[better], fits[better]

    def _agreeing(self, lags: Lags, like: Floats) -> npt.NDArray[np.bool_]:
        """Blocks that are alike enough; a little less where the lag is a neighbour's too."""
        sure = np.abs(like) > LEAST_LIKENESS
        known = np.flatnonzero(sure)
        weak = np.flatnonzero(~sure & (np.abs(like) > _LEAST_AGREEING))
        if len(known):
            after = np.searchsorted(known, weak)
            for beside in (after - 1, after):
                near = known[np.clip(beside, 0, len(known) - 1)]
                allowed = 1 + _FASTEST * self.block * np.abs(weak - near)
                sure[weak[np.abs(lags[weak] - lags[near]) <= allowed]] = True
        return sure

    def _walk(self, way: Lags, lag: int, lags: Lags, like: Floats) -> None:
        at, misses, tried, again = 0, 0, -1, -1
        seen, trend, steady = 0, 0.0, True
        while at < len(way):
            ahead = np.arange(at, min(at + _AT_ONCE, len(way)))
            ahead = ahead[self.active[way[ahead]]]
            at += _AT_ONCE
            which = way[ahead]
            if not len(which):
                continue
            guesses = lag + np.rint(trend * (ahead - seen)).astype(np.int64)
            self.tried[3, which] = guesses
            if steady:
                lags[which], like[which], steady = self.held(which, guesses)
            else:
                lags[which], like[which] = self.measure(which, guesses)
                steady = bool(2 * (np.abs(lags[which] - guesses) <= 1).sum() > len(which))
            sure = np.flatnonzero(np.abs(like[which]) > LEAST_LIKENESS)
            lost, begin, near = which[: sure[0]] if len(sure) else which, int(ahead[0]), lag
            if len(sure):
                places = np.concatenate(([seen], ahead[sure]))
                passed = np.concatenate(([lag], lags[which[sure]]))
                gained = (passed[1:] - passed[:-1]) / np.maximum(places[1:] - places[:-1], 1)
                most = self.block / _STEEPEST
                usual = float(np.minimum(np.maximum(gained, -most), most).sum()) / len(sure)
                trend += _LEARNT * (usual - trend)
                lag, seen, misses = int(lags[which[sure[-1]]]), int(ahead[sure[-1]]), 0
            seek = begin != tried and (begin == again or not len(sure))
            if seek and len(lost) >= _LOST_AFTER:
                misses, tried = misses + 1, begin
                if misses <= _PATIENCE or not misses % _AT_ONCE:
                    found = self._again_near(int(lost.min()), near)
                    if found is not None:
                        at, lag, seen = begin, found, begin
                        continue
            if len(sure) and len(which) - sure[-1] > _LOST_AFTER:
                at = again = int(ahead[sure[-1] + 1])  # too far from the guess, perhaps

    def _again_near(
        self, k: int, lag: int, spans: tuple[int, ...] = (_AT_ONCE, _LOST_AFTER)
    ) -> int | None:
        for reach_s in (_NEAR_S, _FAR_S):
            reach, where_known = int(reach_s * self.rate_hz), []
            for span in spans:
                found = self.look(k, span, (lag - reach, lag + reach))
                if found is None:
                    continue
                if abs(found - lag) > self.block // 4:
                    return found
                where_known.append(span)  # it is others in the span that were found
            spans = tuple(span for span in spans if span not in where_known)
        return None


def track(rec: Int16Array, ref: Int16Array, rate_hz: int, block_s: float = BLOCK_S) -> Track | None:
    """Follow the lag of a recording; None where the reference is not in it.

    Parameters
    ----------
    rec, ref : ndarray of int16, shape (n,) and (m,)
        At the same rate.
    rate_hz : int
    block_s : float
        How long the blocks are; two steps should not lie in one.
    """
    keep_memory()
    block = int(min(block_s * rate_hz, len(rec), len(ref))) // 2 * 2
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
