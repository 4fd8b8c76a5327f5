"""Flat tops: a recording that stays at one level where its reference goes on beyond it.

What was clipped and then made quieter stands below full scale, where only the reference tells it
from a quiet voice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from voicelab.audio.compare.alignment import Alignment
from voicelab.audio.compare.correlation import pieces
from voicelab.audio.compare.interpolation import rows
from voicelab.audio.samples import Int16Array

_FEWEST = 6
_LOUD = 500
_AROUND_S = 0.004
_MOST = 1024
_SMALL = 0.4
_AT_TOP = 0.98
_BEYOND = 1.1
_STAND = 0.8
"""Of the samples where the reference is a tenth beyond the top, so many stand at it."""


@dataclass(frozen=True, slots=True)
class Tops:
    """Where the recording is cut off.

    Attributes
    ----------
    samples : int
        How many stand at its largest or its least value.
    level : int
        The larger of the two, as a distance from zero.
    gain : float
        The recording's level as a multiple of the reference's, where the wave is small.
    """

    samples: int
    level: int
    gain: float


def tops(rec: Int16Array, ref: Int16Array, alignment: Alignment, offset: float) -> Tops | None:
    """Find flat tops; None where there are none.

    Parameters
    ----------
    rec, ref : ndarray of int16, shape (n,) and (m,)
    alignment : Alignment
    offset : float
        What is added to every sample of the recording.
    """
    if not len(rec):
        return None
    level, many, gain = 0, 0, 1.0
    for sign, extreme in ((1, int(rec.max())), (-1, int(rec.min()))):
        top = sign * (extreme - offset)
        at = np.flatnonzero(rec == extreme)
        if top < _LOUD or len(at) < _FEWEST:
            continue
        found = _gain_below(rec, ref, alignment, at, offset, sign, top)
        if found is not None:
            level, many, gain = max(level, abs(extreme)), many + len(at), found
    return Tops(many, level, gain) if many else None


def _gain_below(
    rec: Int16Array,
    ref: Int16Array,
    alignment: Alignment,
    at: np.typing.NDArray[np.int64],
    offset: float,
    sign: int,
    top: float,
) -> float | None:
    """The gain where the wave is small, if what is flat there is not so in the reference."""
    reach = round(_AROUND_S * alignment.rate_hz)
    starts = at[:: max(1, len(at) // _MOST)] - reach
    length = 2 * reach + 1
    starts = starts[(starts >= 0) & (starts + length <= alignment.ends(starts))]
    if not len(starts):
        return None
    middle = alignment.places(starts + length / 2) - length / 2
    said = (sign * alignment.sign * rows(ref, middle, length)).astype(np.float64)
    heard = sign * (pieces(rec, starts, length).astype(np.float64) - offset)
    small = np.abs(heard) < _SMALL * top
    power = float((said[small] ** 2).sum())
    gain = float((said[small] * heard[small]).sum()) / power if power > 0 else 0.0
    over = gain * said > _BEYOND * top
    if np.count_nonzero(over) < _FEWEST or (heard[over] >= _AT_TOP * top).mean() < _STAND:
        return None
    return gain
