"""Seams between frames: frames in the wrong order, and chunks that were resampled one by one.

A linear predictor is surprised at a seam. In a click train every seam surprises a little; where
frames changed places a few surprise much, and no longer once they have changed back.
"""

from __future__ import annotations

from math import ceil
from typing import Final

import numpy as np
import numpy.typing as npt

from voicelab.audio.diagnosis.finding import Finding
from voicelab.audio.diagnosis.frames import FRAMES_MS
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.samples import Int16Array

_ORDER: Final = 10
_AHEAD: Final = 6
_DISTANCES: Final = (1, 2, 3)
_GAIN: Final = 14.0
_CLEAR_GAIN: Final = 25.0
_ODD: Final = 0.6
_STRETCHES_A_SWAP: Final = 4
_FEWEST_SWAPS: Final = 2
_CLICK_Z: Final = 9.0
_CLICK_Z_ELSEWHERE: Final = 15.0  # a recording mostly begins where a chunk does
_MOST_WEIGHT: Final = 100.0
_FEWEST_SEAMS: Final = 15
_MOST_CLICKED: Final = 6

_SIDE: Final = 8
_BLOCK: Final = 2000

_Floats = npt.NDArray[np.float64]
_Indices = npt.NDArray[np.intp]


def find_seams(heard: Heard) -> list[Finding]:
    """Look for frames that fit better elsewhere, then for seams at equal distances."""
    stretches = [s for s in heard.stretches() if np.abs(s.astype(np.int32)).mean() > 20]
    if not stretches:
        return []
    return _reordered(heard, stretches) or _clicks(heard, stretches)


def _told(values: _Floats) -> _Floats:
    """What the neighbours on both sides tell of each sample."""
    from numpy.lib.stride_tricks import sliding_window_view

    told = np.zeros_like(values)
    for at in range(0, values.size, _BLOCK):
        part = np.pad(values[at : at + _BLOCK], _SIDE, mode="reflect")
        if part.size < 10 * _SIDE:
            continue
        around = np.delete(sliding_window_view(part, 2 * _SIDE + 1), _SIDE, axis=1)
        gram = around.T @ around
        gram[np.diag_indices_from(gram)] += 1.0 + 1e-9 * np.trace(gram)
        weights = np.linalg.solve(gram, around.T @ part[_SIDE:-_SIDE])
        told[at : at + _BLOCK] = around @ weights
    return told


def _clicks(heard: Heard, stretches: list[Int16Array]) -> list[Finding]:
    """Fold the sound at each length of a chunk: is one place of it weaker, or rougher?"""
    together = np.concatenate(stretches[:_MOST_CLICKED]).astype(np.float64)
    told = _told(together)
    rest = together - told
    around = np.convolve(rest**2 + 1.0, np.full(161, 1 / 161), "same")
    best: tuple[float, int, str] = (0.0, 0, "")
    for frame_ms in FRAMES_MS:
        length = heard.rate_hz * frame_ms // 1000
        count = together.size // length
        if count < _FEWEST_SEAMS:
            continue
        t, r, a = (row[: count * length].reshape(count, length) for row in (told, rest, around))
        sure = np.maximum(a, t * t / _MOST_WEIGHT)  # no single seam is to count for all
        weaker = (t * r / sure).sum(axis=0) / np.maximum((t * t / sure).sum(axis=0), 1e-9)
        rougher = np.log(r * r + 1.0).mean(axis=0) - np.log(a).mean(axis=0)
        for folded, word in ((-weaker, "weaker"), (rougher, "rougher")):
            sharp = _sharpness(folded)
            at_start = float(sharp[[-1, 0, 1]].max())
            anywhere = float(sharp.max()) * _CLICK_Z / _CLICK_Z_ELSEWHERE
            best = max(best, (max(at_start, anywhere) / _CLICK_Z, frame_ms, word))
    strength, frame_ms, word = best
    if strength < 1:
        return []
    return [
        Finding(
            "chunk-clicks",
            min(0.97, 0.6 + strength / 20),
            f"every {frame_ms} ms the sound is {word}, {_CLICK_Z * strength:.0f} times the spread: "
            "as if chunks of that length had been resampled one by one",
        )
    ]


def _sharpness(folded: _Floats) -> _Floats:
    """How far each place stands out from those around it, in spreads."""
    around = np.stack([np.roll(folded, n) for n in range(-8, 9) if abs(n) > 2])
    sharp = folded - np.median(around, axis=0)
    spread: float = float(np.median(np.abs(sharp))) * 1.4826
    sharp /= max(spread, 1e-6)
    return np.asarray(sharp)


