"""The continuous mu-law as numeric libraries number it: from -128 to 127, or from 0 to 255.

G.711 has a sign and an inverted magnitude; these count from the lowest level to the highest one.
Libraries do not agree on what a number stands for: the edge of its step, or the middle.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from voicelab.audio.diagnosis.continuous import expand
from voicelab.audio.g711 import ulaw_encode
from voicelab.audio.samples import Int16Array

_ON: Final = 0.995
_TELLING: Final = 300  # the levels of many laws lie as close as this near zero
_FEWEST: Final = 400
_FEWEST_LEVELS: Final = 24
_MOST_LEVELS: Final = 256
_STEPS_A_SIDE: Final = 127.5  # of encoders; of torchaudio's, zero lies half a step higher


@dataclass(frozen=True, slots=True)
class Numbering:
    """What the numbers stand for.

    Parameters
    ----------
    name : str
        In words.
    first : float
        How far above zero number 0 lies, in steps.
    side : float
        Steps from zero to full scale.
    """

    name: str
    first: float
    side: float

    def levels(self) -> npt.NDArray[np.float64]:
        """Levels from zero upwards, as samples."""
        return expand(np.minimum((np.arange(129) + self.first) / self.side, 1)) * 32768

    def magnitudes(self, samples: Int16Array) -> npt.NDArray[np.int64]:
        """How many levels each sample lies away from the one nearest to zero, 128 at most."""
        levels = self.levels()
        middles = (levels[1:] + levels[:-1]) / 2
        return np.searchsorted(middles, np.abs(samples.astype(np.float64)))

    def numbers(self, samples: Int16Array) -> npt.NDArray[np.int64]:
        """Numbers from -128 to 127 of the levels on which the samples lie."""
        away = self.magnitudes(samples)
        below = -away if self.first == 0 else -1 - away
        return np.clip(np.where(samples < 0, below, away), -128, 127)


_NUMBERINGS: Final = (
    Numbering("middles of 256 steps", 0.5, 128),
    Numbering("edges of 256 steps", 0, 128),
    Numbering("256 points from -1 to 1", 0.5, 127.5),
    Numbering("edges of 255 steps", 0, 127.5),
    Numbering("127 steps a side", 0, 127),
)


def numbering_of(samples: Int16Array) -> tuple[Numbering, float] | None:
    """The numbering on whose levels the samples lie, and how many of them do, if most do."""
    telling = samples[np.abs(samples.astype(np.int32)) > _TELLING]
    if telling.size < _FEWEST:
        return None
    patterns = telling.view(np.uint16)
    numbering, share = max(
        ((each, float(_marked(each).take(patterns).mean())) for each in _NUMBERINGS),
        key=lambda item: item[1],
    )
    if share < _ON or not _FEWEST_LEVELS <= np.unique(telling).size <= _MOST_LEVELS:
        return None
    return numbering, share


def as_numbers(samples: Int16Array, zero: int) -> npt.NDArray[np.int8]:
    """Numbers that the bytes of G.711 samples stand for.

    Parameters
    ----------
    samples : ndarray of int16, shape (n,)
        Of the two bytes that stand for silence, the one nearer to number 0 is taken.
    zero : {0, 128}
        The byte of number 0.
    """
    silent = np.uint8(0x7F if zero else 0xFF)
    codes = np.where(samples == 0, silent, ulaw_encode(samples))
    return (codes - np.uint8(zero)).view(np.int8)


def expanded(numbers: npt.NDArray[np.int8]) -> Int16Array:
    """Samples of which these are the numbers by the continuous law."""
    share = np.maximum(numbers / _STEPS_A_SIDE, -1)
    return np.clip(np.rint(expand(share) * 32768), -32768, 32767).astype(np.int16)


def seem_linear(numbers: npt.NDArray[np.int8]) -> bool:
    """Whether few are large, as of samples of speech; the law makes most of them large.

    How far a few stand out of the others (the kurtosis, 5 and more of speech, below 2 behind the
    law) is compared with the mean size, which is 60 and more behind it.
    """
    square = numbers.astype(np.float64) ** 2
    power = max(float(square.mean()), 1.0)
    return float((square**2).mean()) / power**2 > float(np.sqrt(square).mean())


@cache
def _marked(numbering: Numbering) -> npt.NDArray[np.bool_]:
    table = np.zeros(1 << 16, np.bool_)
    for full in (32767 / 32768, 1.0):
        levels = numbering.levels() * full
        for value in (*levels, *-levels):
            for rounded in (np.floor(value), np.ceil(value)):
                table[np.clip(int(rounded), -32768, 32767) & 0xFFFF] = True
    return table
