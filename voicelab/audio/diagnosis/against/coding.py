"""Whether a speech codec lies on the way: what it leaves follows the speech, and is much.

Such a codec goes on by sub-frames of a few milliseconds, and is worst where they meet. Noise does
not follow the speech, and seams of chunks leave little between them.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from voicelab.audio.diagnosis.against.laid import Laid, cut

_BLOCK_S: Final = 0.02
_SPEAKING: Final = 0.003
_FEWEST: Final = 25
_FOLLOWS: Final = 0.35
"""Decibels of the rest a decibel of speech: 0 of noise, 0.4 to 1 of GSM's full-rate codec."""
_MUCH_DB: Final = 20.0
_MEDIAN: Final = 0.455
"""Of the square of a normal variable: seams that are few do not count."""


def is_coded(laid: list[Laid]) -> bool:
    """Whether what the reference does not tell is that of a speech codec."""
    said, left = [], []
    for part in laid:
        length = round(_BLOCK_S * part.rate_hz)
        starts = part.blocks(length)
        said.append((cut(part.told, starts, length) ** 2).mean(axis=1))
        left.append(np.median(cut(part.rest, starts, length) ** 2, axis=1) / _MEDIAN)
    told, rest = np.concatenate(said), np.concatenate(left)
    speaking = told > _SPEAKING * told.mean() if told.size else np.zeros(0, np.bool_)
    if np.count_nonzero(speaking) < _FEWEST:
        return False
    loud, rough = (10 * np.log10(row[speaking] + 1) for row in (told, rest))
    if float(np.median(loud - rough)) > _MUCH_DB:
        return False
    loud, rough = loud - loud.mean(), rough - rough.mean()
    return float(loud @ rough) > _FOLLOWS * float(loud @ loud)
