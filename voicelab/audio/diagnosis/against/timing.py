"""Frames that never came, came twice, or in another order."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from voicelab.audio.compare.wording import length, times
from voicelab.audio.diagnosis.against.exchanges import Exchanges, exchanged
from voicelab.audio.diagnosis.against.laid import Laid
from voicelab.audio.diagnosis.against.matching import correlation
from voicelab.audio.diagnosis.against.moments import Moved, Step, gated, lost, moved, steps
from voicelab.audio.diagnosis.finding import Finding, Repair, keep
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.samples import Int16Array

_CLEAR_NATS: Final = 25.0
_CLEAR_EXCHANGE: Final = 15.0
_EXPLAINS: Final = 0.3
_FEWEST_PIECES: Final = 2
_PIECE_MS: Final = 10
_OF_A_FRAME: Final = 0.5
"""A frame that came before is heard as long as it is, but for what is quiet in it."""
_FROM_LATER: Final = 0.2
_ALSO: Final = 0.05
_TWICE: Final = 0.8
_IDLE: Final = 16.0
_BEHIND: Final = 0.05
_SELDOM: Final = 0.25
"""Where sound is left out so much more often than frames seem moved, these are steps not seen."""
_STRAY: Final = 0.1


def find_timing(laid: list[Laid], copies: list[Finding]) -> list[Finding]:
    """All of it that can be heard, the surest first.

    Parameters
    ----------
    laid : list of Laid
    copies : list of Finding
        Frames that equal the one before, where the reference has none such.
    """
    rate_hz = laid[0].rate_hz
    every = [step for part in laid for step in steps(part)]
    left_out = sum(step.length < 0 for step in every)
    found = [*copies, *_stepped(every, rate_hz), *_out_of_order(laid, left_out)]
    best: dict[str, Finding] = {}
    for finding in sorted(found, key=lambda finding: -finding.confidence):
        best.setdefault(finding.fault, finding)
    others = [finding.confidence for fault, finding in best.items() if fault != "packet-loss"]
    for finding in _lost(laid):
        if others:  # silence that came from elsewhere looks lost
            finding = replace(finding, confidence=min(finding.confidence, max(others) - _BEHIND))
        if "packet-loss" not in best or best["packet-loss"].confidence < finding.confidence:
            best["packet-loss"] = finding
    return sorted(best.values(), key=lambda finding: -finding.confidence)


def _out_of_order(laid: list[Laid], left_out: int) -> list[Finding]:
    """Frames that changed places or were heard before, unless sound is left out far more often."""
    rate_hz = laid[0].rate_hz
    moves, exchanges = moved(laid), exchanged(laid)
    fewest = _SELDOM * left_out
    if _is_exchanged(exchanges, moves):
        return [_exchanged(exchanges, rate_hz)] if exchanges.groups >= fewest else []
    if moves is None or moves.later + moves.earlier < _CLEAR_NATS:
        return []
    frames = len(moves.pieces) * _PIECE_MS * rate_hz / (1000 * moves.frame)
    return _moved(moves, rate_hz) if frames >= fewest else []


def _lost(laid: list[Laid]) -> list[Finding]:
    rate_hz = laid[0].rate_hz
    gaps = [gap for part in laid for gap in lost(part)]
    if not gaps or gated(gaps):
        return []
    lengths = sorted({round((gap.end - gap.begin) / rate_hz, 3) for gap in gaps})
    return [
        Finding(
            "packet-loss",
            min(0.99, 0.85 + 0.03 * len(gaps)),
            f"{times(len(gaps))} it is silent where the reference is not, for "
            f"{', '.join(map(length, lengths[:4]))}",
        )
    ]


def _stepped(every: list[Step], rate_hz: int) -> list[Finding]:
    out = [step for step in every if step.length < 0]
    silent = [step for step in every if step.length > 0 and _is_silent(step)]
    twice = [s for s in every if s.length > 0 and not _is_silent(s) and _is_twice(s)]
    most = max((sum(abs(s.length) for s in rows) for rows in (out, twice, silent)), default=0)
    found = []
    for fault, rows, words in (
        ("packet-loss", out, "sound is left out"),
        ("repeats", twice, "sound comes twice, and all after it is late"),
        ("packet-loss", silent, "silence is put in, and all after it is late"),
    ):
        total = sum(abs(step.length) for step in rows)
        if total > _STRAY * most:
            less = _BEHIND if 2 * total < most else 0.0
            found.append(
                Finding(
                    fault,
                    min(0.97, 0.7 + 0.05 * len(rows)) - less,
                    f"{times(len(rows))} {words}: {length(total / rate_hz)} in all",
                )
            )
    return found


def _is_twice(step: Step) -> bool:
    return any(
        other.size == step.heard.size
        and (correlation(step.heard, other) > _TWICE or bool((step.heard == other).mean() > 0.5))
        for other in (step.before, step.after)
    )


def _is_silent(step: Step) -> bool:
    return bool(step.heard.size) and float(np.abs(step.heard).max()) <= _IDLE


def _is_exchanged(exchanges: Exchanges, moves: Moved | None) -> bool:
    """Whether frames changed places; among many that were heard before, two may seem to have."""
    if exchanges.nats < _CLEAR_EXCHANGE:
        return False
    if moves is None or not moves.pieces:
        return True
    inside = [
        any(begin < last and first < end for first, last, _ in exchanges.pieces)
        for begin, end, _ in moves.pieces
    ]
    return sum(inside) >= _EXPLAINS * len(inside)


def _exchanged(exchanges: Exchanges, rate_hz: int) -> Finding:
    groups = exchanges.groups
    return Finding(
        "reordering",
        min(0.98, 0.8 + exchanges.nats / 200),
        f"{groups} group{'s' * (groups > 1)} of frames of "
        f"{1000 * exchanges.frame / rate_hz:g} ms "
        f"{'are' if groups > 1 else 'is'} the reference in another order "
        f"({exchanges.nats:.0f} nats more likely than in its own)",
        _in_order(exchanges.pieces, rate_hz),
    )


def _moved(moves: Moved, rate_hz: int) -> list[Finding]:
    if len(moves.pieces) < _FEWEST_PIECES:
        return []
    nats = moves.later + moves.earlier
    ms = 1000 * moves.frame / rate_hz
    confidence = min(0.98, 0.75 + nats / 1000)
    early = sum(1 for piece in moves.pieces if piece[2] < 0)
    if moves.later > _FROM_LATER * nats and moves.earlier < _ALSO * nats:
        return []  # what comes too early pushes something else back
    if moves.later >= _FROM_LATER * nats:
        return [
            Finding(
                "reordering",
                confidence,
                f"{early} pieces come before their time and {len(moves.pieces) - early} after it, "
                f"by frames of {ms:g} ms",
                _in_order(moves.pieces, rate_hz),
            )
        ]
    if len(moves.pieces) * _PIECE_MS < _OF_A_FRAME * ms:
        return []
    return [
        Finding(
            "repeats",
            confidence,
            f"{len(moves.pieces)} pieces of 10 ms were heard {ms:g} ms before, and stand where "
            "other sound was due",
            keep,
        )
    ]


def _in_order(pieces: list[tuple[int, int, int]], rate_hz: int) -> Repair:
    def repair(heard: Heard) -> tuple[Int16Array, int]:
        if heard.rate_hz != rate_hz:
            return keep(heard)
        mended = heard.samples.copy()
        for begin, end, late in pieces:
            first, last = begin - late, end - late
            if first >= 0 and last <= mended.size and end <= heard.samples.size:
                mended[first:last] = heard.samples[begin:end]
        return mended, heard.rate_hz

    return repair
