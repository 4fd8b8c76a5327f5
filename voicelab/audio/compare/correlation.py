"""Where does a piece of the recording lie in the reference?

A lag is how many samples later than in the reference something comes in the recording:
``recording[n] == reference[n - lag]``. Correlations are taken of spectra that are half whitened
(divided by the root of their magnitude): as they are, voiced speech fits itself nearly as well a
pitch period apart; wholly white, noise would weigh as much as speech.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.fft import irfft, next_fast_len, rfft

from voicelab.audio.samples import Int16Array

Floats = npt.NDArray[np.float32]
Lags = npt.NDArray[np.int64]

_LOWEST_HZ = 150.0
"""Below lie hum and offset, which fit anywhere."""
_TINY = np.float32(1e-9)
_KEPT = 1 << 22
_LANES = 4
_AT_ONCE = 64
_TURN = np.float32(2 * np.pi)


def keep_memory() -> None:
    """Have the C library keep what is freed up to 4 MB.

    Until one piece of that size was freed, glibc gives every larger array back to the system and
    takes it anew, page by page, which costs as much as the transforms that fill it.
    """
    np.empty(_KEPT, np.uint8)


def pieces(samples: Int16Array | Floats, starts: Sequence[int] | Lags, length: int) -> Floats:
    """Cut out pieces as rows; what lies outside of the samples is silence."""
    if len(starts) == 1:
        return piece(samples, int(starts[0]), length)[None]
    first = np.asarray(starts, np.int64)
    inside = (first >= 0) & (first <= len(samples) - length)
    if len(first) and inside.all():
        return windows(samples, length)[first].astype(np.float32, copy=False)
    rows = np.empty((len(first), length), np.float32)
    if inside.any():
        rows[inside] = windows(samples, length)[first[inside]]
    for row in np.flatnonzero(~inside).tolist():
        rows[row] = piece(samples, int(first[row]), length)
    return rows


def windows(samples: npt.NDArray[Any], length: int) -> npt.NDArray[Any]:
    """All pieces of one length, from every sample on: views, which cost nothing."""
    samples = np.ascontiguousarray(samples)
    shape, stride = (len(samples) - length + 1, length), samples.itemsize
    return np.ndarray(shape, samples.dtype, samples, strides=(stride, stride))


def piece(samples: Int16Array | Floats, start: int, length: int) -> Floats:
    """Cut out one piece, which may begin before the samples or end after them."""
    if start >= 0 and start + length <= len(samples):
        return samples[start : start + length].astype(np.float32)
    piece = np.zeros(length, np.float32)
    first = max(start, 0)
    inside = samples[first : max(start + length, first)]
    piece[first - start : first - start + len(inside)] = inside
    return piece


def best_lags(
    rec: Int16Array, ref: Int16Array, starts: Lags, lags: Lags, block: int, rate_hz: int
) -> tuple[Lags, Floats]:
    """Find the lag of each block of the recording, within half a block of a guess.

    Parameters
    ----------
    rec, ref : ndarray of int16, shape (n,) and (m,)
    starts, lags : ndarray of int, shape (k,)
        First samples of the blocks, and the guesses.
    block : int
        Samples in a block, even.
    rate_hz : int

    Returns
    -------
    lags : ndarray of int, shape (k,)
    likeness : ndarray of float, shape (k,)
        The correlation coefficient there, -1 to 1; negative where the polarity is.
    """
    reach, count = block // 2, len(starts)
    lanes = _filling_lanes(count)
    heard = pieces(rec, starts[lanes], block)
    said = pieces(ref, (starts - lags - reach)[lanes], 2 * block)
    curve = _correlate(said, heard, 2 * block, rate_hz)[:count, : block + 1]
    shift = np.abs(curve).argmax(axis=1)
    places = shift + 2 * block * np.arange(count)
    return lags + reach - shift, likeness(heard[:count], windows(said.ravel(), block)[places])


def _filling_lanes(count: int) -> Lags:
    """So many rows, the last one again where a few more cost less: four are transformed at once."""
    rest = -count % _LANES
    return np.minimum(np.arange(count + (rest if rest <= _LANES // 2 else 0)), count - 1)


def held_lags(
    rec: Int16Array, ref: Int16Array, starts: Lags, lags: Lags, block: int
) -> tuple[Lags, Floats, Floats]:
    """The better of each guess and the lags beside it, which costs no search.

    Returns
    -------
    lags, likeness : ndarray, shape (k,)
        As :func:`best_lags` gives them.
    between : ndarray of float, shape (k,)
        The likeness, of either sign, that a lag between the samples comes to.
    """
    heard = pieces(rec, starts, block)
    said = pieces(ref, starts - lags - 1, block + 2)
    center(heard)
    center(said)
    product = np.stack([np.einsum("ij,ij->i", heard, said[:, k : k + block]) for k in range(3)])
    power = np.einsum("ij,ij->i", heard, heard) * np.einsum("ij,ij->i", said, said)
    fits = product / np.sqrt(np.maximum(power, _TINY))
    before, at, after = np.abs(fits)
    bent = np.maximum(2 * at - before - after, _TINY)
    between = at + np.square(after - before) / (8 * bent)  # the top of a parabola through three
    best = np.abs(fits).argmax(axis=0)
    return lags + 1 - best, fits[best, np.arange(len(best))], np.where(best == 1, between, 0)


def center(rows: Floats) -> None:
    """Take from each row its mean."""
    length = rows.shape[1]
    rows -= (rows @ np.full(length, 1 / length, np.float32))[:, None]


def likeness(a: Floats, b: Floats) -> Floats:
    """Correlation coefficients of rows, which are centered; 0 where one does not move."""
    center(a)
    center(b)
    product = np.einsum("ij,ij->i", a, b)
    power = np.einsum("ij,ij->i", a, a) * np.einsum("ij,ij->i", b, b)
    return np.asarray(product / np.sqrt(np.maximum(power, _TINY)), np.float32)


def fine_lags(
    rec: Int16Array, ref: Int16Array, starts: Lags, lags: Lags, block: int, rate_hz: int, sign: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Lags to a fraction of a sample, from the slope of the phase between both.

    Returns
    -------
    at : ndarray of float, shape (k,)
        The sample of the recording at which each was measured: where its block's energy is.
    lags : ndarray of float, shape (k,)
    """
    at, fine = np.empty(len(starts)), np.empty(len(starts))
    for begin in range(0, len(starts), _AT_ONCE):
        some = slice(begin, begin + _AT_ONCE)
        at[some], fine[some] = _fine_lags(rec, ref, starts[some], lags[some], block, rate_hz, sign)
    return at, fine


