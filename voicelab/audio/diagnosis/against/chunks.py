"""Seams at equal distances, where the sound is weaker or rougher than the reference tells."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft
from scipy.linalg import solve_toeplitz
from scipy.ndimage import median_filter
from scipy.signal import lfilter

from voicelab.audio.diagnosis.against.laid import Laid
from voicelab.audio.diagnosis.against.reference import Floats
from voicelab.audio.diagnosis.finding import Finding

_CHUNKS_MS: Final = (
    5, 8, 10, 12.5, 15, 16, 20, 24, 25, 30, 32, 40, 48, 50, 60, 64, 75, 80, 96, 100, 120, 125, 128,
    150, 160, 200, 240, 250, 256, 300, 320, 400, 500, 512, 640, 750, 800, 1000,
)  # fmt: skip
_SAMPLES: Final = (64, 128, 256, 320, 480, 512, 640, 1024, 2048, 4096)
_AROUND: Final = 161
_NEAR: Final = 12
_CLEAR: Final = 7.0
_FEWEST: Final = 5
_ORDER: Final = 16
_JUMP: Final = 24
_MOST_REST: Final = 2.0  # no single seam is to count for all
_MOST_TOLD: Final = 5.0
_QUIETEST: Final = 0.01


def find_chunks(laid: list[Laid]) -> list[Finding]:
    """Fold what the reference does not tell at each length that a chunk may have."""
    rate_hz = laid[0].rate_hz
    lengths = {round(ms * rate_hz / 1000) for ms in _CHUNKS_MS} | set(_SAMPLES)
    rows = [_Measured(part) for part in laid]
    size = sum(row.rows[0].size for row in rows)
    best: tuple[float, int, str, float] = (0.0, 0, "", 0.0)
    for length in sorted(lengths):
        if size < _FEWEST * length or length <= 3 * _NEAR:
            continue
        for strength, word, depth in _folded(rows, length):
            if strength > 1.1 * best[0]:
                best = strength, length, word, depth
    strength, length, word, depth = best
    if strength < _CLEAR:
        return []
    how = f" by {depth:.0%}" if word == "weaker" else ""
    return [
        Finding(
            "chunk-clicks",
            min(0.98, 0.65 + strength / 50),
            f"every {1000 * length / rate_hz:g} ms the sound is {word}{how} than the reference "
            f"tells, {strength:.0f} times the spread: as if chunks of that length had been "
            "resampled one by one",
        )
    ]


class _Measured:
    """Sums to be folded, of one part: made white first, so that no hum hides or feigns a seam."""

    def __init__(self, part: Laid) -> None:
        rest, told = _whitened(part)
        power = rest**2
        floor = float(np.median(power[part.known])) + 1.0
        around = np.sqrt(np.convolve(power, np.full(_AROUND, 1 / _AROUND), "same") + floor)
        late = np.gradient(told)
        left = np.clip(rest / around, -_MOST_REST, _MOST_REST)
        self.begin = part.begin
        self.rows = []
        for said in (told, late):
            bounded = np.clip(said / around, -_MOST_TOLD, _MOST_TOLD)
            self.rows += [left * bounded, bounded**2]
        self.rows += [np.log((rest / around) ** 2 + _QUIETEST), np.ones_like(rest)]
        for row in self.rows:
            row[~part.known] = 0.0


def _whitened(part: Laid) -> tuple[Floats, Floats]:
    rest, told = part.rest, part.told
    size = next_fast_len(2 * rest.size, real=True)
    lags = irfft(np.abs(rfft(rest, size)) ** 2, size)[: _ORDER + 1]
    lags[0] = lags[0] * (1 + 1e-6) + rest.size
    taps = np.concatenate(([1.0], -solve_toeplitz(lags[:-1], lags[1:])))
    return lfilter(taps, [1.0], rest), lfilter(taps, [1.0], told)


def _folded(rows: list[_Measured], length: int) -> list[tuple[float, str, float]]:
    totals = np.zeros((6, length))
    for row in rows:
        phase = row.begin % length
        for total, values in zip(totals, row.rows, strict=True):
            padded = np.concatenate(
                (np.zeros(phase), values, np.zeros(-(phase + values.size) % length))
            )
            total += padded.reshape(-1, length).sum(axis=0)
    weaker, weight, late, lateness, rough, count = totals
    dip = -weaker / np.sqrt(np.maximum(weight, 1e-9))
    rise = (rough - count * rough.sum() / max(count.sum(), 1.0)) / np.sqrt(np.maximum(count, 1.0))
    found = []
    for values, word in ((dip, "weaker"), (rise, "rougher")):
        sharp = _sharpness(values)
        top = int(sharp.argmax())
        depth = float(-weaker[top] / max(weight[top], 1e-9))
        found.append((float(sharp[top]), word, depth))
    found.append((_jump(late, lateness), "later at once", 0.0))
    return found


def _jump(late: Floats, weight: Floats) -> float:
    """The largest step of the lag within a chunk, in spreads."""
    side = min(_JUMP, late.size // 4)
    means = []
    for way in (0, 1):
        sums = [np.concatenate((row, row[:side])) for row in (late, weight)]
        sums = [np.convolve(row, np.ones(side), "valid")[:-1] for row in sums]
        means.append((np.roll(sums[0], way * side), np.roll(sums[1], way * side)))
    (after, after_weight), (before, before_weight) = means
    steps = after / np.maximum(after_weight, 1e-9) - before / np.maximum(before_weight, 1e-9)
    steps /= np.sqrt(1 / np.maximum(after_weight, 1e-9) + 1 / np.maximum(before_weight, 1e-9))
    steps = np.abs(steps - np.median(steps))
    return float(steps.max() / max(1.4826 * np.median(steps), 1.0))


def _sharpness(folded: Floats) -> Floats:
    """How far each place stands out from those around it, in spreads."""
    sharp = folded - median_filter(folded, 2 * _NEAR + 1, mode="wrap")
    spread = float(np.median(np.abs(sharp))) * 1.4826
    return np.asarray(sharp / max(spread, 0.7))
