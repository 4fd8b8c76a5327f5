"""Seams between frames: were frames moved, or chunks of sound resampled one by one?"""

from __future__ import annotations

from typing import Final

import numpy as np

from voicelab.audio.diagnosis.clicks import find_clicks
from voicelab.audio.diagnosis.finding import Finding
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.diagnosis.order import find_reordered

_QUIET: Final = 20.0


def find_seams(heard: Heard) -> list[Finding]:
    """Look for frames that fit better elsewhere, and for seams at equal distances.

    Both are weighed in nats: half the square of the spreads by which seams stand out. Moved frames
    leave a few rough seams on their grid, and rough seams everywhere let some frames seem moved;
    what speaks louder explains the other.
    """
    if float(np.abs(heard.samples[::7].astype(np.int32)).mean()) < _QUIET:
        return []
    clicks, strength = find_clicks(heard)
    moved, evidence = find_reordered(heard)
    return clicks if strength**2 / 2 > evidence else moved or clicks
