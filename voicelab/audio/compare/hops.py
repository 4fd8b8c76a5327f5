"""Stretches of a recording in hops of 10 ms, and what each delay leaves unexplained of them.

A delay is how much later than in the reference something comes in the recording, counted in the
recording's samples from where both began; clocks that differ do not change it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np
import numpy.typing as npt

from voicelab.audio.compare.correlation import Floats, Lags, piece, pieces, windows
from voicelab.audio.compare.interpolation import SPAN, rows, shifted
from voicelab.audio.compare.tracking import Track
from voicelab.audio.samples import Int16Array

Doubles = npt.NDArray[np.float64]

HOP_S = 0.01
SAME = 1.5
"""A step is more samples than that: less is how exactly the delay of a block is known."""
EQUAL = 0.6
"""Delays nearer to each other than so many samples are one."""

_MOST_BLOCKS = 12
_NEAR_S = 1.0
_TIMES = 4.0
_CODEC = 0.002
_LITTLE = 0.05
_TINY = np.float32(1e-9)
_TOGETHER = 32
_ROWS = 2048


@dataclass(frozen=True, slots=True)
class Sides:
    """What is compared, how time runs between both sides, and how much noise one has.

    Attributes
    ----------
    rec, ref : ndarray of int16
    slope : float
        Samples of lag gained a sample of the recording.
    sign : int
        -1 where the polarity is inverted.
    hop : int
        Samples.
    offsets : tuple of float
        What is added to every sample of the recording, and of the reference.
    tilt : float
        How much of a sample of noise stays in the next one, 0 for white noise: both sides are
        filtered so that noise is white, as it should be where energies are compared.
    noise : float
        Power that an ordinary block of the recording has beside the reference.
    least : float
        Power below which what differs says nothing: 40 dB below speech, or a codec's silence.
    """

    rec: Int16Array
    ref: Int16Array
    slope: float
    sign: int
    hop: int
    offsets: tuple[float, float]
    tilt: float
    noise: float
    least: float

    def heard(self, begin: int, end: int) -> Floats:
        """The recording from one sample to another, filtered."""
        heard = piece(self.rec, begin - 1, end - begin + 1)
        return self._white(heard, self.offsets[0])

    def said(self, begin: int, end: int, delay: float) -> Floats:
        """What it should hold there at any level and of either polarity, filtered."""
        lag = delay * (1 - self.slope)
        said = shifted(self.ref, begin - 1, end, lag, self.slope)
        return self._white(said, self.offsets[1])

    def heard_hops(self, begins: Lags) -> Floats:
        """Hops of the recording as rows, filtered."""
        return self._white(pieces(self.rec, begins - 1, self.hop + 1), self.offsets[0])

    def said_hops(self, begins: Lags, delays: Doubles) -> Floats:
        """What the recording's hops should hold, each at a delay of its own."""
        lags = delays * (1 - self.slope) + self.slope * (begins + self.hop / 2)
        places = np.asarray(begins - 1 - lags, np.float64)
        return self._white(rows(self.ref, places, self.hop + 1), self.offsets[1])

    def said_pieces(self, begins: Lags, ends: Lags, delays: Doubles) -> tuple[Floats, Lags]:
        """What pieces of the recording should hold, behind each other, and where each begins."""
        counts = (ends - begins) // SPAN + 1
        of, at = np.repeat(np.arange(len(begins)), counts), np.cumsum(counts) - counts
        starts = begins[of] - 1 + SPAN * (np.arange(len(of)) - at[of])
        lags = delays[of] * (1 - self.slope) + self.slope * (starts + SPAN / 2)
        said = rows(self.ref, np.asarray(starts - lags, np.float64), SPAN)
        return self._white(said.reshape(-1), self.offsets[1]), SPAN * at

    def explained(self, left: Floats, power: Floats, length: int | Lags) -> npt.NDArray[np.bool_]:
        """Whether noise and a codec leave so much of a piece of so much energy."""
        usual = _TIMES * (_CODEC * power + length * (self.noise + self.least))
        return np.asarray((left <= usual) | (left <= _LITTLE * power))

    def _white(self, samples: Floats, offset: float) -> Floats:
        samples -= np.float32(offset)
        later = samples[..., 1:]
        return later - np.float32(self.tilt) * samples[..., :-1] if self.tilt else later


@dataclass(slots=True)
class Stretch:
    """A part of the recording in which the delay may step.

    Attributes
    ----------
    begins : ndarray of int, shape (h,)
        First samples of its hops.
    held : ndarray of float
        The delays of its blocks, in the order of time: the first and the last hold at its ends.
    delays : ndarray of float, shape (k,)
        Those that may hold in it, in samples; they differ by whole ones.
    left : ndarray of float, shape (h, k)
        Energy of each hop that the reference at each delay does not explain, at any level.
    power : ndarray of float, shape (h,)
        Energy of each hop.
    """

    begins: Lags
    held: Doubles
    delays: Doubles = field(init=False)
    left: Floats = field(init=False)
    power: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.delays, self.left = np.empty(0), np.empty((len(self.begins), 0), np.float32)


