"""Resampling of a live stream between telephone, wideband, model and studio rates.

A resampler inserts zeros up to a common rate, filters there, and keeps every M-th sample. Of all
this only the products with what came in and what is kept are computed: a block of input times a
matrix that holds the shifted filter.

The filter is a windowed sinc with linear phase (Kaiser's window and length formula, as in
Oppenheim and Schafer, *Discrete-Time Signal Processing*, section 7.5). With f the lower of the two
rates it passes up to 0.425 f and stops from 0.575 f on. Its coefficients are whole multiples of
2**-24, so that every product and sum is exact in float64. No order of summation can change a
result, and the output is the same however the input is cut into chunks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import ceil, gcd, pi

import numpy as np
import numpy.typing as npt

from voicelab.audio.samples import Int16Array, require_int16
from voicelab.errors import FormatError

RATES_HZ = (8000, 16000, 24000, 48000)
"""The rates between which samples can be converted."""

_Float64Array = npt.NDArray[np.float64]

_STOPBAND_DB = 72.0
_TRANSITION = 0.15  # from 0.425 to 0.575 of the lower rate
_UNIT = float(1 << 24)
_BLOCK_GROUPS = 8  # measured: the best of 1 to 40 for 20 ms chunks
_CHUNK_SAMPLES = 1 << 16


class Resampler:
    """Converts a mono stream from one rate to another.

    Parameters
    ----------
    from_hz, to_hz : int
        Two of :data:`RATES_HZ`; equal rates pass samples through.

    Attributes
    ----------
    delay_samples : int
        Group delay in samples of `to_hz`: that many come before the first one that belongs to the
        stream. Where input arrives in whole groups (every 20 ms frame does), nothing is held back
        beyond it.
    delay_ms : float
        The same in milliseconds; below 2.

    Raises
    ------
    FormatError
        If a rate is another one.

    Examples
    --------
    >>> up = Resampler(8000, 16000)
    >>> up.process(np.zeros(160, np.int16)).size
    320
    """

    _taken: int
    _given: int
    _held: _Float64Array

    def __init__(self, from_hz: int, to_hz: int) -> None:
        self.from_hz = from_hz
        self.to_hz = to_hz
        self._bank = _bank(from_hz, to_hz)
        self.delay_samples = self._bank.delay_samples
        self.delay_ms = 1000 * self.delay_samples / to_hz
        self._start()

    def process(self, samples: Int16Array) -> Int16Array:
        """Convert the next samples.

        Parameters
        ----------
        samples : ndarray of int16, shape (n,)
            Any number, also none.

        Returns
        -------
        ndarray of int16, shape (m,)
            All samples that are complete; in total `to_hz` / `from_hz` times the input, beginning
            with the delay. Beyond full scale they saturate.

        Raises
        ------
        FormatError
            If `samples` is of another type or shape.
        """
        require_int16(samples)
        if samples.ndim != 1:
            raise FormatError(f"A resampler takes mono samples of shape (n,), not {samples.shape}.")
        self._taken += samples.size
        if self.from_hz == self.to_hz:
            self._given += samples.size
            return samples
        bank = self._bank
        known = self._held.size + samples.size
        groups = (known - bank.history) // bank.group_in
        blocks = -(-groups // _BLOCK_GROUPS)
        stride = _BLOCK_GROUPS * bank.group_in
        width = bank.matrix.shape[0]
        signal = np.zeros(max(known, (blocks - 1) * stride + width))
        signal[: self._held.size] = self._held
        signal[self._held.size : known] = samples
        self._held = signal[groups * bank.group_in : known].copy()
        windows = np.ndarray((blocks, width), np.float64, signal, strides=(8 * stride, 8))
        converted = windows.dot(bank.matrix).reshape(-1)[: groups * bank.group_out]
        self._given += converted.size
        return _to_int16(converted)

    def flush(self) -> Int16Array:
        """End the stream and start anew.

        Returns
        -------
        ndarray of int16, shape (m,)
            The tail. All output together is then :attr:`delay_samples` longer than
            ``round(n * to_hz / from_hz)`` for `n` input samples.
        """
        wanted = round(self._taken * self.to_hz / self.from_hz) + self.delay_samples - self._given
        groups = wanted // self._bank.group_out + 1
        tail = self.process(np.zeros(groups * self._bank.group_in, np.int16))[:wanted]
        self._start()
        return tail

    def _start(self) -> None:
        self._held = np.zeros(self._bank.history)
        self._taken = 0
        self._given = 0


def resample(samples: Int16Array, from_hz: int, to_hz: int) -> Int16Array:
    """Convert a whole recording, in step with the original.

    Parameters
    ----------
    samples : ndarray of int16, shape (n,)
    from_hz, to_hz : int
        Two of :data:`RATES_HZ`.

    Returns
    -------
    ndarray of int16, shape (round(n * to_hz / from_hz),)
        The filter's delay is taken out.

    Raises
    ------
    FormatError
        If a rate is another one, or `samples` is of another type or shape.
    """
    stream = Resampler(from_hz, to_hz)
    starts = range(0, max(len(samples), 1), _CHUNK_SAMPLES)
    parts = [stream.process(samples[start : start + _CHUNK_SAMPLES]) for start in starts]
    return np.concatenate([*parts, stream.flush()])[stream.delay_samples :]


@dataclass(frozen=True, slots=True)
class _Bank:
    """A filter, laid out for blocks of samples.

    `group_in` input samples make `group_out` output samples, and `history` input samples before
    them still count. `matrix` turns a block of groups with its history into output samples.
    """

    group_in: int
    group_out: int
    history: int
    delay_samples: int
    matrix: _Float64Array


@cache
def _bank(from_hz: int, to_hz: int) -> _Bank:
    if from_hz not in RATES_HZ or to_hz not in RATES_HZ:
        rates = ", ".join(str(rate) for rate in RATES_HZ)
        raise FormatError(f"No way from {from_hz} to {to_hz} Hz; both are to be one of {rates}.")
    common = gcd(from_hz, to_hz)
    up, down = to_hz // common, from_hz // common
    if up == down:
        return _Bank(1, 1, 0, 0, np.ones((_BLOCK_GROUPS, _BLOCK_GROUPS)))
    taps = _taps(up, down)
    history = (taps.size - 1) // up
    row = np.arange(history + _BLOCK_GROUPS * down)[:, None]
    column = np.arange(_BLOCK_GROUPS * up)
    tap = column * down - (row - history) * up
    matrix = np.where((tap >= 0) & (tap < taps.size), taps.take(tap, mode="clip"), 0.0)
    return _Bank(down, up, history, (taps.size - 1) // 2 // down, matrix)


def _taps(up: int, down: int) -> _Float64Array:
    """Design the filter at `up` times the input rate, in whole multiples of 2**-24.

    Its delay is a whole number of output samples. Each of its `up` phases sums to exactly 1, so
    that a constant stays that constant.
    """
    lower = 1 / max(up, down)  # the lower of the two rates, as a share of the filter's own
    kaiser_half = (_STOPBAND_DB - 7.95) / (2.285 * 2 * pi * _TRANSITION * lower) / 2
    half = down * ceil(kaiser_half / down)
    beta = 0.1102 * (_STOPBAND_DB - 8.7)
    window = np.kaiser(2 * half + 1, beta)
    ideal = np.sinc(np.arange(-half, half + 1) * lower) * lower * up
    taps: _Float64Array = ideal * window
    for phase in range(up):
        of_phase = taps[phase::up]  # a view
        of_phase[:] = np.rint(of_phase * (_UNIT / of_phase.sum()))
        of_phase[np.argmax(of_phase)] += _UNIT - of_phase.sum()
    taps /= _UNIT
    return taps


def _to_int16(values: _Float64Array) -> Int16Array:
    np.rint(values, out=values)
    np.maximum(values, -32768.0, out=values)
    np.minimum(values, 32767.0, out=values)
    return values.astype(np.int16)
