"""Seams at equal distances, where the sound is weaker or rougher than the reference tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.ndimage import median_filter

from voicelab.audio.diagnosis.against.coding import is_coded
from voicelab.audio.diagnosis.against.laid import Laid
from voicelab.audio.diagnosis.against.reference import Floats
from voicelab.audio.diagnosis.finding import Finding

_CHUNKS_MS: Final = (
    5, 8, 10, 12.5, 15, 16, 20, 24, 25, 30, 32, 40, 48, 50, 60, 64, 75, 80, 96, 100, 120, 125, 128,
    150, 160, 200, 240, 250, 256, 300, 320, 400, 500, 512, 640, 750, 800, 1000,
)  # fmt: skip
_SAMPLES: Final = (64, 128, 256, 320, 480, 512, 640, 1024, 2048, 4096)
_HINT: Final = 0.6
_AROUND: Final = 161
_NEAR: Final = 12
_CLEAR_ROUGHER: Final = 11.0
_HALVES: Final = 2.5  # noise apart, a half is as strong by a root of 2, or by 2
_CLEAR_WEAKER: Final = 6.2
_CLEAR_AT_START: Final = 4.7  # a recording mostly begins where a chunk does
_CLEAR_MIXED: Final = 17.0
_FEW: Final = 12
_CLEAR_JUMP: Final = 13.0
_FEWEST: Final = 5
_BESIDE: Final = 4
_WIDTHS: Final = (1, 2, 3)
_JUMP: Final = 24
_LEAST_JUMP: Final = 0.15  # samples
_MOST_REST: Final = 2.0  # no single seam is to count for all
_MOST_TOLD: Final = 5.0


def find_chunks(laid: list[Laid]) -> tuple[list[Finding], bool]:
    """Fold what the reference does not tell at each length that a chunk may have.

    Returns
    -------
    tuple of list of Finding and bool
        At most one; and whether there is at least a hint of seams.
    """
    rate_hz = laid[0].rate_hz
    lengths = {round(ms * rate_hz / 1000) for ms in _CHUNKS_MS} | set(_SAMPLES)
    every = [_sums(part) for part in laid]
    if not sum(float(sums.lags[0]) for sums in every):
        return [], False
    coded = is_coded(laid)
    size = sum(sums.rows.shape[1] for sums in every)
    best: tuple[float, float, int, str] = (0.0, 0.0, 0, "")
    for length in sorted(lengths):
        if size < _FEWEST * length or length <= 3 * _NEAR:
            continue
        for strength, spreads, word in _folded(every, length):
            if coded and word == "weaker":
                continue  # as it is at the seams of a speech codec's own sub-frames
            if strength > 1.1 * best[0]:  # a multiple of the length folds as well
                best = strength, spreads, length, word
    strength, spreads, length, word = best
    if strength < 1:
        return [], strength > _HINT
    finding = Finding(
        "chunk-clicks",
        min(0.98, 0.65 + strength / 7),
        f"every {1000 * length / rate_hz:g} ms the sound is {word} than the reference tells; "
        f"that stands out by {spreads:.0f} times the spread of all other places, as if chunks "
        "of that length had been resampled one by one",
    )
    return [finding], True


@dataclass(frozen=True)
class _Sums:
    """What is to be folded, and how the neighbours of a told sample go with it.

    Attributes
    ----------
    begin : int
        First sample in the recording.
    rows : ndarray of float, shape (2 * 4 + 6, n)
        The rest times what is told, from four samples ago to four samples ahead, and the power of
        what is told; the rest times how fast what is told rises, and the power of that; how rough
        the rest is, and where that can be told.
    lags : ndarray of float, shape (9,)
        Autocorrelation of what is told.
    """

    begin: int
    rows: Floats
    lags: Floats


def _sums(part: Laid) -> _Sums:
    heard, told = part.whitened()
    rest = heard - told
    power = rest**2
    floor = float(np.median(power[part.known])) + 1.0
    around = np.convolve(power, np.full(_AROUND, 1 / _AROUND), "same")
    usual = np.sqrt(around + floor)
    left = np.clip(rest / usual, -_MOST_REST, _MOST_REST)
    said = np.clip(told / usual, -_MOST_TOLD, _MOST_TOLD)
    rise = np.gradient(told)
    scale = np.maximum(usual, np.maximum(np.abs(rise) / _MOST_TOLD, np.abs(rest) / _MOST_REST))
    clear = (around > floor) & part.known
    rough = np.log((power + 0.01 * around + 1e-3) / (around + 1e-3))
    if clear.any():
        rough = (rough - rough[clear].mean()) / max(float(rough[clear].std()), 1e-3)
    rows = [left * np.roll(said, shift) for shift in range(-_BESIDE, _BESIDE + 1)]
    rows += [
        said**2,
        rest * rise / scale**2,
        (rise / scale) ** 2,
        rough * clear,
        clear.astype(np.float64),
    ]
    lags = [float(said @ np.roll(said, shift)) for shift in range(2 * _BESIDE + 1)]
    return _Sums(part.begin, np.stack(rows) * part.known, np.array(lags))


def _folded(every: list[_Sums], length: int) -> list[tuple[float, float, str]]:
    """What stands out at one place of the chunk: how far beside what is clear, and in spreads."""
    halves = np.zeros((2, every[0].rows.shape[0], length))
    for sums in every:
        before = sums.begin % length
        after = -(before + sums.rows.shape[1]) % (2 * length)
        padded = np.pad(sums.rows, ((0, 0), (before, after)))
        shaped = padded.reshape(padded.shape[0], -1, 2, length)
        halves += shaped.sum(axis=1).transpose(1, 0, 2)
    lags = np.sum([sums.lags for sums in every], axis=0)
    whole, *parts = (_strengths(totals, lags) for totals in (halves.sum(axis=0), *halves))
    mixed = _CLEAR_MIXED * (1 + _FEW / max(halves[:, -1].mean(), 1))
    clear = (_clear_of_weaker(length), np.full(length, _CLEAR_ROUGHER), np.full(length, mixed))
    found = []
    for n, word in enumerate(("weaker", "rougher", "other")):
        least = np.minimum(parts[0][n], parts[1][n])  # in either half: one crack is no seam
        beside = np.minimum(whole[n], _HALVES * least) / clear[n]
        place = int(beside.argmax())
        found.append((float(beside[place]), float(whole[n][place]), word))
    late, lateness = halves.sum(axis=0)[-4:-2]
    jump = _jump(late, lateness)
    return [*found, (jump / _CLEAR_JUMP, jump, "later at once")]


def _clear_of_weaker(length: int) -> Floats:
    clear = np.full(length, _CLEAR_WEAKER)
    clear[np.arange(-1, max(_WIDTHS) + 1)] = _CLEAR_AT_START
    return clear


def _strengths(totals: Floats, lags: Floats) -> tuple[Floats, Floats, Floats]:
    """How weak, how rough and how mixed with its neighbours each place is, in spreads."""
    beside, (weight, _, _, rough, count) = totals[:-5], totals[-5:]
    weaker = np.zeros(weight.size)
    for width in _WIDTHS:
        product, power = (_around(row, width) for row in (beside[_BESIDE], weight))
        weaker = np.maximum(weaker, _sharpness(-product / np.sqrt(np.maximum(power, 1e-9))))
    rougher = np.where(count >= _FEWEST / 2, rough / np.sqrt(np.maximum(count, 1.0)), 0.0)
    return weaker, _sharpness(rougher), _mixed(beside, weight, lags)


def _around(row: Floats, width: int) -> Floats:
    return np.asarray(sum(np.roll(row, shift) for shift in range(width)))


def _mixed(beside: Floats, weight: Floats, lags: Floats) -> Floats:
    """How much the rest goes with samples beside its own, in spreads.

    A filter that is cut off at a seam leaves out what lies beyond it: what is missing is a
    mixture of the neighbours, whatever mixture it is.
    """
    count = beside.shape[0]
    together = lags[np.abs(np.subtract.outer(np.arange(count), np.arange(count)))] / lags[0]
    powers, ways = np.linalg.eigh(together)
    usual = np.sqrt(np.maximum(weight, 0.2 * weight.mean()))
    apart = (ways.T @ (beside / usual)) / np.sqrt(powers + 0.1)[:, None]
    whole = _around((apart**2).sum(axis=0), 2 * _BESIDE)
    whole = whole - np.median(whole)
    return np.asarray(whole / max(1.4826 * float(np.median(np.abs(whole))), 1.0))


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
    steps = np.where(np.abs(steps) < _LEAST_JUMP, 0.0, steps)
    steps /= np.sqrt(1 / np.maximum(after_weight, 1e-9) + 1 / np.maximum(before_weight, 1e-9))
    steps = np.abs(steps - np.median(steps))
    return float(steps.max() / max(1.4826 * np.median(steps), 1.0))


def _sharpness(folded: Floats) -> Floats:
    """How far each place stands out from those around it, in spreads."""
    sharp = folded - median_filter(folded, 2 * _NEAR + 1, mode="wrap")
    spread = float(np.median(np.abs(sharp))) * 1.4826
    return np.asarray(sharp / max(spread, 1.0))
