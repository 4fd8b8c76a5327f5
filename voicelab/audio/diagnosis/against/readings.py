"""Read the bytes in each other way, play at each other rate: which gives back the reference?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft

from voicelab.audio.diagnosis.against.laid import correlation
from voicelab.audio.diagnosis.against.reference import Floats, Reference, at_rate
from voicelab.audio.diagnosis.finding import Finding
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.diagnosis.rereading import Rereading, all_rereadings
from voicelab.audio.samples import Int16Array

_TILE_S: Final = 2.0
_MOST_TILES: Final = 6
_WINDOW_S: Final = 0.5
_SLACK_S: Final = 4.0
_WHOLE_S: Final = 40.0
_SPAN_S: Final = 60.0
_LIKE: Final = 0.5
_ALREADY: Final = 0.9
_CLEARLY: Final = 0.1
_LEFT: Final = 0.5
_FEWEST_WINDOWS: Final = 2
_LEVEL_S: Final = 0.05
_MOST: Final = 5.0
_FLOOR: Final = 0.03
_LOWEST_HZ: Final = 150.0
_QUIET: Final = 0.02
_LOUD: Final = 0.03
_LEAST_SHARE: Final = 0.4

_PARTLY: Final = ("odd-byte-slip",)
"""What may begin anywhere, so that little of it is heard."""
_RATES: Final = (
    ("rate-half", 2.0, "twice as fast"),
    ("rate-double", 1 / 2, "half as fast"),
    ("rate-triple", 1 / 3, "at a third of the speed"),
    ("rate-44100-48000", 48_000 / 44_100, "at 48000 instead of 44100 Hz"),
    ("rate-44100-48000", 44_100 / 48_000, "at 44100 instead of 48000 Hz"),
)


@dataclass(frozen=True)
class _Way:
    """One way to hear it: what is done to the samples, and how much faster they are played."""

    fault: str
    words: str
    read: Callable[[Int16Array], Int16Array]
    faster: float
    longer: float = 1.0

    def repair(self, heard: Heard) -> tuple[Int16Array, int]:
        return self.read(heard.samples), round(heard.rate_hz * self.faster)


@dataclass(frozen=True)
class _Tried:
    """How like the reference a tile is, window by window, in one way."""

    way: _Way
    likeness: Floats
    power: Floats


@dataclass(frozen=True)
class _Gain:
    """What a way does for a tile.

    Attributes
    ----------
    nats : float
    windows, of : int
        Windows that get better, and all.
    share : float
        Of the power, in those that get better.
    like, was : float
        How like the reference these are then, and were before.
    """

    nats: float
    windows: int
    of: int
    share: float
    like: float
    was: float


_AS_IS: Final = _Way("none", "as heard", lambda samples: samples, 1.0)


def find_by_reading(heard: Heard, reference: Reference) -> list[Finding]:
    """Ways to read or to play it after which it is the reference, the best first.

    Parameters
    ----------
    heard : Heard
    reference : Reference
    """
    tried: dict[str, tuple[_Way, list[_Gain]]] = {}
    for tile in _tiles(heard):
        helped = {
            words
            for words, (_, gains) in tried.items()
            if max(g.share for g in gains) > _LEAST_SHARE
        }
        for way, gain in _attempts(heard, tile, reference, helped):
            tried.setdefault(way.words, (way, []))[1].append(gain)
    best: dict[str, tuple[float, Finding]] = {}
    for way, gains in tried.values():
        found = _finding(way, gains)
        if found is not None and best.get(way.fault, (0.0,))[0] < found[0]:
            best[way.fault] = found
    ranked = sorted(best.values(), key=lambda item: -item[0])
    return [
        replace(finding, confidence=finding.confidence * (total / ranked[0][0]) ** 2)
        for total, finding in ranked
    ]


def _finding(way: _Way, gains: list[_Gain]) -> tuple[float, Finding] | None:
    """What speaks for a way, in nats, and in words."""
    windows = sum(gain.windows for gain in gains)
    share = sum(gain.share for gain in gains) / len(gains)
    if way.fault not in _PARTLY and share < _LEAST_SHARE:
        return None
    if windows < min(_FEWEST_WINDOWS, sum(gain.of for gain in gains)):
        return None
    like = sum(gain.like * gain.windows for gain in gains) / windows
    was = sum(gain.was * gain.windows for gain in gains) / windows
    finding = Finding(
        way.fault,
        min(0.99, 0.5 + like / 2),
        f"{way.words}, and {windows} windows of half a second are {like:.0%} like the "
        f"reference; as heard, {was:.0%}",
        way.repair,
    )
    return sum(gain.nats for gain in gains), finding


def _tiles(heard: Heard) -> list[int]:
    """First samples of stretches that are not like the reference as they are."""
    length = round(_TILE_S * heard.rate_hz)
    last = heard.samples.size - length
    if last <= 0:
        return [0]
    count = min(max(4, 2 * last // length), 400)
    starts = np.linspace(0, last, count).astype(int) // 2 * 2
    pieces = (heard.samples[at : at + length : 7] for at in starts)
    loud = np.array([np.abs(piece.astype(np.float64)).mean() for piece in pieces])
    starts = starts[loud > _QUIET * loud.max()]
    chosen = np.unique(np.linspace(0, starts.size - 1, _MOST_TILES).round().astype(int))
    return [int(at) for at in starts[chosen]]


def _attempts(
    heard: Heard, begin: int, reference: Reference, helped: set[str]
) -> Iterator[tuple[_Way, _Gain]]:
    """Try each way on a tile; where one that helped before helps again, none of the others."""
    length = round(_TILE_S * heard.rate_hz)
    as_is = _try(heard, begin, _AS_IS, reference)
    if as_is.power.any() and as_is.likeness[as_is.power > 0].min() > _ALREADY:
        return
    ways = list(_ways(heard.samples[begin : begin + length]))
    helps = False
    for way in sorted(ways, key=lambda way: way.words not in helped):
        if helps and way.words not in helped:
            return
        gain = _gained(_try(heard, begin, way, reference), as_is)
        helps |= way.words in helped and gain.share > _LEAST_SHARE
        yield way, gain


def _ways(tile: Int16Array) -> Iterator[_Way]:
    for reading in all_rereadings(tile):
        yield _way(reading)
    wide = tile.astype(np.float64)
    if _takes_turns(wide):
        yield _Way("stereo-as-mono", "take every other sample", lambda x: x[::2].copy(), 1.0, 0.5)
        yield _Way("stereo-as-mono", "take the samples between", lambda x: x[1::2].copy(), 1.0, 0.5)
    for fault, faster, words in _RATES:
        yield _Way(fault, f"play it {words}", lambda samples: samples, faster)


def _takes_turns(wide: Floats) -> bool:
    """Whether samples go on from the one before the last, not from the last."""
    sums = [np.roll(wide, lag) + np.roll(wide, -lag) for lag in (1, 2)]
    near, far = (abs(correlation(wide, both)) for both in sums)
    return far > near


def _way(reading: Rereading) -> _Way:
    longer = {"mulaw-as-pcm16": 2.0, "linear-as-mulaw": 0.5}.get(reading.fault, 1.0)
    return _Way(reading.fault, reading.way, reading.read, 1.0, longer)


def _try(heard: Heard, begin: int, way: _Way, reference: Reference) -> _Tried:
    length = round(_TILE_S * heard.rate_hz)
    samples = way.read(heard.samples[begin : begin + length])
    rate_hz = heard.rate_hz * way.faster
    common = min(rate_hz, float(reference.rate_hz))
    own = at_rate(samples, rate_hz, common)
    best: tuple[float, Floats, Floats] = (-1.0, np.zeros(1), np.zeros(1))
    for said in _sections(heard, begin, way, reference, samples.size / rate_hz):
        like, power = _windows(own, at_rate(said, reference.rate_hz, common), common)
        score = float(np.average(like**2, weights=power + 1e-9))
        best = max(best, (score, like, power), key=lambda item: item[0])
    return _Tried(way, best[1], best[2])


def _sections(
    heard: Heard, begin: int, way: _Way, reference: Reference, length_s: float
) -> list[Int16Array]:
    if reference.duration_s <= _WHOLE_S:
        return [reference.samples]
    at_s = begin * way.longer / (heard.rate_hz * way.faster)
    found = [reference.section(at_s - _SLACK_S, at_s + length_s + _SLACK_S)[0]]
    span = round(_SPAN_S * heard.rate_hz)
    early = max(begin - span // 2, 0) // 2 * 2
    piece = way.read(heard.samples[early : early + span])
    ahead_s = (begin - early) * way.longer / (heard.rate_hz * way.faster)
    for place in reference.places(piece, heard.rate_hz * way.faster)[:1]:
        at = place + ahead_s
        found.append(reference.section(at - _SLACK_S, at + length_s + _SLACK_S)[0])
    return found


def _windows(own: Floats, said: Floats, rate_hz: float) -> tuple[Floats, Floats]:
    """Likeness of each window where all of it fits best, and how loud the window is."""
    if not own.any() or not said.any():
        return np.zeros(1), np.zeros(1)
    own, said = own - own.mean(), said - said.mean()
    size = next_fast_len(own.size + said.size, real=True)
    cross = rfft(_levelled(said, rate_hz), size) * rfft(_levelled(own, rate_hz), size).conj()
    cross[: max(1, int(_LOWEST_HZ * size / rate_hz))] = 0
    cross /= np.sqrt(np.abs(cross)) + 1e-9
    lag = int(np.abs(irfft(cross, size)).argmax())
    lag -= size * (lag >= said.size)
    first, last = max(lag, 0), min(lag + own.size, said.size)
    window = round(_WINDOW_S * rate_hz)
    count = max(round(own.size / window), 1)
    like, power = np.zeros(count), np.zeros(count)
    for k in range(count):
        a, b = max(k * window, first - lag), min((k + 1) * window, last - lag)
        if k == count - 1:
            b = min(own.size, last - lag)
        if b - a >= window // 2:
            like[k] = abs(correlation(_bounded(own[a:b]), _bounded(said[a + lag : b + lag])))
            power[k] = float(np.var(said[a + lag : b + lag]))
    return like, power


def _bounded(wide: Floats) -> Floats:
    """Cut down what stands out, so that a crackle is not all that counts."""
    limit = _MOST * float(np.abs(wide).mean())
    return np.clip(wide, -limit, limit)


def _levelled(wide: Floats, rate_hz: float) -> Floats:
    """Equally loud everywhere, so that no noise where it was read wrongly drowns the rest."""
    width = max(round(_LEVEL_S * rate_hz), 1)
    total = np.concatenate(
        ([0.0], np.cumsum(np.pad(wide**2, (width // 2, width - width // 2 - 1))))
    )
    power = np.maximum(total[width:] - total[:-width], 0.0) / width
    return np.asarray(wide / np.sqrt(power + _FLOOR * power.mean() + 1e-9))


def _gained(tried: _Tried, as_is: _Tried) -> _Gain:
    """How much more like the reference a tile is in this way."""
    like = tried.likeness
    was = np.interp(
        np.linspace(0, 1, like.size), np.linspace(0, 1, as_is.likeness.size), as_is.likeness
    )
    power = tried.power
    clearly = (like > was + _CLEARLY) | (1 - like**2 < _LEFT * (1 - was**2))
    better = (power > _LOUD * power.max()) & (like > _LIKE) & clearly
    if not better.any():
        return _Gain(0.0, 0, like.size, 0.0, 0.0, 0.0)
    return _Gain(
        float(np.log((1 - was[better] ** 2 + 1e-6) / (1 - like[better] ** 2 + 1e-6)).sum()),
        int(better.sum()),
        like.size,
        float(power[better].sum() / power.sum()),
        float(like[better].mean()),
        float(was[better].mean()),
    )
