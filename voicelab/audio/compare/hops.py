"""Stretches of a recording in hops of 10 ms, and what each delay leaves unexplained of them.

A delay is how much later than in the reference something comes in the recording, counted in the
recording's samples from where both began; clocks that differ do not change it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from voicelab.audio.compare.correlation import Floats, Lags, pieces, windows
from voicelab.audio.compare.interpolation import shifted
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
_TINY = 1e-9


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
        heard = pieces(self.rec, [begin - 1], end - begin + 1)[0]
        return self._white(heard, self.offsets[0])

    def said(self, begin: int, end: int, delay: float) -> Floats:
        """What it should hold there at any level and of either polarity, filtered."""
        lag = delay * (1 - self.slope)
        said = shifted(self.ref, begin - 1, end, lag, self.slope)
        return self._white(said, self.offsets[1])

    def explained(self, left: Floats, power: Floats, length: int | Lags) -> npt.NDArray[np.bool_]:
        """Whether noise and a codec leave so much of a piece of so much energy."""
        usual = _TIMES * (_CODEC * power + length * (self.noise + self.least))
        return np.asarray((left <= usual) | (left <= _LITTLE * power))

    def _white(self, samples: Floats, offset: float) -> Floats:
        samples -= np.float32(offset)
        later = samples[1:]
        return later - np.float32(self.tilt) * samples[:-1] if self.tilt else later


@dataclass(slots=True)
class Stretch:
    """A part of the recording in which the delay may step.

    Attributes
    ----------
    begins : ndarray of int, shape (h,)
        First samples of its hops.
    delays : ndarray of float, shape (k,)
        Those that may hold in it, in samples; they differ by whole ones.
    held : ndarray of float
        Those of its blocks, in the order of time: the first and the last hold at its ends.
    left : ndarray of float, shape (h, k)
        Energy of each hop that the reference at each delay does not explain, at any level.
    power : ndarray of float, shape (h,)
        Energy of each hop.
    """

    begins: Lags
    delays: Doubles
    held: Doubles
    left: Floats = field(init=False)
    power: Floats = field(init=False)

    def measure(self, sides: Sides) -> None:
        """Measure what each delay leaves over."""
        self.left = np.empty((len(self.begins), 0), np.float32)
        self.power = np.empty(len(self.begins), np.float32)
        self._measure(sides, self.delays)

    def add(self, sides: Sides, delays: Doubles) -> None:
        """Let more delays be possible."""
        self.delays = np.concatenate((self.delays, delays))
        self._measure(sides, delays)

    def cost(self, sides: Sides) -> Floats:
        """How unlikely each delay is at each hop, in natural units: noise of unknown level."""
        floor = np.float32(sides.hop * sides.least)
        cost = np.log(self.left + floor) * np.float32(0.5 * sides.hop)
        return np.asarray(cost - cost.min(axis=1, keepdims=True))

    def unexplained(self, sides: Sides, path: Lags) -> npt.NDArray[np.bool_]:
        """Which hops differ more from the reference than noise and a codec make them."""
        return ~sides.explained(self.left[np.arange(len(path)), path], self.power, sides.hop)

    def _measure(self, sides: Sides, delays: Doubles) -> None:
        hop = sides.hop
        base = float(self.delays[0])
        whole = np.rint(delays - base).astype(np.int64)
        left = np.empty((len(self.begins), len(delays)), np.float32)
        done = 0
        for part in np.split(self.begins, np.flatnonzero(np.diff(self.begins) != hop) + 1):
            begin, end = int(part[0]), int(part[-1]) + hop
            rows = slice(done, done + len(part))
            done += len(part)
            heard = sides.heard(begin, end).reshape(-1, hop)
            low, high = begin - int(whole.max()), end - int(whole.min())
            said = sides.said(low, high, base)
            squares = np.concatenate(([0.0], np.cumsum(said * said, dtype=np.float64)))
            power = self.power[rows] = np.einsum("ij,ij->i", heard, heard)
            firsts = begin - low - whole
            there = windows(said, heard.size)[firsts]
            product = np.einsum("ij,kij->ik", heard, there.reshape(len(whole), -1, hop))
            product = np.maximum(sides.sign * product, 0)
            bounds = squares[firsts + hop * np.arange(len(part) + 1)[:, None]]
            energy = bounds[1:] - bounds[:-1] + _TINY
            left[rows] = power[:, None] - product * product / energy
        self.left = np.concatenate((self.left, np.maximum(left, 0)), axis=1)


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
    done = 0
    for first, last in _chains(missed | (np.abs(np.diff(delays)) >= SAME)):
        inside = np.arange(max(first, 0), min(last, last_block) + 1)
        low = int(starts[first]) if first >= 0 else max(int(starts[0]) - near, 0)
        high = int(starts[inside[-1]]) + block
        high = min(high + near, samples) if last > last_block else high
        low = max(low, done)
        done = high - block // 2
        close = np.zeros(-(-(high - low) // hop) + 1, np.bool_)
        for at in starts[inside] - low:
            close[max(at - near, 0) // hop : max(at + block + near, 0) // hop + 1] = True
        begins = low + hop * np.flatnonzero(close)
        begins = begins[begins + hop <= high]
        if len(begins):
            yield Stretch(begins, distinct(delays[inside]), delays[inside])


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
