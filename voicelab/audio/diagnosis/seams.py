"""Seams between frames: were frames moved, or chunks of sound resampled one by one?"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from voicelab.audio.diagnosis.clicks import find_clicks
from voicelab.audio.diagnosis.finding import Finding
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.diagnosis.order import find_reordered

_QUIET: Final = 20.0
_LEFT: Final = 0.6


def find_seams(heard: Heard) -> list[Finding]:
    """Look for frames that fit better elsewhere, and for seams at equal distances.

    Moved frames leave rough seams on their grid, and rough seams let some frames seem moved. Where
    both are found, the frames are put back: the seams of chunks stay. Else what speaks louder
    explains the other, in nats: half the square of the spreads by which seams stand out.
    """
    if float(np.abs(heard.samples[::7].astype(np.int32)).mean()) < _QUIET:
        return []
    clicks, strength = find_clicks(heard)
    moved, evidence = find_reordered(heard)
    if strength**2 / 2 <= evidence:
        return moved or clicks
    if clicks and moved:
        in_order, _ = moved[0].repair(heard)
        if find_clicks(replace(heard, samples=in_order))[1] < _LEFT * strength:
            return moved
    return clicks
