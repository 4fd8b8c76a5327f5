"""Read the bytes in each other way, play at each other rate: which gives back the reference?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from voicelab.audio.diagnosis.against.matching import match
from voicelab.audio.diagnosis.against.reference import Floats, Reference, at_rate
from voicelab.audio.diagnosis.against.ways import AS_IS, Way, ways
from voicelab.audio.diagnosis.finding import Finding
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.diagnosis.rereading import share_on
from voicelab.audio.samples import Int16Array

_TILE_S: Final = 2.0
_MOST_TILES: Final = 6
_SLACK_S: Final = 4.0
_WHOLE_S: Final = 40.0
_SPAN_S: Final = 60.0
_PERHAPS: Final = 0.4
_LIKE: Final = 0.5
_ALREADY: Final = 0.9
_ALREADY_ON_A_LAW: Final = 0.97
_CLEARLY: Final = 0.1
_LEFT: Final = 0.5
_ON_LEVELS: Final = 0.99
_FEWEST_WINDOWS: Final = 2
_QUIET: Final = 0.02
_LOUD: Final = 0.03
_LEAST_SHARE: Final = 0.4

_PARTLY: Final = ("odd-byte-slip",)
"""What may begin anywhere, so that little of it is heard."""


@dataclass(frozen=True)
class Tile:
    """How like the reference a piece of the recording is, window by window.

    Attributes
    ----------
    begin : int
        First sample in the recording.
    likeness, power : ndarray of float, shape (k,)
    """

    begin: int
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


def look(heard: Heard, reference: Reference) -> list[Tile]:
    """Some pieces of the recording, and how like the reference they are as they are heard."""
    return [_try(heard, begin, AS_IS, reference) for begin in _tiles(heard)]


def seems_alike(tiles: list[Tile]) -> bool:
    """Whether any part of it may be the reference as it is heard."""
    return any(float(tile.likeness[_loud(tile)].max(initial=0.0)) > _PERHAPS for tile in tiles)


def is_on_a_law(samples: Int16Array) -> bool:
    """Whether one law may have been read as the other, which is like the reference still."""
    return max(share_on(samples, law) for law in ("mulaw", "alaw")) > _ON_LEVELS


def find_by_reading(heard: Heard, reference: Reference, tiles: list[Tile]) -> list[Finding]:
    """Ways to read or to play it after which it is the reference, the best first.

    Parameters
    ----------
    heard : Heard
    reference : Reference
    tiles : list of Tile
        From `look`.
    """
    tried: dict[str, tuple[Way, list[_Gain]]] = {}
    for tile in tiles:
        helped = {
            words
            for words, (_, gains) in tried.items()
            if max(gain.share for gain in gains) > _LEAST_SHARE
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


def _finding(way: Way, gains: list[_Gain]) -> tuple[float, Finding] | None:
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
    heard: Heard, as_is: Tile, reference: Reference, helped: set[str]
) -> Iterator[tuple[Way, _Gain]]:
    """Try each way on a tile; where one that helped before helps again, none of the others."""
    length = round(_TILE_S * heard.rate_hz)
    samples = heard.samples[as_is.begin : as_is.begin + length]
    already = _ALREADY_ON_A_LAW if is_on_a_law(samples) else _ALREADY
    if as_is.power.any() and as_is.likeness[as_is.power > 0].min() > already:
        return
    possible = list(ways(samples))
    helps = False
    for way in sorted(possible, key=lambda way: way.words not in helped):
        if helps and way.words not in helped:
            return
        gain = _gained(_try(heard, as_is.begin, way, reference), as_is)
        helps |= way.words in helped and gain.share > _LEAST_SHARE
        yield way, gain


def _loud(tile: Tile) -> npt.NDArray[np.bool_]:
    return np.asarray(tile.power >= max(_LOUD * float(tile.power.max()), 1e-9))


def _try(heard: Heard, begin: int, way: Way, reference: Reference) -> Tile:
    length = round(_TILE_S * heard.rate_hz)
    samples = way.read(heard.samples[begin : begin + length])
    rate_hz = heard.rate_hz * way.faster
    common = min(rate_hz, float(reference.rate_hz))
    own = at_rate(samples, rate_hz, common)
    best: tuple[float, Floats, Floats] = (-1.0, np.zeros(1), np.zeros(1))
    for said in _sections(heard, begin, way, reference, samples.size / rate_hz):
        like, power = match(own, at_rate(said, reference.rate_hz, common), common)
        score = float(np.average(like**2, weights=power + 1e-9))
        best = max(best, (score, like, power), key=lambda item: item[0])
    return Tile(begin, best[1], best[2])


def _sections(
    heard: Heard, begin: int, way: Way, reference: Reference, length_s: float
) -> list[Int16Array]:
    if reference.duration_s <= _WHOLE_S:
        return [reference.samples]
    at_s = begin * way.longer / (heard.rate_hz * way.faster)
    found = [reference.section(at_s - _SLACK_S, at_s + length_s + _SLACK_S)[0]]
    span = round(_SPAN_S * heard.rate_hz)
    early = max(begin - span // 2, 0) // 2 * 2
    piece = way.read(heard.samples[early : early + span])
    ahead_s = (begin - early) * way.longer / (heard.rate_hz * way.faster)
    for place in reference.places(piece, heard.rate_hz * way.faster)[
        : 1 if heard.duration_s > _SPAN_S else 3
    ]:
        at = place + ahead_s
        found.append(reference.section(at - _SLACK_S, at + length_s + _SLACK_S)[0])
    return found


def _gained(tried: Tile, as_is: Tile) -> _Gain:
    """How much more like the reference a tile is in this way."""
    like = tried.likeness
    was = np.interp(
        np.linspace(0, 1, like.size), np.linspace(0, 1, as_is.likeness.size), as_is.likeness
    )
    power = tried.power
    clearly = (like > was + _CLEARLY) | (1 - like**2 < _LEFT * (1 - was**2))
    better = _loud(tried) & (like > _LIKE) & clearly
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
