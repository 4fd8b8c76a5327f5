"""What became of the levels: cut off at the top, or off the middle."""

from __future__ import annotations

from typing import Final

import numpy as np

from voicelab.audio.diagnosis.against.laid import Laid
from voicelab.audio.diagnosis.against.reference import Floats, as_int16
from voicelab.audio.diagnosis.finding import Finding
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.samples import Int16Array

_LEAST_OFFSET: Final = 100.0
_OFFSET_SHARE: Final = 0.06
_SLOWEST: Final = 4
_SURE: Final = 6.0  # beside four waves of chance: one in some hundreds of rumbling recordings
_LEAST_TOP: Final = 500.0
_BEYOND: Final = 1.08
_AT_TOP: Final = 0.96
_FEWEST: Final = 6
_PILED: Final = 0.5
_LINEAR: Final = 0.4


def find_offset(laid: list[Laid]) -> list[Finding]:
    """Look for a middle that is neither at zero nor where the reference has its own."""
    own = float(np.median([part.offset for part in laid]))
    theirs = float(np.median([part.reference_offset for part in laid]))
    level = float(np.sqrt(np.mean([np.mean(part.told[part.known] ** 2) for part in laid])))
    off = min(abs(own), abs(own - theirs))
    if off < max(_LEAST_OFFSET, _OFFSET_SHARE * level) or off < _wander(laid):
        return []

    def centred(heard: Heard) -> tuple[Int16Array, int]:
        return as_int16(heard.samples - np.float64(own)), heard.rate_hz

    return [
        Finding(
            "dc-offset",
            min(0.99, 0.8 + abs(own) / 10_000),
            f"the middle of the wave lies at {own:+,.0f}, that of the reference at {theirs:+,.0f}; "
            f"the level is {level:,.0f}",
            centred,
        )
    ]


def _wander(laid: list[Laid]) -> float:
    """How far off the middle may be by chance: as far as the slowest waves of the rest take it.

    Rumble goes on below the slowest wave that fits into the recording: to the middle, which is the
    wave of no frequency, chance gives what it gives to the few next to it.
    """
    rest = np.concatenate([(part.heard - part.told)[part.known] for part in laid])
    rest -= rest.mean()
    n = np.arange(rest.size) * (2 * np.pi / max(rest.size, 1))
    slow = [abs(rest @ np.exp(1j * k * n)) / rest.size for k in range(1, _SLOWEST + 1)]
    return _SURE * float(np.sqrt(np.mean(np.square(slow))))


def find_clipped(laid: list[Laid]) -> list[Finding]:
    """Samples that stay at one level where the reference goes on beyond it."""
    best: tuple[int, float, float, float] = (0, 0.0, 0.0, 0.0)
    for sign in (1, -1):
        heard = np.concatenate([sign * part.heard[part.known] for part in laid])
        told = np.concatenate(
            [sign * (_straightened(part) + part.offset)[part.known] for part in laid]
        )
        top = float(heard.max())
        if top < _LEAST_TOP:
            continue
        beyond = told > _BEYOND * top
        count = int(np.count_nonzero(beyond))
        if count < _FEWEST:
            continue
        piled = float((heard[beyond] >= _AT_TOP * top).mean())
        if piled >= _PILED:
            best = max(best, (count, piled, sign * top, float(told.max())))
    count, piled, top, peak = best
    if not count:
        return []
    return [
        Finding(
            "clipped",
            min(0.99, 0.75 + count / 500 + 0.1 * piled),
            f"at {count:,} samples the reference goes on beyond {top:+,.0f}, up to {peak:,.0f}; "
            f"{piled:.0%} of them stand at that level",
        )
    ]


def _straightened(part: Laid) -> Floats:
    """What is told, as loud as it is where the wave is small and nothing is cut off."""
    heard, told = (part.heard - part.offset)[part.known], part.told[part.known]
    top = float(np.abs(heard).max(initial=0.0))
    small = np.abs(told) < _LINEAR * top
    power = float(told[small] @ told[small])
    gain = float(heard[small] @ told[small]) / power if power > 0 else 1.0
    return part.told * max(gain, 1.0)