def measure(sides: Sides, some: Sequence[Stretch], delays: Sequence[Doubles]) -> None:
    """Let delays be possible in stretches, and measure what each of them leaves over.

    Parameters
    ----------
    sides : Sides
    some : sequence of Stretch
    delays : sequence of ndarray of float
        The new ones of each stretch.
    """
    order = sorted(range(len(some)), key=lambda k: len(delays[k]))
    for _, alike in groupby(order, lambda k: len(delays[k])):
        which = list(alike)
        for at in range(0, len(which), _TOGETHER):
            part = which[at : at + _TOGETHER]
            _measure(sides, [some[k] for k in part], np.array([delays[k] for k in part]))


def _measure(sides: Sides, some: Sequence[Stretch], delays: Doubles) -> None:
    """Measure stretches for which equally many delays are new: a row each."""
    hop = sides.hop
    counts = [len(stretch.begins) for stretch in some]
    begins = np.concatenate([stretch.begins for stretch in some])
    of = np.repeat(np.arange(len(some)), counts)
    hops = sides.heard_hops(begins)
    power = np.einsum("ij,ij->i", hops, hops)
    whole = np.rint(delays - delays[:, :1]).astype(np.int64)
    least, most = whole.min(axis=1), whole.max(axis=1)
    apart = (begins[1:] - begins[:-1] != hop) | (of[1:] != of[:-1])
    first, last = np.flatnonzero(np.append(True, apart)), np.flatnonzero(np.append(apart, True))
    own, starts = of[first], begins[first] - most[of[first]]
    said, at = sides.said_pieces(starts, begins[last] + hop - least[own], delays[own, 0])
    place = (begins + np.repeat(at - starts, last - first + 1))[:, None] - whole[of]
    every, left = windows(said, hop), np.empty(place.shape, np.float32)
    at_once = max(1, _ROWS // place.shape[1])
    for row in range(0, len(place), at_once):
        now = slice(row, row + at_once)
        there = every[place[now]]
        flat = there.reshape(-1, hop)
        energy = np.einsum("ij,ij->i", flat, flat).reshape(there.shape[:2]) + _TINY
        product = np.maximum(sides.sign * np.einsum("ij,ikj->ik", hops[now], there), 0)
        left[now] = np.maximum(power[now, None] - product * product / energy, 0)
    done = 0
    for stretch, new, hops_of_it in zip(some, delays, counts, strict=True):
        its = slice(done, done + hops_of_it)
        done = its.stop
        stretch.power = power[its]
        more = len(stretch.delays) > 0
        stretch.left = np.concatenate((stretch.left, left[its]), axis=1) if more else left[its]
        stretch.delays = np.concatenate((stretch.delays, new))


def stretches(
    track: Track, delays: Doubles, hop: int, samples: int, rate_hz: int
) -> Iterator[Stretch]:
    """The parts of a recording in which its blocks disagree or one was missed, and its two ends.

    Parameters
    ----------
    track : Track
    delays : ndarray of float, shape (k,)
        Of the track's blocks.
    hop, samples : int
        Lengths of a hop and of the recording.
    rate_hz : int
    """
    starts, block, near = track.starts, track.block, int(_NEAR_S * rate_hz)
    missed = np.diff(np.searchsorted(track.missed, starts)) > 0
    last_block = len(starts) - 1
    far = np.append(0, np.cumsum(np.diff(starts) > block + 2 * near))
    done = 0
    for first, last in _chains(missed | (np.abs(np.diff(delays)) >= SAME)):
        inside = slice(max(first, 0), min(last, last_block) + 1)
        ends = starts[inside]
        low = int(ends[0]) if first >= 0 else max(int(ends[0]) - near, 0)
        high = int(ends[-1]) + block
        high = min(high + near, samples) if last > last_block else high
        low = max(low, done)
        done = high - block // 2
        begins = np.arange(low, high - hop + 1, hop)
        if far[inside.stop - 1] > far[inside.start]:
            begins = begins[_close(begins - low, starts[inside] - low, block, near, hop)]
        if len(begins):
            yield Stretch(begins, delays[inside])


def _close(begins: Lags, blocks: Lags, block: int, near: int, hop: int) -> npt.NDArray[np.bool_]:
    """Which hops are near a block, before or after it."""
    first = np.maximum(blocks - near, 0) // hop
    last = np.maximum(blocks + block + near, 0) // hop
    at = np.searchsorted(first, begins // hop, "right") - 1
    return np.asarray((at >= 0) & (begins // hop <= last[np.maximum(at, 0)]))


def distinct(delays: Doubles) -> Doubles:
    """Delays without those that stand there already."""
    ordered = np.sort(delays)
    new = np.ones(len(ordered), np.bool_)
    np.greater_equal(ordered[1:] - ordered[:-1], EQUAL, out=new[1:])
    return ordered[new]


def _chains(differ: npt.NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """First and last block of each chain of blocks that disagree, not too long.

    -1 stands for the recording's beginning, one more than the last block for its end.
    """
    first, last = -1, 0
    for k in [*np.flatnonzero(differ).tolist(), len(differ)]:
        if k > last or k - first >= _MOST_BLOCKS:
            yield first, last
            first = k
        last = k + 1
    yield first, last
