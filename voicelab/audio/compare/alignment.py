"""How the recording lies on its reference: delay, drift, polarity, and where the lag steps."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from voicelab.audio.compare.correlation import Floats
from voicelab.audio.compare.drift import fit
from voicelab.audio.compare.interpolation import shifted
from voicelab.audio.compare.segments import Segment, lay
from voicelab.audio.compare.tracking import BLOCK_S, Track, track
from voicelab.audio.samples import Int16Array


@dataclass(frozen=True, slots=True)
class Alignment:
    """Where the reference lies in the recording.

    Attributes
    ----------
    delay_ms : float
        How much later than the reference's own beginning its first sample comes in the recording;
        negative where the recording lacks the beginning.
    drift_ppm : float
        How much more slowly than the reference the recording runs: with +100, what takes an hour
        there takes 0.36 s longer here.
    inverted : bool
        Whether the polarity is the other one.
    segments : tuple of Segment
        In the order of time; what lies between two was put in.
    rate_hz : int
        Of all samples counted here.
    anchors : int
        Blocks that were found in the reference.
    spread_ms : float
        How far their lags stray from the line.
    """

    delay_ms: float
    drift_ppm: float
    inverted: bool
    segments: tuple[Segment, ...]
    rate_hz: int
    anchors: int
    spread_ms: float

    @property
    def slope(self) -> float:
        """Samples of lag gained a sample of the recording."""
        drift = self.drift_ppm * 1e-6
        return drift / (1 + drift)

    @property
    def sign(self) -> int:
        """-1 where the polarity is inverted."""
        return -1 if self.inverted else 1

    def lag_samples(self, n: int) -> float:
        """The lag at the recording's sample `n`."""
        return self.at(n).lag + self.slope * n

    def at(self, n: int) -> Segment:
        """The segment of the recording's sample `n`; of one that was put in the next."""
        k = bisect_right(self.segments, n, key=_end)
        return self.segments[min(k, len(self.segments) - 1)]

    def between(self, begin: int, end: int) -> tuple[Segment, ...]:
        """The segments that have samples from `begin` to `end`."""
        first = bisect_right(self.segments, begin, key=_end)
        return self.segments[first : bisect_left(self.segments, end, first, key=_begin)]

    def places(self, at: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Where in the reference each of many samples of the recording lies."""
        lags = np.array([segment.lag for segment in self.segments])[self._which(at)]
        return np.asarray(at - lags - self.slope * at, np.float64)

    def ends(self, at: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        """Where the segment of each of many samples of the recording ends."""
        return np.array([segment.end for segment in self.segments])[self._which(at)]

    def _which(self, at: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
        ends = np.array([segment.end for segment in self.segments])
        return np.minimum(np.searchsorted(ends, at, "right"), len(ends) - 1)

    def expected(
        self, ref: Int16Array, begin: int, end: int
    ) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """What the recording should hold there, and where that is known without a step."""
        said, known = np.zeros(end - begin, np.float32), np.zeros(end - begin, np.bool_)
        slope = self.slope
        for segment in self.between(begin, end):
            low, high = max(segment.begin, begin), min(segment.end, end)
            said[low - begin : high - begin] = shifted(ref, low, high, segment.lag, slope)
            known[low - begin + (low > begin) : high - begin] = True
        if self.inverted:
            np.negative(said, out=said)
        return said, known

    def reference(self, ref: Int16Array, segment: Segment, begin: int, end: int) -> Floats:
        """What the recording should hold there: the reference, shifted and of its polarity."""
        said = shifted(ref, begin, end, segment.lag, self.slope)
        return -said if self.inverted else said


def _begin(segment: Segment) -> int:
    return segment.begin


def _end(segment: Segment) -> int:
    return segment.end


def align(
    rec: Int16Array, ref: Int16Array, rate_hz: int, block_s: float = BLOCK_S
) -> Alignment | None:
    """Lay a recording on its reference; None where the reference is not in it.

    Parameters
    ----------
    rec, ref : ndarray of int16, shape (n,) and (m,)
        At the same rate.
    rate_hz : int
    block_s : float
        How long the blocks are that are looked for; two steps should not lie in one.
    """
    found = track(rec, ref, rate_hz, block_s)
    return None if found is None else laid(rec, ref, found, rate_hz)


def laid(rec: Int16Array, ref: Int16Array, found: Track, rate_hz: int) -> Alignment | None:
    """Lay a recording on its reference where its blocks were found; None where no part holds."""
    sign = -1 if float((np.abs(found.likeness) * found.likeness).sum()) < 0 else 1
    line = fit(rec, ref, found, rate_hz, sign)
    slope = line.slope
    drift = slope / (1 - slope)
    segments = tuple(lay(rec, ref, found, line, rate_hz, sign))
    if not segments:
        return None
    return Alignment(
        delay_ms=1000 * (1 + drift) * float(segments[0].lag) / rate_hz + 0.0,
        drift_ppm=1e6 * drift,
        inverted=sign < 0,
        segments=segments,
        rate_hz=rate_hz,
        anchors=len(found.starts),
        spread_ms=1000 * line.spread / rate_hz,
    )


def together(rec: Int16Array, ref: Int16Array, rate_hz: int) -> Alignment:
    """The alignment of two recordings that begin together."""
    whole = Segment(0, min(len(rec), len(ref)), 0.0)
    return Alignment(0.0, 0.0, False, (whole,), rate_hz, 0, 0.0)
