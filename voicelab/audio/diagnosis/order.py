"""Frames in the wrong order: on one grid, several would go on better the other way round."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from voicelab.audio.diagnosis.crackles import without_crackles
from voicelab.audio.diagnosis.finding import Finding, doubted
from voicelab.audio.diagnosis.frames import FRAMES_MS
from voicelab.audio.diagnosis.heard import NOISY_DB, Heard, snr_db
from voicelab.audio.diagnosis.junctions import Junctions
from voicelab.audio.diagnosis.lines import without_lines
from voicelab.audio.samples import Int16Array

_ORDERS: Final[tuple[tuple[int, ...], ...]] = ((1, 0), (2, 0, 1), (1, 2, 0), (2, 1, 0))
"""How neighbours may have to be put: two changed places, or one came two late or two early."""
_DOUBT: Final = 8.0
_QUIET: Final = 0.02
_TRUST: Final = 0.7
_PRICE: Final = 6.0
_MOST: Final = 18.0
_ELSEWHERE: Final = (0.2, 0.45, 0.7)
_BY_CHANCE: Final = 1.5
_SUSPECT: Final = 7.0
_FEWEST: Final = 2  # one group that fits better elsewhere is found in good speech too
_SUSPECT_FEW: Final = 10.5  # and frames of 10 ms are so many that chance finds more among them
_SHORT_MS: Final = 10
_CLEAR: Final = {True: 14.0, False: 20.0}
"""Nats that leave no doubt, in noise and without: the purer the voice, the farther chance goes."""
_SUSPECT_CLEAN: Final = 14.0
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
        gain = np.sum(saved[:changed], axis=0)
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


class _Piece:
    """A piece without what crackles, and the voice in it.

    Parameters
    ----------
    samples : ndarray of int16, shape (n,)
    rate_hz : int
    """

    def __init__(self, samples: Int16Array, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._heard = without_crackles(samples, rate_hz)
        self._voice = without_lines(self._heard, rate_hz)
        self._hidden = snr_db(self._voice, rate_hz) < NOISY_DB

    def moves(self, length: int, off: int = 0) -> Moves:
        """Frames that fit better elsewhere, the first of them beginning so many samples in."""
        heard, voice = self._heard[off:], self._voice[off:]
        return Moves(Junctions(heard, voice, length, self._rate_hz, hidden=self._hidden))


def find_reordered(heard: Heard) -> tuple[list[Finding], float]:
    """Try each usual length of a frame; frames cut elsewhere tell what chance would find.

    Returns
    -------
    tuple of list of Finding and float
        And the evidence, in nats.
    """
    pieces = [_Piece(piece, heard.rate_hz) for piece in heard.pieces()]
    best: tuple[float, int, int] = (0.0, 0, 0)
    for frame_ms in FRAMES_MS:
        length = heard.rate_hz * frame_ms // 1000
        evidence, count = _evidence(pieces, length, 0)
        if evidence < max(_SUSPECT, best[0]):
            continue
        evidence -= _BY_CHANCE * max(
            _evidence(pieces, length, round(share * length))[0] for share in _ELSEWHERE
        )
        best = max(best, (evidence, count, frame_ms))
    evidence, count, frame_ms = best
    few = frame_ms == _SHORT_MS or count < _FEWEST
    noisy = heard.is_noisy
    in_noise = _SUSPECT_FEW if few else _SUSPECT
    if evidence < (in_noise if noisy else _SUSPECT_CLEAN):
        return [], evidence
    finding = Finding(
        "reordering",
        min(0.98, 0.7 + evidence / 200),
        f"{count} group{'s' * (count > 1)} of {frame_ms} ms frames would go on better in another "
        f"order ({evidence:.0f} nats more than frames cut elsewhere)"
        + (f"; the first {_MENDED_S} s are mended" if heard.duration_s > _MENDED_S else ""),
        lambda heard: (_in_order(heard, frame_ms), heard.rate_hz),
        weight=evidence,
    )
    if evidence < _CLEAR[noisy]:
        finding = doubted(finding, "a reference or a longer piece would settle it")
    return [finding], evidence


def _evidence(pieces: list[_Piece], length: int, off: int) -> tuple[float, int]:
    evidence, count = 0.0, 0
    for piece in pieces:
        moves = piece.moves(length, off)
        evidence += moves.evidence
        count += sum(_TRUST * gain > _PRICE for gain in moves.gains)
    return evidence, count


def _in_order(heard: Heard, frame_ms: int) -> Int16Array:
    """Put frames in order, for as long as a person will wait."""
    length = heard.rate_hz * frame_ms // 1000
    mended = heard.samples.copy()
    part = heard.samples[: _MENDED_S * heard.rate_hz]
    for at, order in _Piece(part, heard.rate_hz).moves(length).moves:
        for n, other in enumerate(order):
            to, source = (at + n) * length, (at + other) * length
            mended[to : to + length] = part[source : source + length]
    return mended