def _reordered(heard: Heard, stretches: list[Int16Array]) -> list[Finding]:
    needed = ceil(len(stretches) / _STRETCHES_A_SWAP)
    best: tuple[float, int, int] = (0.0, 0, 0)
    for frame_ms in FRAMES_MS[1:]:  # shorter ones are not sent, and often fit by chance
        length = heard.rate_hz * frame_ms // 1000
        gains = [gain for stretch in stretches for gain in _apart(misplaced(stretch, length))]
        clear = sum(gain > _CLEAR_GAIN for gain in gains)
        if clear >= needed or len(gains) >= _FEWEST_SWAPS * needed:
            best = max(best, (sum(gains), len(gains), frame_ms))
    total, count, frame_ms = best
    if not count:
        return []
    return [
        Finding(
            "reordering",
            min(0.99, 0.8 + 0.03 * count + total / 2000),
            f"{count} pair{'s' * (count > 1)} of {frame_ms} ms frames would fit better "
            "the other way round",
            lambda heard: (_in_order(heard, frame_ms), heard.rate_hz),
        )
    ]


def _apart(pairs: list[tuple[int, int, float]]) -> list[float]:
    """Gains of the best pairs that are not neighbours: one bad seam can speak for several."""
    taken: list[tuple[int, float]] = []
    for n, _, gain in sorted(pairs, key=lambda pair: -pair[2]):
        if all(abs(n - other) > max(_DISTANCES) for other, _ in taken):
            taken.append((n, gain))
    return [gain for _, gain in taken]


def misplaced(samples: Int16Array, length: int) -> list[tuple[int, int, float]]:
    """Pairs of frames that fit better when they change places.

    Returns
    -------
    list of (int, int, float)
        Index of either frame, and by how many nats the change fits better.
    """
    count = samples.size // length
    if count < 6:
        return []
    frames = samples[: count * length].reshape(count, length).astype(np.float64)
    onward, backward = _Junction(frames), _Junction(frames[:, ::-1])

    def misfit(one: _Indices, two: _Indices) -> _Floats:
        return onward.misfit(one, two) + backward.misfit(two, one)

    power = (frames**2).mean(axis=1)
    found: list[tuple[int, int, float]] = []
    for distance in _DISTANCES:
        n = np.arange(1, count - distance - 1)
        m = n + distance
        if distance == 1:
            now = misfit(n - 1, n) + misfit(n, m) + misfit(m, m + 1)
            then = misfit(n - 1, m) + misfit(m, n) + misfit(n, m + 1)
        else:
            now = misfit(n - 1, n) + misfit(n, n + 1) + misfit(m - 1, m) + misfit(m, m + 1)
            then = misfit(n - 1, m) + misfit(m, n + 1) + misfit(m - 1, n) + misfit(n, m + 1)
        gain = now - then
        heard = np.maximum(power[n], power[m]) > 0.02 * power.mean()
        odd = now - np.median(now) > _ODD * gain  # it does not fit as it is, and fits well then
        well = then <= np.quantile(now, 0.9)
        chosen = np.flatnonzero((gain > _GAIN) & heard & odd & well)
        found += [(int(n[k]), int(m[k]), float(gain[k])) for k in chosen]
    return found


class _Junction:
    """How badly one frame goes on into another, told by the predictor of the first."""

    def __init__(self, frames: _Floats) -> None:
        length = frames.shape[1]
        shaped = frames * np.hanning(length)
        spectra = np.abs(np.fft.rfft(shaped, 2 * length)) ** 2
        lags = np.fft.irfft(spectra)[:, : _ORDER + 1]
        lags[:, 0] = lags[:, 0] * (1 + 1e-4) + 1.0
        rows = np.abs(np.arange(_ORDER)[:, None] - np.arange(_ORDER))
        self._weights = np.linalg.solve(lags[:, rows], lags[:, 1:, None])[:, ::-1, 0]
        self._last, self._first = frames[:, -_ORDER:], frames[:, :_AHEAD]
        told = sum(
            frames[:, lag : length - _ORDER + lag] * self._weights[:, lag : lag + 1]
            for lag in range(_ORDER)
        )
        rest = frames[:, _ORDER:] - told
        self._usual = np.maximum((rest**2).mean(axis=1), 2.0)

    def misfit(self, one: _Indices, two: _Indices) -> _Floats:
        joined = np.concatenate((self._last[one], self._first[two]), axis=1)
        weights, cost = self._weights[one], np.zeros(one.size)
        usual = self._usual[one] + self._usual[two]
        for ahead in range(_AHEAD):
            told = (joined[:, ahead : ahead + _ORDER] * weights).sum(axis=1)
            cost += np.log1p((joined[:, ahead + _ORDER] - told) ** 2 / usual)
        return cost


def _in_order(heard: Heard, frame_ms: int) -> Int16Array:
    length = heard.rate_hz * frame_ms // 1000
    mended = heard.samples.copy()
    moved: set[int] = set()
    for n, m, _ in sorted(misplaced(heard.samples, length), key=lambda pair: -pair[2]):
        if {n, m} & moved:
            continue
        moved |= {n, m}
        one, two = slice(n * length, (n + 1) * length), slice(m * length, (m + 1) * length)
        mended[one], mended[two] = heard.samples[two], heard.samples[one]
    return mended
