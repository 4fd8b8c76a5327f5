"""Something that happens at equal distances: folded at that distance it stands out."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

_NEAR: Final = 2
APART: Final = 8
_RIVAL: Final = 0.6
_BY_CHANCE: Final = 3.5  # spreads: the highest of a fold's hundreds of places
_PURE_CHANCE: Final = 1.1  # music keeps time, and folds wider
_WORTH_A_LOOK: Final = 4.0
_STEADY: Final = {2: 0.4, 3: 0.4, 5: 0.55, 10: 0.65, 25: 0.75}
"""Parts, and what is left beside all where the strongest is left out: of a seam, 0.6 to 0.9."""

_Floats = npt.NDArray[np.float64]
_AROUND = np.where(np.abs(np.arange(-APART, APART + 1)) > _NEAR, 0.5 / (APART - _NEAR), 0)


def standing_out(sign: _Floats, length: int) -> tuple[float, float]:
    """How far the best place of a fold lies above the others, in spreads; 0 where it has rivals.

    The other places of the same fold tell what chance makes of this sound. A place that stands out
    does so in each half, third, fifth and so on: notes and steps keep time too, but slower.

    Parameters
    ----------
    sign : ndarray of float64, shape (n,)
        With a mean of 0 and a spread of 1.
    length : int
        Samples, more than twice :data:`APART`.

    Returns
    -------
    tuple of float and float
        At the beginning of the fold, and anywhere in it.
    """
    count = sign.size // length
    rows = sign[: count * length].reshape(count, length)
    folded = _apart(rows.sum(axis=0) / np.sqrt(count))
    top = int(np.abs(folded).argmax())
    peak = abs(float(folded[top]))
    spread = max(1.4826 * float(np.median(np.abs(folded))), 1.0)
    away = np.abs((np.arange(length) - top + length // 2) % length - length // 2)
    rival = float(np.abs(folded[away > 2 * APART]).max(initial=0.0))
    by_chance = _BY_CHANCE if spread < _PURE_CHANCE else 0.0
    if rival > max(_RIVAL * peak, by_chance):
        return 0.0, 0.0
    first = max((length - 1, 0, 1), key=lambda place: abs(folded[place]))
    at_start, anywhere = (_steady(rows, folded, place) / spread for place in (first, top))
    return at_start, anywhere


def _apart(folded: _Floats) -> _Floats:
    """How much each place differs from those around it."""
    wrapped = np.concatenate((folded[-APART:], folded, folded[:APART]))
    return np.asarray(folded - np.convolve(wrapped, _AROUND, "valid"))


def _steady(rows: _Floats, folded: _Floats, place: int) -> float:
    """How far a place stands out; 0 where only every second, third or fifth time."""
    height = abs(float(folded[place]))
    if height < _WORTH_A_LOOK:
        return height
    column = rows[:, place] * np.sign(folded[place])
    for parts, least in _STEADY.items():
        sums = np.array([column[n::parts].sum() for n in range(parts)])
        rest = float(sums.sum() - sums.max()) / np.sqrt(column.size * (1 - 1 / parts))
        if rest < least * height:
            return 0.0
    return height
