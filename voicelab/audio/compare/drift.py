"""Two clocks: a straight line through the lags, with steps where audio was left out or put in."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from voicelab.audio.compare.correlation import Floats, Lags, fine_lags
from voicelab.audio.compare.tracking import Track
from voicelab.audio.samples import Int16Array

Doubles = npt.NDArray[np.float64]

_FASTEST = 300e-6
"""Clocks further apart than this are rates that are wrong, not drift."""
_MOST_MEASURED = 1024
_MOST_RUNS = 512
_SURE = 0.85
_VERY_SURE = 0.97
_WHOLE = 0.03
_IMPURE = 1.01
_REACH = 20e-6
_BINS = 1 << 15
_ASTRAY = 0.25
_COHERENT = 0.5
_STEP = 0.6
"""Samples by which two runs must differ for the step between them to be one."""


@dataclass(frozen=True, slots=True)
class Line:
    """The lags of a recording between its steps.

    Attributes
    ----------
    runs : list of ndarray of int
        Which blocks of the track belong together, without a step between them.
    delays : ndarray of float, shape (len(runs),)
        Of each run, in samples of the recording: ``lag(n) = delay + slope * (n - delay)``.
    slope : float
        Samples of lag gained a sample of the recording.
    spread : float
        How far the measured lags stray from the line, in samples.
    """

    runs: list[Lags]
    delays: Doubles
    slope: float
    spread: float


def fit(rec: Int16Array, ref: Int16Array, track: Track, rate_hz: int, sign: int) -> Line:
    """Fit one drift and a lag for each run; blocks that stray count little.

    Drift that is not clear of its own uncertainty is none, and lags that are then whole samples
    but for the uncertainty are whole.
    """
    line = _fit(rec, ref, track, _runs(track), rate_hz, sign)
    real = np.abs(np.diff(line.delays)) >= _STEP
    if real.all():
        return line
    runs = _split(np.concatenate(line.runs), _ends(line.runs)[real])
    return _fit(rec, ref, track, runs, rate_hz, sign)


def _ends(runs: list[Lags]) -> Lags:
    return np.cumsum([len(run) for run in runs])[:-1]


def _fit(
    rec: Int16Array, ref: Int16Array, track: Track, runs: list[Lags], rate_hz: int, sign: int
) -> Line:
    measured = np.unique(np.linspace(0, len(runs) - 1, min(len(runs), _MOST_RUNS)).astype(int))
    share = max(2, _MOST_MEASURED // len(measured))
    purity = 1 / (_IMPURE - np.minimum(track.likeness.astype(np.float64) ** 2, 1))
    chosen = [_some(runs[k], share, purity) for k in measured]
    which = np.concatenate(chosen)
    of_run = np.repeat(np.arange(len(chosen)), [len(run) for run in chosen])
    starts, lags = track.starts[which], track.lags[which]
    at, fine = fine_lags(rec, ref, starts, lags, track.block, rate_hz, sign)
    slope, sigma, spread = _slope(at, fine, of_run, len(chosen), purity[which])
    if len(chosen) > 1:
        slope, sigma, spread = _over_all(at, fine, purity[which], (slope, sigma, spread))
    if abs(slope) < 3 * sigma or abs(slope) < 2e-7:
        slope = 0.0
    rest = (fine - slope * at) / (1 - slope)
    known = _apart_by_whole(rest, of_run, purity[which], slope == 0.0, spread)
    return Line(runs, _all_runs(track, runs, measured, known, slope), slope, spread)


def _over_all(
    at: Doubles, fine: Doubles, trust: Doubles, within: tuple[float, float, float]
) -> tuple[float, float, float]:
    """The slope over all runs at once: what is left beside it are whole samples.

    Sought where the fractions of a sample agree best, near the slope within the runs.
    """
    slope = within[0]
    delay = (fine - slope * at) / (1 - slope)
    place = (at - delay) / (1 - slope)  # by how much a delay changes with the slope
    turns = trust * np.exp(2j * np.pi * delay)
    x = place - place.min()
    width = max(float(x.max()), 1.0) / (_BINS // 2)
    bins = np.zeros(_BINS, np.complex128)
    np.add.at(bins, (x / width).astype(np.int64), turns)
    agree, tried = np.abs(np.fft.fft(bins)), np.fft.fftfreq(_BINS, width)
    agree[np.abs(tried) > _REACH] = 0
    best = float(tried[agree.argmax()])
    if agree.max() < _COHERENT * trust.sum():
        return within
    turns *= np.exp(-2j * np.pi * best * x)
    off = np.angle(turns / turns.sum()) / (2 * np.pi)
    trust = trust * (np.abs(off) < _ASTRAY)
    x -= np.average(x, weights=trust)
    power = float((trust * x * x).sum())
    if power < 1e-6:  # one block alone is so sure
        return within
    more = float((trust * x * off).sum()) / power
    spread = 1.4826 * float(np.median(np.abs(off - more * x))) + 1e-6
    sigma = spread * float(np.sqrt((trust * trust * x * x).sum())) / power
    return slope + best + more, sigma, spread


def _some(run: Lags, share: int, purity: Doubles) -> Lags:
    """Blocks spread evenly over a run, each the purest of its part: no step lies in it."""
    parts = np.array_split(run, min(share, len(run)))
    return np.array([part[purity[part].argmax()] for part in parts])


def _apart_by_whole(
    rest: Doubles, of_run: Lags, trust: Doubles, one_clock: bool, spread: float
) -> Doubles:
    """The delay of each run: they differ by whole samples, so the fraction is a common one."""
    turns = (trust * np.exp(2j * np.pi * rest)).sum()
    fraction = float(np.angle(turns)) / (2 * np.pi)
    if one_clock and abs(fraction) < max(_WHOLE, min(spread, 0.1)):
        fraction = 0.0
    first = np.searchsorted(of_run, np.arange(of_run[-1] + 1))
    purest = np.lexsort((-trust, of_run))[first]
    if abs(turns) < _COHERENT * trust.sum():
        return rest[purest]
    return np.asarray(np.rint(rest[purest] - fraction) + fraction)


def _all_runs(
    track: Track, runs: list[Lags], measured: Lags, known: Doubles, slope: float
) -> Doubles:
    """Steps are whole samples: what was not measured is whole samples from what was."""
    if len(measured) == len(runs):
        return known
    middles = np.array([run[len(run) // 2] for run in runs])
    lags = track.lags[middles] - slope * track.middles[middles]
    coarse = lags / (1 - slope)
    near = known[np.searchsorted(measured, np.arange(len(runs)), "right") - 1]
    delays = near + np.rint(coarse - near)
    delays[measured] = known
    return np.asarray(delays, np.float64)


def _runs(track: Track) -> list[Lags]:
    """Split the blocks where the lag steps; what both sides disown is dropped."""
    kept = np.arange(len(track.starts))
    while True:
        lags, starts = track.lags[kept], track.starts[kept]
        step = np.abs(np.diff(lags)) > 1 + _FASTEST * np.diff(starts)
        alone = np.flatnonzero(np.append(True, step) & np.append(step, True))
        doubtful = alone[_doubtful(lags, starts, np.abs(track.likeness[kept]), alone)]
        if not len(doubtful) or len(doubtful) > np.count_nonzero(step) or not step.any():
            return _split(kept, np.flatnonzero(step) + 1)
        kept = np.delete(kept, doubtful)


def _split(blocks: Lags, at: Lags) -> list[Lags]:
    bounds = [0, *at.tolist(), len(blocks)]
    return [blocks[begin:end] for begin, end in pairwise(bounds)]


def _doubtful(lags: Lags, starts: Lags, likeness: Floats, alone: Lags) -> npt.NDArray[np.bool_]:
    """Which single blocks are not sure, or both sides disown."""
    before, after = np.maximum(alone - 1, 0), np.minimum(alone + 1, len(lags) - 1)
    inner = (alone > 0) & (alone < len(lags) - 1)
    there, back = lags[alone] - lags[before], lags[after] - lags[alone]
    agree = np.abs(lags[after] - lags[before]) <= 1 + _FASTEST * (starts[after] - starts[before])
    disowned = agree | ((there * back < 0) & (likeness[alone] < _VERY_SURE))
    return np.asarray((likeness[alone] < _SURE) | (inner & disowned))


def _slope(
    at: Doubles, lag: Doubles, of_run: Lags, runs: int, weight: Doubles
) -> tuple[float, float, float]:
    """One slope for all runs by least squares, with Tukey's weights against strays."""
    trust = weight.copy()
    slope, sigma, spread = 0.0, np.inf, 0.0
    for _ in range(8):
        total = np.maximum(np.bincount(of_run, trust, runs), 1e-12)
        x = at - (np.bincount(of_run, trust * at, runs) / total)[of_run]
        y = lag - (np.bincount(of_run, trust * lag, runs) / total)[of_run]
        power = float((trust * x * x).sum())
        if power < 1e-6 or len(at) < runs + 2:
            return 0.0, np.inf, spread
        slope = float((trust * x * y).sum()) / power
        off = y - slope * x
        spread = 1.4826 * float(np.median(np.abs(off))) + 1e-6
        sigma = spread * float(np.sqrt((trust * trust * x * x).sum())) / power
        trust = weight * np.clip(1 - (off / (4.7 * spread + 1e-3)) ** 2, 0, 1) ** 2
    return slope, sigma, spread
