"""Crackles: noise of sudden short clicks, each far above what is beside it.

A voice is sudden too, once in every period. So crackles are taken off only where the pauses
crackle, in which no voice is.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from voicelab.audio.diagnosis.heard import snr_db
from voicelab.audio.diagnosis.neighbours import SIDE, told_by_neighbours

_BLOCK_S: Final = 0.01
_AROUND: Final = 21
_PAUSES: Final = 0.3
_SUDDEN: Final = 12.0  # spreads; voices of a crowd seldom go as far
_SHARE: Final = 0.006
_QUIET_DB: Final = 25.0
_LEFT: Final = 3.0
_TIMES: Final = 2  # what a click hides of its neighbours shows only without it
_SPREAD: Final = 1.4826
_LEAST: Final = 0.02  # of the whole: nobody hears what crackles below it

_Floats = npt.NDArray[np.float64]


def without_crackles(samples: npt.NDArray[np.generic], rate_hz: int) -> _Floats:
    """Lower what is sudden to three times the usual, if the pauses crackle.

    Parameters
    ----------
    samples : ndarray, shape (n,)
        On the scale of 16 bits.
    rate_hz : int
    """
    wide = samples.astype(np.float64)
    size = round(_BLOCK_S * rate_hz)
    if wide.size < _AROUND * size or snr_db(wide, rate_hz) > _QUIET_DB:
        return wide
    for time in range(_TIMES):
        told = told_by_neighbours(wide)
        rest = wide - told
        usual = _usual(rest, size)
        if time == 0 and not _crackles(rest / usual, usual):
            return wide
        wide = told + np.clip(rest, -_LEFT * usual, _LEFT * usual)
    return wide


def _usual(rest: _Floats, size: int) -> _Floats:
    """The spread around each sample, of which a few clicks change nothing."""
    from scipy.ndimage import median_filter

    blocks = np.abs(rest[: rest.size // size * size]).reshape(-1, size)
    spread = _SPREAD * median_filter(np.median(blocks, axis=1), _AROUND, mode="nearest") + 1.0
    middles = (np.arange(spread.size) + 0.5) * size
    return np.asarray(
        np.maximum(np.interp(np.arange(rest.size), middles, spread), _LEAST * rest.std())
    )


def _crackles(odd: _Floats, usual: _Floats) -> bool:
    pauses = usual <= np.quantile(usual, _PAUSES)
    pauses[:SIDE] = pauses[-SIDE:] = False
    return float(np.mean(np.abs(odd[pauses]) > _SUDDEN)) > _SHARE
