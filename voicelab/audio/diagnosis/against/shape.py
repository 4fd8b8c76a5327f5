"""What became of the levels: cut off at the top, or off the middle."""

from __future__ import annotations

from typing import Final

import numpy as np

from voicelab.audio.diagnosis.against.laid import Laid, cut
from voicelab.audio.diagnosis.against.matching import correlation
from voicelab.audio.diagnosis.against.reference import Floats, as_int16
from voicelab.audio.diagnosis.finding import Finding
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.samples import Int16Array

_LEAST_OFFSET: Final = 100.0
_OFFSET_SHARE: Final = 0.04
_WINDOW_S: Final = 0.5
_SURE: Final = 4.0
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
    least = max(_LEAST_OFFSET, _OFFSET_SHARE * level, _wander(laid))
    if abs(own) < least or abs(own - theirs) < least:
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
    """How far off the middle may be by chance: rumble takes it here and there, an offset stays."""
    means = []
    for part in laid:
        quarter = int(np.count_nonzero(part.known)) // 4
        length = max(min(round(_WINDOW_S * part.rate_hz), quarter), 1)
        means.append(cut(part.rest, part.blocks(length), length).mean(axis=1))
    every = np.concatenate(means)
    if every.size < 2:
        return 0.0
    spread = float(every.std())
    slow = correlation(every[1:], every[:-1]) if every.size > 3 else 0.0
    slow = min(max(slow, 0.0), 0.95)
    return spread * max(1.0, _SURE * float(np.sqrt((1 + slow) / (1 - slow) / every.size)))


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
