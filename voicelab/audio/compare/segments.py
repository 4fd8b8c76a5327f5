"""Where the lag of a recording steps, and what holds between the steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from voicelab.audio.compare.correlation import likeness, pieces
from voicelab.audio.compare.cuts import Run, cuts, runs, without_needless
from voicelab.audio.compare.drift import Line
from voicelab.audio.compare.hops import HOP_S, Doubles, Sides, stretches
from voicelab.audio.compare.interpolation import shifted
from voicelab.audio.compare.path import likeliest, usual_steps
from voicelab.audio.compare.tracking import LEAST_LIKENESS, Track
from voicelab.audio.samples import Int16Array

_SAMPLED = 256
_LEAST_TILT = 0.3
_SILENCE = 16.0
"""A-law's silence is 8 steps of 16 bits from zero."""
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


def lay(
    rec: Int16Array, ref: Int16Array, found: Track, line: Line, rate_hz: int, sign: int
) -> Iterator[Segment]:
    """The parts of the recording in which the lag does not step, in the order of time.

    Parameters
    ----------
    rec, ref : ndarray of int16, shape (n,) and (m,)
    found : Track
    line : Line
    rate_hz : int
    sign : int
        -1 where the polarity is inverted.
    """
    delays = _delays(found, line)
    noise = _noise(rec, ref, found, delays, line.slope)
    offsets = float(rec.mean()), float(ref.mean())
    sides = Sides(rec, ref, line.slope, sign, round(HOP_S * rate_hz), offsets, *noise)
    steps = _steps(sides, found, delays, rate_hz)
    while len(steps) > 1 and _was_heard(rec, ref, steps[-2], steps[-1]):
        steps.pop()
    begin = max(0, int(np.ceil(steps[0].delay)))
    for run, (end, following) in zip(steps, cuts(sides, steps), strict=False):
        if end > begin:
            yield Segment(begin, end, run.delay * (1 - line.slope))
        begin = max(following, begin)
    last = steps[-1].delay * (1 - line.slope)
    end = min(len(rec), int(np.floor((len(ref) + last) / (1 - line.slope))))
    if end > begin:
        yield Segment(begin, end, last)


def _was_heard(rec: Int16Array, ref: Int16Array, one: Run, last: Run) -> bool:
    """Whether all that comes last was heard before: it is a repeat after the reference's end."""
    length, at = len(rec) - last.begin, round(last.begin - last.delay)
    before = round(at + one.delay)
    if length <= 0 or before < one.begin or before + length > last.begin:
        return False
    heard, said = pieces(rec, [before], length), pieces(ref, [at], length)
    return abs(float(likeness(heard, said)[0])) > LEAST_LIKENESS


def _steps(sides: Sides, found: Track, delays: Doubles, rate_hz: int) -> list[Run]:
    """The path through all hops that were looked at, and the blocks between them."""
    parts = list(stretches(found, delays, sides.hop, len(sides.rec), rate_hz))
    middles = found.starts + found.block // 2
    alone = np.ones(len(middles), np.bool_)
    bounds = [(part.begins[0], part.begins[-1] + sides.hop) for part in parts]
    for first, last in np.searchsorted(middles, bounds).tolist():
        alone[first:last] = False
    begins = np.concatenate([middles[alone], *(part.begins for part in parts)])
    usual = usual_steps(delays)
    every = np.concatenate([delays[alone], *likeliest(sides, parts, usual)])
    ends = begins + sides.hop
    ends[: alone.sum()] -= sides.hop
    order = np.argsort(begins, kind="stable")
    return without_needless(sides, runs(begins[order], ends[order], every[order]), usual)


def _delays(found: Track, line: Line) -> Doubles:
    """The delay of every block; where the fit left it out, whole samples from the nearest."""
    coarse = found.lags - line.slope * found.middles
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
    size = found.block
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
    offset = max(abs(float(rec.mean())), abs(float(ref.mean())))  # so far off lies a digital zero
    return tilt, noise, max((_SILENCE + offset) ** 2, _QUIET * float(np.median(every[:, 2])) / size)
