"""Where a grid of frames may begin, told by the places at which the wave breaks off.

Frames that changed places leave three breaks, within four frames of the first. Folded at the length
of a frame, those of a recording add up at the place where its frames begin.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from voicelab.audio.diagnosis.prediction import ORDER, predictors, surprise

_BLOCK_S: Final = 0.02
_USUAL: Final = 12.0
_WORST: Final = 40.0
_SHARE: Final = 0.95
_LONGEST: Final = 4
_APART_S: Final = 0.00075

_Floats = npt.NDArray[np.float64]
_FADING: Final[_Floats] = (
    ORDER * np.exp(-np.arange(ORDER) / 2) / np.exp(-np.arange(ORDER) / 2).sum()
)
"""How much each sample beside a break counts: the nearest tells most."""


def breaks(samples: _Floats, rate_hz: int) -> _Floats:
    """How little the wave before each sample and the wave from it on belong together, in nats.

    A voice strikes out at every closure of its glottis, which surprises who listens forwards; a
    break surprises who listens backwards too.

    Parameters
    ----------
    samples : ndarray of float64, shape (n,)
        On the scale of 16 bits.
    rate_hz : int

    Returns
    -------
    ndarray of float64
        Of all whole blocks of 20 ms; 0 where nothing is odd.
    """
    size = max(round(_BLOCK_S * rate_hz), 2 * ORDER)
    count = samples.size // size
    if not count:
        return np.zeros(0)
    blocks = (samples[: count * size] - samples[: count * size].mean()).reshape(count, size)
    weights, usual = predictors(blocks, rate_hz)
    onwards = _surprise_at(blocks.reshape(-1), weights, usual)
    backwards = _surprise_at(blocks.reshape(-1)[::-1], weights[::-1], usual[::-1])[::-1]
    onwards = np.convolve(np.pad(onwards, (0, ORDER - 1)), _FADING[::-1], "valid")
    backwards = np.convolve(np.pad(backwards, (ORDER, 0)), _FADING, "valid")[:-1]
    return np.asarray(np.clip(onwards + backwards - _USUAL, 0, _WORST - _USUAL))


def _surprise_at(samples: _Floats, weights: _Floats, usual: _Floats) -> _Floats:
    windows = sliding_window_view(np.pad(samples, (ORDER, 0)), ORDER + 1)
    rest = np.einsum("bkw,bw->bk", windows.reshape(len(weights), -1, ORDER + 1), weights)
    return surprise(rest, usual[:, None]).reshape(-1)


def likely_starts(pieces: list[_Floats], length: int, rate_hz: int, most: int) -> list[int]:
    """Places at which the first frame may begin, the likeliest first.

    Parameters
    ----------
    pieces : list of ndarray
        The `breaks` of each piece; grids of all begin at the same place.
    length : int
        Samples a frame.
    rate_hz : int
    most : int
        So many places, at least 0.75 ms apart.
    """
    folded = np.zeros(length)
    for piece in pieces:
        size = (piece.size - _LONGEST * length) // length * length
        if size <= 0:
            continue
        first, *others = (piece[n * length : n * length + size] for n in range(_LONGEST + 1))
        groups = first + np.sort(others, axis=0)[-2:].sum(axis=0)
        over = np.maximum(groups - np.quantile(groups, _SHARE), 0)
        folded += over.reshape(-1, length).sum(axis=0)
    apart = round(_APART_S * rate_hz)
    starts = []
    for _ in range(most):
        start = int(folded.argmax())
        if folded[start] <= 0:
            break
        starts.append(start)
        folded[np.arange(start - apart, start + apart + 1) % length] = 0
    return starts
