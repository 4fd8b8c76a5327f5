"""Frames in the wrong order: on one grid, several would go on better the other way round.

The first frame most often begins with the recording. Where nothing speaks for that, the grids are
tried that begin where the wave breaks off; of so many, one seems to fit in good speech too, and
more is asked of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from voicelab.audio.diagnosis.crackles import without_crackles
from voicelab.audio.diagnosis.finding import Finding, doubted
from voicelab.audio.diagnosis.frames import FRAMES_MS
from voicelab.audio.diagnosis.grids import breaks, likely_starts
from voicelab.audio.diagnosis.heard import NOISY_DB, Heard, snr_db
from voicelab.audio.diagnosis.junctions import Junctions
from voicelab.audio.diagnosis.lines import without_lines
from voicelab.audio.samples import Int16Array

_ORDERS: Final[tuple[tuple[int, ...], ...]] = (
    (1, 0), (2, 0, 1), (1, 2, 0), (2, 1, 0), (3, 0, 1, 2), (1, 2, 3, 0),
)  # fmt: skip
"""How neighbours may have to be put: two changed places, or one came two or three late or early."""
_DOUBT: Final = 8.0
_QUIET: Final = 0.02
_TRUST: Final = 0.7
_PRICE: Final = 6.0
_MOST: Final = 18.0
_NEAR: Final = 3
_FAR: Final = 3.0  # nats: a frame that is three late is rarer than one that is one or two
_ELSEWHERE: Final = (0.2, 0.45, 0.7)
_BY_CHANCE: Final = 1.5
_SUSPECT: Final = 7.0
_FEWEST: Final = 3  # two groups that fit better elsewhere are found in good speech too
_SUSPECT_FEW: Final = 11.5  # and frames of 10 ms are so many that chance finds more among them
_SHORT_MS: Final = 10
_CLEAR: Final = 16.5
"""Nats that leave no doubt: the purer the voice, the farther chance goes.

