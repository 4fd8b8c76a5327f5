"""How the colour of the sound goes on from one frame into the next, in nats.

What the mouth does takes some tens of milliseconds, so that the powers of a few bands change little
from the end of a frame to the beginning of the next. Noise hides the wave at a junction, but not
all of this.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

_BLOCK_S: Final = 0.01
_BANDS_HZ: Final = (0, 200, 400, 600, 900, 1200, 1600, 2100, 2800, 4000, 5600)
_FLOOR: Final = 6.0  # times the power of the quietest tenth: changes below it are the noise's
_LEAST: Final = 50.0
_LOUD: Final = 0.02
_ODDEST: Final = 9.0
_OF_NORMAL: Final = 0.455  # the median of a squared normal number
_TAILS: Final = 6.0
_TRUST: Final = 0.5  # neighbouring bands say much the same
_USUAL: Final = 0.45
_MOST: Final = 12.0

_Floats = npt.NDArray[np.float64]
_Indices = npt.NDArray[np.intp]


class Envelopes:
    """Frames of one length, and what it costs in colour to set one after another.

    What is usual is told by blocks of 10 ms within frames, so that it does not depend on their
    order. A band counts as far as blocks farther apart differ more than neighbours do.

    Parameters
    ----------
    frames : ndarray of float64, shape (count, length)
        Nothing is told by frames shorter than two blocks.
    rate_hz : int
    """

    def __init__(self, frames: _Floats, rate_hz: int) -> None:
        size = round(_BLOCK_S * rate_hz)
        count, blocks = frames.shape[0], frames.shape[1] // size
        self._weights = np.zeros(0)
        if count < 3 or blocks < 2:
            return
        power = _powers(frames[:, : blocks * size].reshape(count, blocks, size), rate_hz)
        floor = _FLOOR * np.percentile(power.reshape(-1, power.shape[2]), 10, axis=0)
        within = np.log(power + floor)
        self._first = within[:, 0]
        self._last = np.log(_powers(frames[:, -size:], rate_hz) + floor)
        level = np.einsum("nk,nk->n", frames, frames)
        loud = level > _LOUD * level.mean()
        if not loud[2:].any():
            return
        near = np.diff(within[loud], axis=1).reshape(-1, power.shape[2]) ** 2
        oddest = _ODDEST / _OF_NORMAL * np.median(near, axis=0)
        self._usual = np.minimum(near, oddest).mean(axis=0) + 1e-3
        far = ((self._first[2:] - self._last[:-2])[loud[2:]] ** 2).mean(axis=0)
        self._weights = _TRUST * np.clip(1 - self._usual / np.maximum(far, 1e-9), 0, 1)

    def jump(self, one: _Indices, two: _Indices) -> _Floats:
        """What it costs that `two` comes after `one`, beside what neighbours usually cost."""
        if not self._weights.size:
            return np.zeros(one.size)
        odd = (self._first[two] - self._last[one]) ** 2 / self._usual
        cost = np.log1p(odd / _TAILS) @ self._weights * ((_TAILS + 1) / 2)
        return np.asarray(np.minimum(cost, _MOST) - _USUAL * self._weights.sum())


def _powers(blocks: _Floats, rate_hz: int) -> _Floats:
    """Powers of the bands of each block; one axis instead of the last."""
    size = blocks.shape[-1]
    shape = np.hanning(size + 2)[1:-1]
    power = np.abs(np.fft.rfft(blocks * shape)) ** 2
    edges = [round(hz * _BLOCK_S) for hz in _BANDS_HZ if hz < rate_hz / 2]
    return np.asarray(np.add.reduceat(power, edges, axis=-1) + _LEAST * size)
