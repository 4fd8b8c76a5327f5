"""What the reference says comes first; what it disproves is dropped."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from voicelab.audio.diagnosis.against.chunks import find_chunks
from voicelab.audio.diagnosis.against.harmless import goes_on_words, harmless_words
from voicelab.audio.diagnosis.against.laid import MOSTLY, Laid, cut, lay
from voicelab.audio.diagnosis.against.laws import bends
from voicelab.audio.diagnosis.against.matching import correlation
from voicelab.audio.diagnosis.against.readings import (
    find_by_reading,
    is_on_a_law,
    look,
    seems_alike,
)
from voicelab.audio.diagnosis.against.reference import Reference
from voicelab.audio.diagnosis.against.shape import find_clipped, find_offset
from voicelab.audio.diagnosis.against.timing import find_timing
from voicelab.audio.diagnosis.blind import PLAIN, find_blind
from voicelab.audio.diagnosis.clicks import find_clicks
from voicelab.audio.diagnosis.companding import find_continuous
from voicelab.audio.diagnosis.finding import Finding
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.diagnosis.levels import find_clipped as find_piled
from voicelab.audio.diagnosis.levels import find_silent
from voicelab.audio.diagnosis.lost import find_lost
from voicelab.audio.diagnosis.misread import find_misread
from voicelab.audio.diagnosis.repeats import find_repeats
from voicelab.audio.diagnosis.rereading import OF_L16
from voicelab.audio.diagnosis.restarts import find_restarts
from voicelab.audio.diagnosis.slips import find_slips
from voicelab.audio.diagnosis.stereo import find_panned

_WINDOW_S: Final = 0.5
_LOUD: Final = 0.2
_LIKE: Final = 0.5
_ON_LAW: Final = 0.97
_BENT: Final = 0.5
_CLEAR: Final = 6.0
_EXACT: Final = 1.5
_LEVELS: Final = 256
_PLAIN: Final = (*PLAIN, find_panned, find_restarts)
"""What needs no reference, unless the reference has it too."""
_OTHER_LAW: Final = ("mulaw-as-alaw", "alaw-as-mulaw")
"""What they bend is still like the reference, and in noise as like as by no other reading."""
_OUT_OF_PLACE: Final = {reading.fault for reading in OF_L16}
_BEHIND: Final = 0.05  # what the low bytes tell stands first
_UNLIKE_DB: Final = 4.0
_BLOCK_S: Final = 0.02
_SPEAKING: Final = 0.1


def find_against(heard: Heard, reference: Reference) -> list[Finding]:
    """What the reference tells of the recording, the surest first.

    Parameters
    ----------
    heard : Heard
    reference : Reference

    Returns
    -------
    list of Finding
        Never empty; what is found without the reference comes after what is found with it, and
        only where the reference does not disprove it.
    """
    own = Heard(reference.samples, reference.rate_hz)
    for find in _PLAIN:
        found = find(heard)
        if found and not find(own):
            return found
    if find_silent(own):
        return _without(heard)
    tiles = look(heard, reference)
    laid = lay(heard, reference) if seems_alike(tiles) else []
    if not (laid and _is_told(heard, laid)):
        read = find_by_reading(heard, reference, tiles)
        if read:
            return _by_low_bytes(heard, read)
    if laid:
        best, *others = _of_aligned(heard, own, laid)
        more = goes_on_words(heard, reference, laid)
        return [replace(best, evidence=f"{best.evidence}{more}"), *others]
    found = [] if find_repeats(own) else find_repeats(heard)
    if not found and seems_alike(tiles):  # it is in it, though too little for all to be laid
        found = find_blind(heard)
    return found or _elsewhere(heard)


def _by_low_bytes(heard: Heard, read: list[Finding]) -> list[Finding]:
    """Tell swapped bytes from slipped ones, which are as like the reference: the low are faint.

    Where they do not tell, and it was not slipped on the way, it is called swapped.
    """
    if read[0].fault not in _OUT_OF_PLACE:
        return read
    own = next(iter(find_slips(heard) or find_misread(heard)), None)
    if own is None or own.fault not in _OUT_OF_PLACE & {finding.fault for finding in read}:
        return read
    most = own.confidence - _BEHIND
    return [
        replace(own, evidence=f"{own.evidence}; read again, it is like the reference"),
        *(
            replace(other, confidence=min(other.confidence, most))
            for other in read
            if other.fault != own.fault
        ),
    ]


def _is_told(heard: Heard, laid: list[Laid]) -> bool:
    """Whether the reference tells so much that no other way of reading need be tried."""
    return _likeness(laid) > _enough(heard) and _all_told(laid)


def _enough(heard: Heard) -> float:
    """How like the reference it is where nothing was read wrongly; one law as the other is much."""
    return _ON_LAW if is_on_a_law(heard.sample_of()) else MOSTLY


def _without(heard: Heard) -> list[Finding]:
    """What can be said where the reference is silent."""
    if find_silent(heard):
        return [Finding("none", 0.9, "it is silent, and so is the reference")]
    return [
        Finding("unknown", 0.8, "the reference is silent: give one with sound in it"),
        *find_blind(heard),
    ]


def _elsewhere(heard: Heard) -> list[Finding]:
    return [
        Finding(
            "unknown",
            0.8,
            "the reference is not in it: read and played in each known way, no part of it is "
            "like the reference anywhere; see whether it is the right one, or leave it out",
        ),
        *find_blind(heard),
    ]


def _all_told(laid: list[Laid]) -> bool:
    """Whether no window is other than told; moved frames are shorter than a window."""
    likes, powers = [], []
    for part in laid:
        length = min(round(_WINDOW_S * part.rate_hz), max(part.known.size, 1))
        for at in part.blocks(length):
            told, heard = part.told[at : at + length], part.heard[at : at + length]
            likes.append(correlation(heard, told))
            powers.append(float(np.var(told)))
    power = np.array(powers)
    if not power.size:
        return False
    loud = power > _LOUD * power.mean()
    return bool((np.array(likes)[loud] > _LIKE).all())


def _likeness(laid: list[Laid]) -> float:
    return float(np.mean([part.likeness for part in laid]))


def _of_aligned(heard: Heard, own: Heard, laid: list[Laid]) -> list[Finding]:
    copies = [] if find_repeats(own) else find_repeats(heard)
    found = [
        *find_timing(laid, copies),
        *find_offset(laid),
        *find_clipped(laid),
        *_continuous(heard, laid),
    ]
    seams, hinted = find_chunks(laid)
    found += seams
    if any(finding.fault == "clipped" for finding in found):  # on one side it moves the mean
        found = [finding for finding in found if finding.fault != "dc-offset"]
    found.sort(key=lambda finding: -finding.confidence)
    named = {finding.fault for finding in found}
    for find in (find_continuous, find_piled, find_lost):
        if not find(own):  # what the reference has too is not this recording's fault
            found += [finding for finding in find(heard) if finding.fault not in named]
    if all(finding.fault == "dc-offset" for finding in found) and _likeness(laid) < _enough(heard):
        found = [*(each for each in find_misread(heard) if each.fault in _OTHER_LAW), *found]
    if hinted and not found:
        found = _shown(heard, own)
    return found or [_nothing(laid)]


def _shown(heard: Heard, own: Heard) -> list[Finding]:
    """Seams that the reference no more than hints at, but the sound shows, and not its own."""
    if heard.is_noisy:
        return []
    found = [finding for finding in find_clicks(heard)[0] if finding.fault == "chunk-clicks"]
    return [] if found and find_clicks(own)[0] else found


def _continuous(heard: Heard, laid: list[Laid]) -> list[Finding]:
    if np.unique(heard.sample_of()).size > _LEVELS:
        return []  # what went through either law has no more
    bend = max(bends(laid), key=lambda bend: bend.strength)
    if bend.strength < _CLEAR or not _BENT < bend.share < _EXACT:
        return []
    return [
        Finding(
            "continuous-mulaw",
            min(0.97, 0.7 + bend.strength / 100),
            f"beside the reference the levels are off by {bend.share:.0%} (give or take "
            f"{bend.spread:.0%}) of what the continuous law differs from G.711",
        )
    ]


def _lateness(delay_ms: float) -> str:
    if abs(delay_ms) < 0.05:
        return "at the same time"
    size = abs(delay_ms)
    told = f"{size:.1f} ms" if size < 10_000 else f"{size / 1000:,.1f} s"
    return f"{told} {'late' if delay_ms > 0 else 'early'}"


def _below_db(laid: list[Laid]) -> float:
    """How far below what is heard that lies which is left over, wherever somebody speaks."""
    heard = rest = 0.0
    for part in laid:
        length = round(_BLOCK_S * part.rate_hz)
        rows = (
            cut(each, part.blocks(length), length) for each in (part.told, part.heard, part.rest)
        )
        told, whole, left = (each.var(axis=1) for each in rows)
        speaking = told > _SPEAKING * told.mean() if told.size else told > 0
        heard += float(whole[speaking].sum())
        rest += float(left[speaking].sum())
    return float(10 * np.log10(max(heard, 1e-9) / max(rest, 1e-9)))


def _nothing(laid: list[Laid]) -> Finding:
    ratio_db = _below_db(laid)
    if ratio_db < _UNLIKE_DB:
        return Finding(
            "unknown",
            0.8,
            f"the reference is in it, {_lateness(laid[0].delay_ms)}, but only "
            f"{_likeness(laid):.0%} alike: what is left over lies {ratio_db:.0f} dB below it and "
            "has no pattern of a known fault; listen for noise, hum or a second voice",
        )
    harmless = harmless_words(laid)
    beside = f", {harmless}, which is no fault of a codec" if harmless else ""
    return Finding(
        "none",
        min(0.99, 0.6 + 0.4 * _likeness(laid)),
        f"it is the reference, {_lateness(laid[0].delay_ms)}{beside}, {_likeness(laid):.1%} alike; "
        f"what is left over lies {ratio_db:.0f} dB below it and has no pattern of a known fault",
    )
