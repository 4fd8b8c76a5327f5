"""Short-time objective intelligibility (Taal, Hendriks, Heusdens and Jensen, 2011).

Both sides are resampled to 10 kHz, frames in which nobody speaks are left out, and in each of 15
bands of a third of an octave the envelopes of 384 ms are correlated. Every constant is the paper's
or that of its authors' own program, as in the package pystoi, with which the tests compare it.
"""

from __future__ import annotations

from functools import cache
from math import ceil, gcd

import numpy as np
from scipy.fft import rfft

from voicelab.audio.compare.correlation import Floats, pieces, windows

_RATE_HZ = 10_000
_FRAME, _HOP, _SIZE = 256, 128, 512
_BANDS, _LOWEST_HZ = 15, 150.0
_FRAMES = 30
"""Of a segment: 384 ms."""
_RANGE_DB = 40.0
_CLIPPED = np.float32(1 + 10 ** (15 / 20))
_AT_ONCE = 64
_REJECTION_DB, _ROLL_OFF = 60.0, 0.1
_TINY = np.float32(1e-12)
_WINDOW = np.hanning(_FRAME + 2)[1:-1].astype(np.float32)


def stoi(said: Floats, heard: Floats, rate_hz: int) -> float | None:
    """How intelligible speech is, 0 to 1; None where less than 0.4 s is said.

    Parameters
    ----------
    said, heard : ndarray of float32, shape (n,)
        The reference and the recording, aligned.
    rate_hz : int
    """
    first, then = (_frames(_resampled(side, rate_hz)) for side in (said, heard))
    if not len(first):
        return None
    level_db = 20 * np.log10(np.linalg.norm(first, axis=1) + _TINY)
    loud = level_db > level_db.max() - _RANGE_DB
    x, y = (_envelopes(_joined(side[loud])) for side in (first, then))
    if x.shape[1] < _FRAMES:
        return None
    x, y = (np.stack([windows(band, _FRAMES) for band in side]) for side in (x, y))
    y = np.minimum(y * (_norm(x) / (_norm(y) + _TINY)), x * _CLIPPED)
    x, y = (side - side.mean(axis=2, keepdims=True) for side in (x, y))
    product = np.einsum("ijk,ijk->ij", x, y)[:, :, None]
    return float((product / ((_norm(x) + _TINY) * (_norm(y) + _TINY))).mean())


def _resampled(samples: Floats, rate_hz: int) -> Floats:
    common = gcd(_RATE_HZ, rate_hz)
    up, down = _RATE_HZ // common, rate_hz // common
    taken, reach, turn = _conversion(up, down)
    count = -(-len(samples) * up // down)
    starts = np.arange(0, -(-count // turn.shape[1]) * taken, taken) - reach
    return (pieces(samples, starts, len(turn)) @ turn).reshape(-1)[:count]


@cache
def _conversion(up: int, down: int) -> tuple[int, int, Floats]:
    """A matrix from some samples to those at the other rate.

    Returns
    -------
    taken, reach : int
        Samples that are turned at once, and so many before and after them that the filter reaches.
    turn : ndarray of float32, shape (reach + taken + reach, made)
    """
    taps = up * _lowpass(max(up, down), up)
    times = -(-_AT_ONCE // up)
    reach = len(taps) // 2 // up + 1
    place = np.arange(times * up) * down - np.arange(-reach, times * down + reach)[:, None] * up
    place += len(taps) // 2
    inside = (place >= 0) & (place < len(taps))
    turn = np.where(inside, taps[np.where(inside, place, 0)], 0)
    return times * down, reach, turn.astype(np.float32)


@cache
def _lowpass(steps: int, up: int) -> Floats:
    """Octave's filter for a change of rate."""
    edge = 1 / (2 * steps)
    reach = ceil((_REJECTION_DB - 8) / (28.714 * edge * _ROLL_OFF))
    window = np.kaiser(2 * reach + 1, 0.1102 * (_REJECTION_DB - 8.7))
    taps = window * np.sinc(2 * edge * np.arange(-reach, reach + 1))
    return np.asarray(taps / taps.sum(), np.float32)


def _frames(samples: Floats) -> Floats:
    if len(samples) <= _FRAME:
        return np.empty((0, _FRAME), np.float32)
    return np.asarray(windows(samples, _FRAME)[:-1:_HOP] * _WINDOW)


def _joined(frames: Floats) -> Floats:
    """Add up frames that overlap by half."""
    halves = np.zeros((len(frames) + 1, _HOP), np.float32)
    halves[:-1] += frames[:, :_HOP]
    halves[1:] += frames[:, _HOP:]
    return halves.ravel()


def _envelopes(samples: Floats) -> Floats:
    """The amplitude in each band at each frame."""
    power = np.square(np.abs(rfft(_frames(samples), _SIZE, axis=1)))
    return np.sqrt(np.add.reduceat(power, _edges(), axis=1)[:, :-1].T.copy())


@cache
def _edges() -> tuple[int, ...]:
    """The first bin of each band, and the one after the last."""
    middles = _LOWEST_HZ * 2.0 ** (np.arange(_BANDS + 1) / 3)
    return tuple(np.rint(middles / 2 ** (1 / 6) * _SIZE / _RATE_HZ).astype(int).tolist())


def _norm(segments: Floats) -> Floats:
    return np.asarray(np.sqrt(np.einsum("ijk,ijk->ij", segments, segments))[:, :, None])
