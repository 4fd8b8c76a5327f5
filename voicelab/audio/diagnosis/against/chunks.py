"""Seams at equal distances, where the sound is weaker or rougher than the reference tells."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.ndimage import median_filter

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
_MOST_REST: Final = 2.0  # no single seam is to count for all
_MOST_TOLD: Final = 5.0
_QUIETEST: Final = 0.01


def find_chunks(laid: list[Laid]) -> list[Finding]:
    """Fold what the reference does not tell at each length that a chunk may have."""
    rate_hz = laid[0].rate_hz
    lengths = {round(ms * rate_hz / 1000) for ms in _CHUNKS_MS} | set(_SAMPLES)
    rows = [_Measured(part) for part in laid]
    size = sum(row.weight.size for row in rows)
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
    """Sums to be folded, of one part."""

    def __init__(self, part: Laid) -> None:
        power = part.rest**2
        floor = float(np.median(power[part.known])) + 1.0
        around = np.sqrt(np.convolve(power, np.full(_AROUND, 1 / _AROUND), "same") + floor)
        rest = np.clip(part.rest / around, -_MOST_REST, _MOST_REST)
        told = np.clip(part.told / around, -_MOST_TOLD, _MOST_TOLD)
        self.begin = part.begin
        self.product = np.where(part.known, rest * told, 0.0)
        self.weight = np.where(part.known, told**2, 0.0)
        self.rough = np.where(part.known, np.log((part.rest / around) ** 2 + _QUIETEST), 0.0)
        self.count = part.known.astype(np.float64)


def _folded(rows: list[_Measured], length: int) -> list[tuple[float, str, float]]:
    product, weight, rough, count = (np.zeros(length) for _ in range(4))
    for row in rows:
        phase = row.begin % length
        for total, values in (
            (product, row.product), (weight, row.weight), (rough, row.rough), (count, row.count),
        ):  # fmt: skip
            padded = np.concatenate((np.zeros(phase), values))
            padded = np.pad(padded, (0, -padded.size % length))
            total += padded.reshape(-1, length).sum(axis=0)
    dip = -product / np.sqrt(np.maximum(weight, 1e-9))
    rise = (rough - count * rough.sum() / max(count.sum(), 1.0)) / np.sqrt(np.maximum(count, 1.0))
    found = []
    for values, word in ((dip, "weaker"), (rise, "rougher")):
        sharp = _sharpness(values)
        top = int(sharp.argmax())
        depth = float(-product[top] / max(weight[top], 1e-9))
        found.append((float(sharp[top]), word, depth))
    return found


def _sharpness(folded: Floats) -> Floats:
    """How far each place stands out from those around it, in spreads."""
    sharp = folded - median_filter(folded, 2 * _NEAR + 1, mode="wrap")
    spread = float(np.median(np.abs(sharp))) * 1.4826
    return np.asarray(sharp / max(spread, 0.3))
