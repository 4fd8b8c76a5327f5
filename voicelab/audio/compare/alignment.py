"""How the recording lies on its reference: delay, drift, polarity, and where the lag steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from voicelab.audio.compare.correlation import Floats
from voicelab.audio.compare.drift import Line, fit
from voicelab.audio.compare.interpolation import shifted
from voicelab.audio.compare.refining import refined
from voicelab.audio.compare.tracking import Track, track
from voicelab.audio.samples import Int16Array


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the recording without a step: ``recording[n] == reference[n - lag(n)]``.

    Attributes
    ----------
    begin, end : int
        Samples of the recording.
    lag : float
        In samples, seen from the recording's sample 0.
    """

    begin: int
    end: int
    lag: float


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
        segment = next((s for s in self.segments if n < s.end), self.segments[-1])
        return segment.lag + self.slope * n

    def blocks(self, length: int) -> Iterator[tuple[Segment, int, int]]:
        """The aligned parts of the recording, cut to at most `length` samples."""
        for segment in self.segments:
            for begin in range(segment.begin, segment.end, length):
                yield segment, begin, min(begin + length, segment.end)

    def reference(self, ref: Int16Array, segment: Segment, begin: int, end: int) -> Floats:
        """What the recording should hold there: the reference, shifted and of its polarity."""
        return shifted(ref, begin, end, segment.lag, self.slope) * np.float32(self.sign)


def align(rec: Int16Array, ref: Int16Array, rate_hz: int) -> Alignment | None:
    """Lay a recording on its reference; None where the reference is not in it.

    Parameters
    ----------
    rec, ref : ndarray of int16, shape (n,) and (m,)
        At the same rate.
    rate_hz : int
    """
    found = track(rec, ref, rate_hz)
    if found is None:
        return None
    found = refined(rec, ref, rate_hz, found)
    sign = -1 if float((np.abs(found.likeness) * found.likeness).sum()) < 0 else 1
    line = fit(rec, ref, found, rate_hz, sign)
    slope = line.slope
    drift = slope / (1 - slope)
    return Alignment(
        delay_ms=1000 * (1 + drift) * float(line.intercepts[0]) / rate_hz + 0.0,
        drift_ppm=1e6 * drift,
        inverted=sign < 0,
        segments=tuple(_segments(rec, ref, found, line, sign)),
        rate_hz=rate_hz,
        anchors=len(found.starts),
        spread_ms=1000 * line.spread / rate_hz,
    )


def together(rec: Int16Array, ref: Int16Array, rate_hz: int) -> Alignment:
    """The alignment of two recordings that begin together."""
    whole = Segment(0, min(len(rec), len(ref)), 0.0)
    return Alignment(0.0, 0.0, False, (whole,), rate_hz, 0, 0.0)


def _segments(
    rec: Int16Array, ref: Int16Array, found: Track, line: Line, sign: int
) -> Iterator[Segment]:
    lags = line.intercepts
    begin = max(0, int(np.ceil(lags[0])))
    for (run, after), (lag, then) in zip(pairwise(line.runs), pairwise(lags), strict=True):
        low = max(int(found.starts[run[-1]]), begin)
        high = min(int(found.starts[after[0]] + found.sizes[after[0]]), len(rec))
        end, following = _step(rec, ref, low, high, float(lag), float(then), line.slope, sign)
        if end > begin:
            yield Segment(begin, end, float(lag))
        begin = max(following, begin)
    last = float(lags[-1])
    end = min(len(rec), int(np.floor((len(ref) + last) / (1 - line.slope))))
    if end > begin:
        yield Segment(begin, end, last)


def _step(
    rec: Int16Array,
    ref: Int16Array,
    low: int,
    high: int,
    lag: float,
    then: float,
    slope: float,
    sign: int,
) -> tuple[int, int]:
    """Between two places, the end of the one lag and the beginning of the next, to the sample.

    It is where both sides together differ least from the reference.
    """
    put_in = max(0, round(then - lag))
    heard = rec[low:high].astype(np.float32)
    errors = []
    for each in (lag, then):
        said = sign * shifted(ref, low, high, each, slope)
        errors.append(np.concatenate(([0.0], np.cumsum((heard - said) ** 2, dtype=np.float64))))
    last = len(heard) - put_in
    if last < 1:
        return low, high
    total = errors[0][: last + 1] + errors[1][-1] - errors[1][put_in:]
    at = low + int(total.argmin())
    return at, at + put_in
