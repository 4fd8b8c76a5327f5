"""Where the recording is not what the reference tells: lost, from elsewhere, put in, left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from voicelab.audio.diagnosis.against.laid import Laid, cut
from voicelab.audio.diagnosis.against.reference import Floats

_BLOCK_S: Final = 0.005
_FARTHEST_S: Final = 0.25
_NEAREST_S: Final = 0.0099
_LONGEST_FRAME_S: Final = 0.12
_SILENT: Final = 16.0
_EDGE_S: Final = 0.002
_GENTLE: Final = 0.5
_QUIET: Final = 0.4
_MOST_GAPS: Final = 0.9
_FRAME_S: Final = 0.02
_AUDIBLE: Final = 0.02
_BAD: Final = 0.4
_LOUD: Final = 6.0
_EXPLAINED: Final = 0.4
_FREE: Final = 0.2
"""Independent samples a sample: speech goes on from sample to sample."""
_CONSISTENT: Final = 0.4
_MOST_PIECES: Final = 150
_LASTING_S: Final = 0.03  # a shorter piece at another delay is a likeness by chance
_LEAST_STEP_S: Final = 0.003


@dataclass(frozen=True)
class Lost:
    """Silence where there should be sound.

    Attributes
    ----------
    begin, end : int
    edge : float or None
        How loud it is just beside the silence, as a multiple of what is told there, on the side
        where it is less: about 1 where a frame was lost. None where nothing is said on either side.
    loudness : float
        The part of the speech that was kept and that the reference says more quietly.
    """

    begin: int
    end: int
    edge: float | None
    loudness: float


@dataclass(frozen=True)
class Step:
    """Something put in (`length` above 0) or left out (below), so that all that follows moves."""

    begin: int
    length: int
    heard: Floats
    before: Floats
    after: Floats


@dataclass(frozen=True)
class Moved:
    """Pieces that come from elsewhere.

    Attributes
    ----------
    frame : int
        Samples of which their distances are multiples.
    later, earlier : float
        Nats that speak for pieces that come too early (they belong later), and for such as were
        heard before.
    pieces : list of (int, int, int)
        Begin, end, and how much earlier the sound was due; negative for sound that was due later.
    """

    frame: int
    later: float
    earlier: float
    pieces: list[tuple[int, int, int]]


def lost(part: Laid) -> list[Lost]:
    """Silence where the reference is loud, its edges to the sample."""
    return [
        Lost(begin, end, _edge(part, begin, end), _loudness(part, begin, end))
        for begin, end in _silences(part)
    ]


def gated(gaps: list[Lost]) -> bool:
    """Whether a gate closed in the pauses: gently, and only where the reference is quiet.

    A frame is lost all at once and anywhere. Behind a filter its edges are gentle too.
    """
    edges = [gap.edge for gap in gaps if gap.edge is not None]
    if not edges or np.mean(np.array(edges) < _GENTLE) < _MOST_GAPS:
        return False
    return float(np.mean([gap.loudness < _QUIET for gap in gaps])) >= _MOST_GAPS


def _silences(part: Laid) -> list[tuple[int, int]]:
    length = round(_BLOCK_S * part.rate_hz)
    starts = part.blocks(length)
    if not starts.size:
        return []
    said = (cut(part.told, starts, length) ** 2).mean(axis=1)
    quiet = (np.abs(part.heard) <= _SILENT) | (np.abs(part.heard - part.offset) <= _SILENT)
    silent = quiet[starts[:, None] + np.arange(length)].mean(axis=1) > 0.9
    audible = said > max(_AUDIBLE * float(said.mean()), (4 * _SILENT) ** 2)
    found: list[tuple[int, int]] = []
    for at in starts[silent & audible]:
        if found and at < found[-1][1]:
            continue
        begin = end = int(at) + length // 2
        while begin > 0 and quiet[begin - 1]:
            begin -= 1
        while end < quiet.size and quiet[end]:
            end += 1
        if end - begin >= length:
            found.append((begin, end))
    return [gap for gap in found if _cuts(part, *gap)]


def _cuts(part: Laid, begin: int, end: int) -> bool:
    """Whether sound is missing in it: heard through the filter, and in the reference itself."""
    rows = (part.told[begin:end], part.said[begin:end])
    return all(float(row.std()) > 4 * _SILENT for row in rows)


def _edge(part: Laid, begin: int, end: int) -> float | None:
    beside = round(_EDGE_S * part.rate_hz)
    gains = []
    for first, last in ((max(begin - beside, 0), begin), (end, end + beside)):
        told, heard = part.told[first:last], part.heard[first:last] - part.offset
        power = float(told @ told)
        if power > told.size * (_SILENT / 2) ** 2:
            gains.append(float(heard @ told) / power)
    return min(gains) if gains else None


def _loudness(part: Laid, begin: int, end: int) -> float:
    length = round(_FRAME_S * part.rate_hz)
    starts = part.blocks(length)
    if not starts.size:
        return 1.0
    told, heard = ((cut(row, starts, length) ** 2).mean(axis=1) for row in (part.told, part.heard))
    kept = told[heard > _SILENT**2]
    quieter = kept < float((part.told[begin:end] ** 2).mean())
    return float(quieter.mean()) if quieter.size else 1.0


def steps(part: Laid) -> list[Step]:
    """Where the lag changes for good."""
    found = []
    shortest = round(_LASTING_S * part.rate_hz)
    lasting = [segment for segment in part.segments if segment.end - segment.begin >= shortest]
    for before, after in pairwise(lasting):
        step = round(after.lag - before.lag)
        if abs(step) < _LEAST_STEP_S * part.rate_hz:
            continue
        size = abs(step)
        found.append(
            Step(
                before.end,
                step,
                part.heard[before.end : after.begin],
                part.heard[max(before.end - size, 0) : before.end],
                part.heard[after.begin : after.begin + size],
            )
        )
    return found


def moved(parts: list[Laid]) -> Moved | None:
    """Pieces that are the reference at another place, at distances of whole frames."""
    pieces = [piece for part in parts for piece in _pieces(part)]
    if not pieces:
        return None
    pieces = sorted(pieces, key=lambda piece: -float(piece.nats.max()))[:_MOST_PIECES]
    rate_hz = parts[0].rate_hz
    every = np.stack([piece.nats for piece in pieces])
    far = every.shape[1] // 2
    ceiling = float(every.max(axis=1).sum())
    if ceiling <= 0:
        return None
    frames = np.arange(round(_NEAREST_S * rate_hz), round(_LONGEST_FRAME_S * rate_hz) + 1)
    totals = np.array([_on_grid(every, far, int(f)).max(axis=1).sum() for f in frames])
    best = float(totals.max())
    last = int(np.flatnonzero(totals >= 0.97 * best)[-1])  # a part of a frame fits as well
    exact = [
        every[:, far + f].sum() + every[:, far - f].sum()
        for f in frames[max(last - 2, 0) : last + 1]
    ]
    frame = int(frames[max(last - 2, 0) + int(np.argmax(exact))])
    on_grid = _on_grid(every, far, frame)
    which = on_grid.argmax(axis=1)
    nats = on_grid.max(axis=1)
    multiples = np.array(_MULTIPLES)[which]
    sure = nats > np.maximum(_LEAST_NATS, 0.6 * every.max(axis=1))
    if float(nats[sure].sum()) < _CONSISTENT * ceiling:
        return None
    return Moved(
        frame,
        float(nats[sure & (multiples < 0)].sum()),
        float(nats[sure & (multiples > 0)].sum()),
        [
            (p.begin, p.begin + p.length, int(m) * frame)
            for p, m, s in zip(pieces, multiples, sure, strict=True)
            if s
        ],
    )


_MULTIPLES: Final = (-4, -3, -2, -1, 1, 2, 3, 4)
_LEAST_NATS: Final = 4.0


def _on_grid(nats: Floats, far: int, frame: int) -> Floats:
    rows = np.zeros((nats.shape[0], len(_MULTIPLES)))
    for n, multiple in enumerate(_MULTIPLES):
        at = far + multiple * frame
        if 1 <= at < nats.shape[1] - 1:
            rows[:, n] = nats[:, at - 1 : at + 2].max(axis=1) / abs(multiple) ** 0.1
    return rows


@dataclass(frozen=True)
class _Piece:
    """A piece that is not the reference in its place, and how well each other place fits."""

    begin: int
    length: int
    nats: Floats


def _pieces(part: Laid) -> Iterator[_Piece]:
    length = 2 * round(_BLOCK_S * part.rate_hz)
    starts = part.blocks(length)
    if not starts.size:
        return
    white_heard, white_told = part.whitened()
    heard, told = cut(white_heard, starts, length), cut(white_told, starts, length)
    rest = ((heard - told) ** 2).sum(axis=1)
    both = (heard**2).sum(axis=1) + (told**2).sum(axis=1)
    usual = float(np.median(rest)) + length
    sounds = (heard**2).sum(axis=1) > np.maximum(_LOUD / 2 * usual, length * _SILENT**2)
    bad = (rest > _BAD * both) & (both > _LOUD * usual) & sounds
    far = round(_FARTHEST_S * part.rate_hz)
    padded = np.pad(white_told, far)
    powers = np.concatenate(([0.0], np.cumsum(padded**2)))
    for at, own in zip(starts[bad], heard[bad], strict=True):
        around = padded[at : at + 2 * far + length]
        there = powers[at + length : at + length + 2 * far + 1] - powers[at : at + 2 * far + 1]
        left = float(own @ own) + there - 2 * np.correlate(around, own, "valid")
        left = left[::-1]  # index far + l: the sound that was due l samples earlier
        nats = (
            0.5
            * _FREE
            * length
            * np.log((float(left[far]) + usual) / (np.maximum(left, 0.0) + usual))
        )
        nats[left > _EXPLAINED * float(own @ own)] = 0.0
        yield _Piece(part.begin + int(at), length, np.maximum(nats, 0.0))
