"""How the recording lies on its reference: delay, drift, polarity, and where the lag steps."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from voicelab.audio.compare.correlation import Floats, pieces
from voicelab.audio.compare.cuts import Run, cuts, runs, without_needless
from voicelab.audio.compare.drift import Line, fit
from voicelab.audio.compare.hops import HOP_S, Doubles, Sides, stretches
from voicelab.audio.compare.interpolation import shifted
from voicelab.audio.compare.path import likeliest, usual_steps
from voicelab.audio.compare.tracking import Track, track
from voicelab.audio.samples import Int16Array

_SAMPLED = 256
_LEAST_TILT = 0.3
_SILENCE = 16.0
_QUIET = 1e-4


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
        return self.at(n).lag + self.slope * n

    def at(self, n: int) -> Segment:
        """The segment of the recording's sample `n`; of one that was put in the next."""
        k = bisect_right(self.segments, n, key=_end)
        return self.segments[min(k, len(self.segments) - 1)]

    def blocks(self, length: int) -> Iterator[tuple[Segment, int, int]]:
        """The aligned parts of the recording, cut to at most `length` samples."""
        for segment in self.segments:
            for begin in range(segment.begin, segment.end, length):
                yield segment, begin, min(begin + length, segment.end)

    def expected(
        self, ref: Int16Array, begin: int, end: int
    ) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """What the recording should hold there, and where that is known without a step."""
        said, known = np.zeros(end - begin, np.float32), np.zeros(end - begin, np.bool_)
        first = bisect_right(self.segments, begin, key=_end)
        for segment in self.segments[first:]:
            if segment.begin >= end:
                break
            low, high = max(segment.begin, begin), min(segment.end, end)
            said[low - begin : high - begin] = self.reference(ref, segment, low, high)
            known[low - begin + (low > begin) : high - begin] = True
        return said, known

    def reference(self, ref: Int16Array, segment: Segment, begin: int, end: int) -> Floats:
        """What the recording should hold there: the reference, shifted and of its polarity."""
        return shifted(ref, begin, end, segment.lag, self.slope) * np.float32(self.sign)


def _end(segment: Segment) -> int:
    return segment.end


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
    sign = -1 if float((np.abs(found.likeness) * found.likeness).sum()) < 0 else 1
    line = fit(rec, ref, found, rate_hz, sign)
    slope = line.slope
    drift = slope / (1 - slope)
    segments = tuple(_segments(rec, ref, found, line, rate_hz, sign))
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


def _segments(
    rec: Int16Array, ref: Int16Array, found: Track, line: Line, rate_hz: int, sign: int
) -> Iterator[Segment]:
    delays = _delays(found, line)
    noise = _noise(rec, ref, found, delays, line.slope)
    sides = Sides(rec, ref, line.slope, sign, round(HOP_S * rate_hz), *noise)
    steps = _steps(sides, found, delays, rate_hz)
    begin = max(0, int(np.ceil(steps[0].delay)))
    for run, (end, following) in zip(steps, cuts(sides, steps), strict=False):
        if end > begin:
            yield Segment(begin, end, run.delay * (1 - line.slope))
        begin = max(following, begin)
    last = steps[-1].delay * (1 - line.slope)
    end = min(len(rec), int(np.floor((len(ref) + last) / (1 - line.slope))))
    if end > begin:
        yield Segment(begin, end, last)


def _steps(sides: Sides, found: Track, delays: Doubles, rate_hz: int) -> list[Run]:
    """The path through all hops that were looked at, and the blocks between them."""
    block = int(found.sizes[0])
    missed = np.diff(np.searchsorted(found.missed, found.starts)) > 0
    parts = list(stretches(found.starts, delays, missed, block, sides.hop, len(sides.rec), rate_hz))
    middles = found.starts + block // 2
    alone = np.ones(len(middles), np.bool_)
    for part in parts:
        bounds = int(part.begins[0]), int(part.begins[-1]) + sides.hop
        alone[slice(*np.searchsorted(middles, bounds))] = False
    begins = np.concatenate([middles[alone], *(part.begins for part in parts)])
    usual = usual_steps(delays)
    every = np.concatenate([delays[alone], *likeliest(sides, parts, usual)])
    ends = begins + sides.hop
    ends[: alone.sum()] -= sides.hop
    order = np.argsort(begins, kind="stable")
    return without_needless(sides, runs(begins[order], ends[order], every[order]), usual)


def _delays(found: Track, line: Line) -> Doubles:
    """The delay of every block; where the fit left it out, whole samples from the nearest."""
    coarse = found.lags - line.slope * (found.starts + found.sizes / 2)
    coarse /= 1 - line.slope
    delays = np.full(len(coarse), np.nan)
    for run, delay in zip(line.runs, line.delays, strict=True):
        delays[run] = delay
    known = np.flatnonzero(~np.isnan(delays))
    for k in np.flatnonzero(np.isnan(delays)):
        near = delays[known[np.abs(known - k).argmin()]]
        delays[k] = near + np.rint(coarse[k] - near)
    return delays


def _noise(
    rec: Int16Array, ref: Int16Array, found: Track, delays: Doubles, slope: float
) -> tuple[float, float, float]:
    """How alike a sample of noise is to the next one, its power, and the least that counts."""
    size = int(found.sizes[0])
    rows = []
    for k in np.unique(np.linspace(0, len(found.starts) - 1, _SAMPLED).astype(int)):
        begin = int(found.starts[k])
        heard = pieces(rec, [begin], size)[0]
        said = shifted(ref, begin, begin + size, float(delays[k]) * (1 - slope), slope)
        heard, said = heard - heard.mean(), said - said.mean()
        rest = heard - said * (np.dot(heard, said) / max(float(np.dot(said, said)), 1.0))
        rows.append((np.dot(rest, rest), np.dot(rest[1:], rest[:-1]), np.dot(heard, heard)))
    every = np.array(rows, np.float64)
    share = every[:, 0] / np.maximum(every[:, 2], 1.0)
    power, next_one, _ = every[share <= np.percentile(share, 30)].T  # no step lies in these
    tilt = float(next_one.sum() / max(power.sum(), 1.0))
    if tilt < _LEAST_TILT:
        tilt = 0.0
    noise = float(np.median(power * (1 + tilt**2) - 2 * tilt * next_one)) / size
    return tilt, noise, max(_SILENCE**2, _QUIET * float(np.median(every[:, 2])) / size)
