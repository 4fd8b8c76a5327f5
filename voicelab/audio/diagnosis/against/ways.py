"""Ways to hear it: bytes read otherwise, every other sample, another rate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from voicelab.audio.diagnosis.against.matching import correlation
from voicelab.audio.diagnosis.against.reference import Floats
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.diagnosis.rereading import all_rereadings
from voicelab.audio.samples import Int16Array

_RATES: Final = (
    ("rate-half", 2.0, "twice as fast"),
    ("rate-double", 1 / 2, "half as fast"),
    ("rate-triple", 1 / 3, "at a third of the speed"),
    ("rate-44100-48000", 48_000 / 44_100, "at 48000 instead of 44100 Hz"),
    ("rate-44100-48000", 44_100 / 48_000, "at 44100 instead of 48000 Hz"),
)


@dataclass(frozen=True)
class Way:
    """One way to hear it.

    Attributes
    ----------
    fault : str
        The mistake it undoes.
    words : str
    read : callable
        What is done to the samples.
    faster : float
        How much faster they are played then.
    longer : float
        How many samples become of one.
    """

    fault: str
    words: str
    read: Callable[[Int16Array], Int16Array]
    faster: float
    longer: float = 1.0

    def repair(self, heard: Heard) -> tuple[Int16Array, int]:
        """All of a recording in this way."""
        return self.read(heard.samples), round(heard.rate_hz * self.faster)


AS_IS: Final = Way("none", "as heard", lambda samples: samples, 1.0)


def ways(tile: Int16Array) -> Iterator[Way]:
    """All ways that a piece allows."""
    for reading in all_rereadings(tile):
        yield Way(reading.fault, reading.way, reading.read, 1.0, reading.longer)
        if reading.longer != 1.0:  # whoever took one byte for two may have mistaken the rate too
            words = f"{reading.way} of twice the rate"
            yield Way(reading.fault, words, reading.read, 2.0, reading.longer)
    wide = tile.astype(np.float64)
    turns = _takes_turns(wide)
    if turns:
        yield Way("stereo-as-mono", "take every other sample", lambda x: x[::2].copy(), 1.0, 0.5)
        yield Way("stereo-as-mono", "take the samples between", lambda x: x[1::2].copy(), 1.0, 0.5)
    for fault, faster, words in _RATES:
        if turns and fault == "rate-half":
            continue  # which takes the mean of two channels, as much like the reference as one
        yield Way(fault, f"play it {words}", lambda samples: samples, faster)


def _takes_turns(wide: Floats) -> bool:
    """Whether samples go on from the one before the last, not from the last."""
    sums = [np.roll(wide, lag) + np.roll(wide, -lag) for lag in (1, 2)]
    near, far = (abs(correlation(wide, both)) for both in sums)
    return far > near