def _fine_lags(
    rec: Int16Array, ref: Int16Array, starts: Lags, lags: Lags, block: int, rate_hz: int, sign: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    window = np.hanning(block).astype(np.float32)
    heard, said = pieces(rec, starts, block), pieces(ref, starts - lags, block)
    center(heard)
    center(said)
    heard, said = heard * window, said * window
    energy = heard * heard
    place = np.arange(block, dtype=np.float32)
    at = starts + energy @ place / np.maximum(energy.sum(axis=1), _TINY)
    cross = rfft(heard, axis=1) * rfft(said, axis=1).conj() * np.float32(sign)
    omega = (2 * np.pi * np.arange(cross.shape[1]) / block).astype(np.float32)
    band = (omega > 2 * np.pi * _LOWEST_HZ / rate_hz) & (omega < 0.85 * np.pi)
    cross, omega = cross[:, band], omega[band]
    weighted, phase = np.abs(cross) * omega, np.angle(cross)
    power = np.maximum(weighted @ omega, _TINY)
    late = np.zeros(len(starts), np.float32)
    for _ in range(3):
        by = np.einsum("ij,ij->i", weighted, phase) / power
        late -= by
        phase -= by[:, None] * omega
        phase -= _TURN * np.rint(phase / _TURN)
    return np.asarray(at, np.float64), np.asarray(lags + np.clip(late, -1.0, 1.0), np.float64)


def candidates(
    rec: Int16Array, ref: Int16Array, begin: int, length: int, lags: tuple[int, int], rate_hz: int
) -> list[int]:
    """The lags at which one long piece of the recording fits best, best first.

    The reference is gone through in stretches, so that its length costs time and no memory.
    """
    piece = pieces(rec, [begin], length)
    size = next_fast_len(max(4 * length, 1 << 15), real=True)
    step = size - length
    found: list[tuple[float, int]] = []
    first, last = max(begin - lags[1], -length), min(begin - lags[0], len(ref))
    for at in range(first, last + 1, step):
        curve = _correlate(pieces(ref, [at], size), piece, size, rate_hz)[0, :step]
        curve = np.abs(curve[: last + 1 - at])
        for _ in range(3):
            top = int(curve.argmax())
            found.append((float(curve[top]), begin - at - top))
            curve[max(top - rate_hz // 100, 0) : top + rate_hz // 100] = 0
    return [lag for _, lag in sorted(found, reverse=True)[:6]]


def _correlate(said: Floats, heard: Floats, size: int, rate_hz: int) -> Floats:
    cross, other = rfft(said, size, axis=1), rfft(heard, size, axis=1)
    cross *= np.conj(other, out=other)
    cross[:, : max(1, int(_LOWEST_HZ * size / rate_hz))] = 0
    root = np.abs(cross)
    np.sqrt(root, out=root)
    root += _TINY
    cross *= np.reciprocal(root, out=root)
    return np.asarray(irfft(cross, size, axis=1, overwrite_x=True), np.float32)