It goes as far where noise crackles, since what is left of crackles is sudden, and in a long
recording in which hardly any group is found.
"""
_CLEAR_IN_NOISE: Final = 14.0
_SEARCHED: Final = 10.0
"""Nats that the likeliest of so many grids has by chance over one that is known beforehand."""
_STARTS: Final = 5
_TRIED: Final = 2  # every second piece of a long recording tells which grids are worth the others
_STARTS_SHORT: Final = 2  # frames of 10 ms take longest to try
_WORTH_A_CLIMB: Final = 2
_LEAST: Final = 5.0
_STEPS_S: Final = (1e-3, 5e-4, 2.5e-4, 1.25e-4)
_MENDED_S: Final = 300

_Floats = npt.NDArray[np.float64]


class Moves:
    """Groups of frames that fit better in another order.

    Parameters
    ----------
    junctions : Junctions
    """

    def __init__(self, junctions: Junctions) -> None:
        found = sorted(_candidates(junctions), reverse=True)
        taken = np.zeros(junctions.count + 1, np.bool_)
        self.moves: list[tuple[int, tuple[int, ...]]] = []
        self.gains: list[float] = []
        for gain, at, order in found:
            last = at + len(order)
            if not taken[at : last + 1].any():
                taken[at : last + 1] = True
                self.moves.append((at, order))
                self.gains.append(gain)

    @property
    def evidence(self) -> float:
        """Nats that speak for frames having been moved, over all that chance would find."""
        worth = _TRUST * np.minimum(self.gains, _MOST / _TRUST) - _PRICE
        return float(np.maximum(worth, 0).sum())


def _candidates(junctions: Junctions) -> Iterator[tuple[float, int, tuple[int, ...]]]:
    """Gain, first frame and better order of each group that does not fit as it is."""
    count = junctions.count
    if count < 8:
        return
    now, doubt, kept = junctions.as_heard()
    loud = junctions.power > _QUIET * junctions.power.mean()
    groups = []
    for order in _ORDERS:
        size = len(order)
        at = np.arange(2, count - size - 2)
        heard = np.any([loud[at + n] for n in range(size)], axis=0)
        doubts = sum(doubt[at + n] for n in range(size + 1))
        fits = sum(kept[at + n].astype(int) for n in range(size + 1))
        groups.append(at[heard & (doubts > _DOUBT) & (fits < size)])
    steps = [
        (at + slot, at + before, at + one, at + two)
        for at, order in zip(groups, _ORDERS, strict=True)
        for slot, before, one, two in _changed(order)
    ]
    place, *others = (np.concatenate(column) for column in zip(*steps, strict=True))
    saved = np.split(
        now[place] - junctions.cost(place, *others), np.cumsum([len(step[0]) for step in steps])
    )
    for at, moved in zip(groups, _ORDERS, strict=True):
        changed = len(_changed(moved))
        gain = np.sum(saved[:changed], axis=0) - _FAR * (len(moved) > _NEAR)
        del saved[:changed]
        for n in np.flatnonzero(_TRUST * gain > _PRICE):
            yield float(gain[n]), int(at[n]), moved


@cache
def _changed(order: tuple[int, ...]) -> list[tuple[int, int, int, int]]:
    """Places whose frame, or one of the two before it, becomes another one, and which three."""
    size = len(order)
    then = (-2, -1, *order, size, size + 1)
    triples = enumerate(zip(then, then[1:], then[2:], strict=False))
    return [(n, *triple) for n, triple in triples if triple != (n - 2, n - 1, n)]


@dataclass(frozen=True, slots=True, order=True)
class _Grid:
    """Frames of one length, and what speaks for some of them having been moved.

    Attributes
    ----------
    evidence : float
        Nats, over what grids that begin elsewhere tell.
    count : int
        Groups that fit better in another order.
    frame_ms, start : int
        How long a frame is, and at which sample the first begins.
    """

    evidence: float = 0.0
    count: int = 0
    frame_ms: int = 0
    start: int = 0


class _Piece:
    """A piece without what crackles, and the voice in it.

    Parameters
    ----------
    samples : ndarray of int16, shape (n,)
    rate_hz : int

    Attributes
    ----------
    crackles : bool
        Whether anything was taken off.
    """

    def __init__(self, samples: Int16Array, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._moves: dict[tuple[int, int], Moves] = {}
        self._heard = without_crackles(samples, rate_hz)
        self.crackles = not np.array_equal(self._heard, samples)
        self._voice = without_lines(self._heard, rate_hz)
        self._hidden = snr_db(self._voice, rate_hz) < NOISY_DB

    def moves(self, length: int, start: int) -> Moves:
        """Frames that fit better elsewhere, the first of them beginning so many samples in."""
        if (length, start) not in self._moves:
            heard, voice = self._heard[start:], self._voice[start:]
            junctions = Junctions(heard, voice, length, self._rate_hz, hidden=self._hidden)
            self._moves[length, start] = Moves(junctions)
        return self._moves[length, start]

    def breaks(self) -> _Floats:
        """How little the wave goes on, sample by sample."""
        return breaks(self._heard, self._rate_hz)


class _Pieces:
    """All that is looked at of a recording, and the grids that are tried.

    Attributes
    ----------
    count : int
        Of a long recording there are several.
    even : bool
        Whether there is much noise, and it does not crackle.
    """

    def __init__(self, heard: Heard) -> None:
        self._pieces = [_Piece(piece, heard.rate_hz) for piece in heard.pieces()]
        self._rate_hz = heard.rate_hz
        self.count = len(self._pieces)
        self.even = heard.is_noisy and not any(piece.crackles for piece in self._pieces)

    def at_start(self) -> _Grid:
        """The best of the grids that begin with the recording."""
        best = _Grid()
        for frame_ms in FRAMES_MS:
            if self._grid(frame_ms, 0, _TRIED).evidence > _LEAST:
                grid = self._grid(frame_ms, 0)
                if grid.evidence >= max(_SUSPECT, best.evidence):
                    best = max(best, self._beside_others(grid))
        return best

    def anywhere(self) -> _Grid:
        """The best of the grids that begin where the wave breaks off."""
        all_breaks = [piece.breaks() for piece in self._pieces]
        grids = []
        for frame_ms in FRAMES_MS:
            length = self._length(frame_ms)
            most = _STARTS_SHORT if frame_ms == _SHORT_MS else _STARTS
            starts = likely_starts(all_breaks, length, self._rate_hz, most)
            grids.append(max((self._grid(frame_ms, n, _TRIED) for n in starts), default=_Grid()))
        best = _Grid()
        for grid in sorted(grids, reverse=True)[:_WORTH_A_CLIMB]:
            if grid.evidence > _LEAST:
                top = self._climbed(grid)
                grid = self._grid(top.frame_ms, top.start)
                if grid.evidence > best.evidence:
                    best = max(best, self._beside_others(grid))
        return best

    def _climbed(self, grid: _Grid) -> _Grid:
        """Move the start to where most speaks for it."""
        for step_s in _STEPS_S:
            step = max(round(step_s * self._rate_hz), 1)
            for start in (grid.start - step, grid.start + step):
                start %= self._length(grid.frame_ms)
                grid = max(grid, self._grid(grid.frame_ms, start, _TRIED))
        return grid

    def _beside_others(self, grid: _Grid) -> _Grid:
        """Take off what grids tell that begin elsewhere: so much is chance."""
        length = self._length(grid.frame_ms)
        evidence = grid.evidence
        for share in _ELSEWHERE:
            other = self._grid(grid.frame_ms, (grid.start + round(share * length)) % length)
            evidence = min(evidence, grid.evidence - _BY_CHANCE * other.evidence)
            if evidence < _SUSPECT:
                break  # that is nothing, whatever the others tell
        return replace(grid, evidence=evidence)

    def _grid(self, frame_ms: int, start: int, every: int = 1) -> _Grid:
        """What one grid tells, of every piece or of some."""
        length = self._length(frame_ms)
        moves = [piece.moves(length, start) for piece in self._pieces[::every]]
        evidence = sum(each.evidence for each in moves)
        return _Grid(evidence, sum(len(each.gains) for each in moves), frame_ms, start)

    def _length(self, frame_ms: int) -> int:
        return self._rate_hz * frame_ms // 1000


def find_reordered(heard: Heard) -> tuple[list[Finding], float]:
    """Try each usual length of a frame; frames cut elsewhere tell what chance would find.

    Returns
    -------
    tuple of list of Finding and float
        And the evidence, in nats.
    """
    pieces = _Pieces(heard)
    anywhere = pieces.anywhere()
    grid = max(pieces.at_start(), replace(anywhere, evidence=anywhere.evidence - _SEARCHED))
    evidence = grid.evidence
    few = grid.frame_ms == _SHORT_MS or grid.count < _FEWEST
    in_noise = _SUSPECT_FEW if few else _SUSPECT
    telling = pieces.even and grid.count >= pieces.count
    if evidence < (in_noise if telling else _CLEAR):
        return [], evidence
    beginning = f" that begin {grid.start} samples in" if grid.start else ""
    finding = Finding(
        "reordering",
        min(0.98, 0.7 + evidence / 200),
        f"{grid.count} group{'s' * (grid.count > 1)} of {grid.frame_ms} ms frames{beginning} would "
        f"go on better in another order ({evidence:.0f} nats more than frames cut elsewhere)"
        + (f"; the first {_MENDED_S} s are mended" if heard.duration_s > _MENDED_S else ""),
        lambda heard: (_in_order(heard, grid), heard.rate_hz),
        weight=evidence,
    )
    if evidence < _CLEAR_IN_NOISE:
        finding = doubted(finding, "a reference or a longer piece would settle it")
    return [finding], evidence


def _in_order(heard: Heard, grid: _Grid) -> Int16Array:
    """Put frames in order, for as long as a person will wait."""
    length = heard.rate_hz * grid.frame_ms // 1000
    mended = heard.samples.copy()
    part = heard.samples[: _MENDED_S * heard.rate_hz]
    for at, order in _Piece(part, heard.rate_hz).moves(length, grid.start).moves:
        for n, other in enumerate(order):
            to, source = (grid.start + (at + place) * length for place in (n, other))
            mended[to : to + length] = part[source : source + length]
    return mended
