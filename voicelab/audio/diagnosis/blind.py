"""Diagnosis without a reference: each family of faults in turn, the surest evidence first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from voicelab.audio.diagnosis.companding import find_continuous
from voicelab.audio.diagnosis.finding import Finding
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.diagnosis.levels import (
    find_clipped,
    find_offset,
    find_one_sided,
    find_silent,
)
from voicelab.audio.diagnosis.lost import find_lost
from voicelab.audio.diagnosis.misread import find_misread
from voicelab.audio.diagnosis.pace import find_pace
from voicelab.audio.diagnosis.repeats import find_repeats
from voicelab.audio.diagnosis.restarts import find_restarts
from voicelab.audio.diagnosis.seams import find_seams
from voicelab.audio.diagnosis.slips import find_slips
from voicelab.audio.diagnosis.stereo import find_later, find_panned, find_stereo, find_two_sounds
from voicelab.audio.diagnosis.studio import find_studio
from voicelab.audio.diagnosis.text import find_text
from voicelab.audio.diagnosis.tones import is_tones, without_tones
from voicelab.audio.diagnosis.waves import has_few_levels, is_wave

Find = Callable[[Heard], list[Finding]]

PLAIN: Final = (find_text, find_silent, find_one_sided, find_stereo)
"""What shows in any sound, be it speech or not."""
_FIRST: Final = (*PLAIN, find_restarts, find_slips, find_two_sounds)
"""Any of these explains all that is heard: nothing else is looked for in what was read wrongly."""
_THEN: Final = (find_clipped, find_offset, find_lost, find_repeats, find_continuous)


def find_blind(heard: Heard) -> list[Finding]:
    """All that may be wrong, the likeliest first; nothing where nothing shows."""
    tones = is_tones(heard) or is_wave(heard)
    plain = (find_text, find_silent, find_one_sided) if has_few_levels(heard) else PLAIN
    if tones:
        return _first((*plain, find_offset), heard, sure=True)
    found = _first(_FIRST, heard)
    whole, heard = heard, without_tones(heard)
    found = found or _first((find_misread,), heard) or _first((find_panned,), whole)
    found = found or _first((find_later,), heard)
    if found:
        return found
    found = [finding for find in _THEN for finding in find(heard)]
    if not any(finding.fault == "repeats" for finding in found):
        found = _weighed(found, find_seams(heard))
    if not found:  # what is broken otherwise has no pace
        found = find_studio(heard) or find_pace(heard)
    return sorted(found, key=lambda finding: -finding.confidence)


def _first(finds: tuple[Find, ...], heard: Heard, sure: bool = False) -> list[Finding]:
    """What the first that finds anything has found, the likeliest first."""
    for find in finds:
        found = [finding for finding in find(heard) if not (sure and finding.fault == "unknown")]
        if found:
            return sorted(found, key=lambda finding: -finding.confidence)
    return []


def _weighed(found: list[Finding], seams: list[Finding]) -> list[Finding]:
    """Let what speaks louder explain the other: moved silence looks lost, and a loss has seams."""
    lost = max((finding.weight for finding in found if finding.fault == "packet-loss"), default=0.0)
    seams = [seam for seam in seams if seam.weight > lost]
    if any(seam.fault != "unknown" for seam in seams):
        return [finding for finding in found if finding.fault != "packet-loss"] + seams
    return found or seams
