"""How well one frame goes on into the next, in nats: told by the tone of the voice and its pitch.

Two predictors listen at a junction. A short one hears whether the wave itself goes on; under noise
it hears little. A long one hears whether the vibration of the voice keeps its step from the last
frame into this one, which noise hides far less. Both are made of what lies within frames, so that
they are the same whatever the order of the frames. Under noise the colour of the sound is heard
beside them.

The wave of a hum goes on too, and tells much; but it keeps its step at all times, so that the long
one listens to the voice without it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from voicelab.audio.diagnosis.envelopes import Envelopes
from voicelab.audio.diagnosis.prediction import ORDER, predictors, summed, surprise

_NARROW_HZ: Final = 8000
_SMOOTH: Final = 3
_PITCH_HZ: Final = (70, 400)
_BLOCK_S: Final = 0.02
_AROUND_S: Final = 0.05
_VOICED: Final = 0.35
_MOST_VOICED: Final = 0.97
_DRIFT: Final = 0.05
_FEWEST: Final = 12
_WORST: Final = 3.0  # one odd moment of a voice is not to count for more
_USUAL_JUMP: Final = 6.0
_WORST_JUMP: Final = 14.0
_KEPT: Final = 2.5

_Floats = npt.NDArray[np.float64]
_Indices = npt.NDArray[np.intp]


class Junctions:
    """Frames of one length, and what it costs to set one after another.

    Parameters
    ----------
    samples : ndarray, shape (n,)
        On the scale of 16 bits.
    voice : ndarray, shape (n,)
        The same without what hums.
    length : int
        Samples a frame; the first frame begins at the first sample.
    rate_hz : int
    hidden : bool
        Whether noise hides much of the wave, hum apart.
    """

    def __init__(
        self,
        samples: npt.NDArray[np.generic],
        voice: npt.NDArray[np.generic],
        length: int,
        rate_hz: int,
        *,
        hidden: bool,
    ) -> None:
        self._frames = _frames(samples, length)
        said = _frames(voice, length)
        self.count = len(said)
        self.power: _Floats = np.einsum("nk,nk->n", said, said) / length
        self._envelopes = Envelopes(said, rate_hz) if hidden else None
        self._weights, self._usual = predictors(self._frames, rate_hz)
        self._listen(said, rate_hz)

    def _listen(self, frames: _Floats, rate_hz: int) -> None:
        """Find the period of the voice at each place, and how well it repeats itself."""
        step = max(rate_hz // _NARROW_HZ, 1)
        count, length = frames.shape
        self._length = length // step
        narrow = frames[:, : self._length * step].reshape(count, self._length, step).mean(axis=2)
        sums = [np.pad(narrow[:, n:], ((0, 0), (0, n)), mode="edge") for n in range(_SMOOTH)]
        self._heard = np.asarray(np.mean(sums, axis=0), dtype=np.float32)
        rate = rate_hz / step
        joined = max(round(_BLOCK_S * rate / self._length), 1)
        blocks = np.concatenate([np.roll(self._heard, -n, axis=0) for n in range(joined)], axis=1)
        lowest = int(rate / _PITCH_HZ[1])
        highest = max(min(int(rate / _PITCH_HZ[0]), blocks.shape[1] - 20), lowest + 1)
        lags = summed(
            _autocorrelations(blocks, highest), max(round(_AROUND_S * rate / self._length), 1)
        )
        lags /= blocks.shape[1] - np.arange(highest + 1)
        around = 2 * max(round(_AROUND_S * rate / self._length), 1) + 1
        self._level = lags[:, 0] / around + 1.0
        lags /= lags[:, :1] + around
        at = lags[:, lowest:highest].argmax(axis=1)
        self._period = lowest + at
        self._reach = int((1 + _DRIFT) * highest) + 2
        self._power_of_start = _power(self._heard)
        self._power_of_end = _power(self._heard[:, ::-1])
        self._voiced = np.minimum(lags[np.arange(count), self._period], _MOST_VOICED)
        self._free = 1 / (1 + 2 * (lags[:, 1:lowest] ** 2).sum(axis=1))

    def cost(self, slot: _Indices, before: _Indices, one: _Indices, two: _Indices) -> _Floats:
        """What it costs that `two` comes after `one`, and `one` after `before`, at this place."""
        return self._jump(slot, one, two) - self._step(slot, before, one, two)[0]

    def as_heard(self) -> tuple[_Floats, _Floats, npt.NDArray[np.bool_]]:
        """How each frame follows the one before it.

        Returns
        -------
        tuple of three ndarrays, shape (count,)
            What it costs, how much less it might cost, and whether the voice keeps its step.
        """
        at = np.arange(2, self.count)
        jump = self._jump(at, at - 1, at)
        step, most = self._step(at, at - 2, at - 1, at)
        doubt = np.maximum(jump - _USUAL_JUMP, 0) + np.maximum(most - step, 0)
        ends = (2, 0)
        return np.pad(jump - step, ends), np.pad(doubt, ends), np.pad(step > _KEPT, ends)

    def _jump(self, at: _Indices, one: _Indices, two: _Indices) -> _Floats:
        joined = np.concatenate((self._frames[one, -ORDER:], self._frames[two, :ORDER]), axis=1)
        windows = sliding_window_view(joined, ORDER + 1, axis=1)[:, :ORDER]
        rest = np.einsum("nwk,nk->nw", windows, self._weights[at])
        cost = np.minimum(surprise(rest, self._usual[at, None]).sum(axis=1), _WORST_JUMP)
        if self._envelopes is not None:
            cost += self._envelopes.jump(one, two)
        return np.asarray(cost)

    def _step(
        self, at: _Indices, before: _Indices, one: _Indices, two: _Indices
    ) -> tuple[_Floats, _Floats]:
        """Nats that speak for the voice keeping its step, and as many as there could be."""
        gain, most = np.zeros(at.size), np.zeros(at.size)
        voiced = np.flatnonzero(self._voiced[at] > _VOICED)
        if not voiced.size:
            return gain, most
        at, before, one, two = at[voiced], before[voiced], one[voiced], two[voiced]
        period, alike = self._period[at], self._voiced[at]
        drift = np.maximum(_DRIFT * period, 1.0)
        widest = int(drift.max())
        reach = min(self._reach, self._length)
        past = self._heard[one]
        power_past, power_now = self._power_of_end[one], self._power_of_start[two, : reach + 1]
        if reach < self._reach:
            past = np.concatenate((self._heard[before], past), axis=1)
            power_past = _power(past[:, ::-1])
        past = np.pad(past, ((0, 0), (0, reach)))
        windows = sliding_window_view(past, reach, axis=1)
        now = np.ascontiguousarray(self._heard[two, :reach])
        rows, end = np.arange(at.size), past.shape[1] - reach
        least = 0.1 * self._level[at]
        left, best = 1 - alike**2, np.full(at.size, -np.inf)
        for off in range(-widest, widest + 1):
            back = np.minimum(period + off, end)
            count = np.minimum(back, reach)
            power = power_past[rows, back] - power_past[rows, back - count]
            power += power_now[rows, count]
            product = np.einsum("nk,nk->n", windows[rows, end - back], now)
            usual = np.maximum(power / 2 / count + 1.0, least)
            told = -count * np.log(left) - (alike**2 * power - 2 * alike * product) / usual / left
            fits = (abs(off) <= drift) & (count > _FEWEST)
            best = np.where(fits, np.maximum(best, told / 2), best)
        free = self._free[at]
        known = np.isfinite(best)
        gain[voiced] = np.where(known, np.maximum(best * free, -_WORST), 0.0)
        most[voiced] = np.where(known, -0.5 * np.minimum(period, reach) * np.log(left) * free, 0.0)
        return gain, most


def _frames(samples: npt.NDArray[np.generic], length: int) -> _Floats:
    count = samples.size // length
    frames = samples[: count * length].reshape(count, length).astype(np.float64)
    return frames - frames.mean() if count else frames


def _autocorrelations(rows: npt.NDArray[np.float32], most: int) -> _Floats:
    from scipy.fft import next_fast_len

    size = next_fast_len(rows.shape[1] + most, real=True)
    spectra = np.fft.rfft(rows, size)
    power = spectra.real**2 + spectra.imag**2
    lags: _Floats = np.fft.irfft(power, size)[:, : most + 1].astype(np.float64)
    return lags


def _power(rows: npt.NDArray[np.float32]) -> _Floats:
    """Sums of squares of each row, up to each place."""
    sums = np.zeros((rows.shape[0], rows.shape[1] + 1))
    np.cumsum(np.square(rows, dtype=np.float64), axis=1, out=sums[:, 1:])
    return sums
