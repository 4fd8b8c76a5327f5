"""Chunks that were resampled one by one: at each seam the wave is weaker, bent or rougher.

A resampler that knows nothing of the chunks before and after takes them for silence, or for the
chunk itself once more, so that the samples at an edge come out too small or drawn aside. One seam
is hardly heard under noise. But they lie at equal distances, and folded at that distance they
stand out from all other places of the fold.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from voicelab.audio.diagnosis.finding import Finding, doubted
from voicelab.audio.diagnosis.fold import APART, standing_out
from voicelab.audio.diagnosis.frames import FRAMES_MS, runs
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.diagnosis.lines import without_lines
from voicelab.audio.diagnosis.neighbours import SIDE, told_by_neighbours
from voicelab.audio.diagnosis.waver import wavering
from voicelab.audio.samples import Int16Array

_CHUNKS_MS: Final = (
    5, 8, 10, 12, 15, 16, 20, 24, 25, 30, 32, 40, 48, 50, 60, 64, 75, 80, 90, 100, 120, 128, 150,
    160, 200,
)  # fmt: skip
_BLOCKS: Final = (256, 512, 1024, 2048, 4096)
_FROM_HZ: Final = (8000, 16_000, 24_000, 44_100, 48_000)
_FEWEST: Final = 12
_STILL: Final = 16
_STRONG: Final = 8.0
_STRONG_IN_NOISE: Final = 3.0
_ODD: Final = 4.0
_OUTER: Final = 2.0
_ROUGHER: Final = "rougher"
_AROUND: Final = 161
_FLATTEST: Final = 0.05
_CLEAR: Final = {True: (4.5, 6.3), False: (5.4, 7.2)}
"""Spreads that leave no doubt, of a usual length or not: where a recording begins, elsewhere."""
_SUSPECT: Final = 0.91
_SURE: Final = {True: 1.2, False: 1.08}
_WAVERS: Final = 14.0
_ALONE: Final = 1.9
_RINGS: Final = (
    (0.2, -0.2, 1.0, -0.25, 0.15, 0.0),
    (-0.1, 0.13, 0.3, -0.22, 0.1, -0.1),
    (0.0, 0.08, 0.18, 0.28, 0.18, 0.0),
)
"""What white noise leaves of weakness, bend and flatness, from two samples before a seam on.

A linear discriminant of seams of 40 ms chunks, 8 dB above that noise, that went through polyphase,
Fourier and soxr's resamplers from two and three times the rate.
"""
_BEFORE: Final = 2
_HUMS: Final = 0.995  # of the level without lines: voices alone leave 0.997 and more
_SETTLES: Final = "a reference or a longer piece would settle it"
_LONGEST_S: Final = 0.2

_Floats = npt.NDArray[np.float64]
_Bools = npt.NDArray[np.bool_]


def find_clicks(heard: Heard) -> tuple[list[Finding], float]:
    """Fold what the neighbours do not tell of each sample at each length a chunk may have.

    Returns
    -------
    tuple of list of Finding and float
        And how far the seams stand out, in spreads.
    """
    samples = heard.loudest_stretch()
    sounding = ~_near_silence(samples)
    without = without_lines(samples, heard.rate_hz)
    signs = _signs(without, sounding, heard.is_noisy)
    best: tuple[float, float, int, str] = (0.0, 0.0, 0, "")
    usual = {heard.rate_hz * frame_ms // 1000 for frame_ms in FRAMES_MS}
    lengths = [n for n in _lengths(heard.rate_hz) if samples.size // n >= _FEWEST]
    for length in lengths:
        for word, sign in signs.items():
            found = zip(standing_out(sign, length), _CLEAR[length in usual], strict=True)
            strength, height = max((height / clear, height) for height, clear in found)
            best = max(best, (strength, height, length, word))
    strength, height, length, word = best
    spreads = strength * _CLEAR[True][0]
    if strength < (_SUSPECT if heard.is_noisy else 1):
        if not heard.is_noisy:
            return [], spreads
        level = float(np.linalg.norm(samples.astype(np.float64)))
        hums = float(np.linalg.norm(without)) < _HUMS * level
        return _stretched(*wavering(signs[_ROUGHER], heard.rate_hz, lengths, hums)), spreads
    finding = Finding(
        "chunk-clicks",
        min(0.97, 0.6 + spreads / 60),
        f"every {length * 1000 / heard.rate_hz:.4g} ms the sound is {word}; that stands out by "
        f"{height:.1f} times the spread of all other places, as if chunks of that length had been "
        "resampled one by one",
        weight=spreads**2 / 2,
    )
    if strength < _SURE[heard.is_noisy]:
        finding = doubted(finding, _SETTLES)
    return [finding], spreads


def _stretched(power: float, beside: float, wavers_hz: float) -> list[Finding]:
    """Where noise hides the seams, it may itself tell of chunks; no more than a suspicion."""
    if power < _WAVERS or beside < _ALONE:
        return []
    finding = Finding(
        "chunk-clicks",
        min(0.9, 0.6 + power / 300),
        f"the noise wavers {wavers_hz:.3g} times a second, {power:.0f} times as strongly as by "
        "chance, as it does where chunks are stretched one by one",
        weight=power,
    )
    return [doubted(finding, _SETTLES)]


def _lengths(rate_hz: int) -> list[int]:
    whole = {rate_hz * ms // 1000 for ms in _CHUNKS_MS}
    blocks = {-(-size * rate_hz // from_hz) for size in _BLOCKS for from_hz in _FROM_HZ}
    longest = _LONGEST_S * rate_hz
    return sorted(length for length in whole | blocks if 5 * APART <= length <= longest)


def _signs(samples: _Floats, sounding: _Bools, noisy: bool) -> dict[str, _Floats]:
    """What may show at a seam, for each sample, in spreads; 0 beside silence.

    Under noise a seam is a slight leaning of all chunks, and none of them is to count for many. It
    is weaker in the way in which a resampler rings.
    """
    level, strong = (_ranked, _STRONG_IN_NOISE) if noisy else (_scaled, _STRONG)
    told = told_by_neighbours(samples)
    rest = samples - told
    usual = 1.25 * _smooth(np.abs(rest)) + 0.5
    rest = np.clip(rest / usual, -_ODD, _ODD)
    odd = _ranked(rest, sounding) if noisy else rest
    weak = -odd * np.clip(told / usual, -strong, strong)
    dip = _scaled(weak - (np.roll(weak, 1) + np.roll(weak, -1)) / 2, sounding)
    bend = odd * np.clip(np.gradient(samples) / usual, -strong, strong)
    bent = _scaled(np.roll(bend, 1) - bend, sounding)
    rough = level(rest**2, sounding)
    step = np.abs(np.diff(samples, prepend=samples[0]))
    flat = level(-np.log(np.maximum(step / (_smooth(step) + 0.5), _FLATTEST)), sounding)
    signs = {
        _ROUGHER: rough,
        "weaker and rougher": _scaled(dip + rough, sounding),
        "weaker and calmer": _scaled(dip - rough, sounding),
        "bent and flat": _scaled(bent + flat, sounding),
    }
    if noisy:
        ringing = _ringing(_scaled(weak, sounding), _scaled(bend, sounding), flat)
        return signs | {"weaker": _scaled(ringing, sounding)}
    return signs | {"weaker": dip, "bent": bent, "flat": flat}


def _ringing(*signs: _Floats) -> _Floats:
    together = np.zeros_like(signs[0])
    for sign, weights in zip(signs, _RINGS, strict=True):
        for n, weight in enumerate(weights):
            together += weight * np.roll(sign, _BEFORE - n)
    return together


def _near_silence(samples: Int16Array) -> _Bools:
    """Where nothing stirs, and the samples beside it: a frame that was lost has seams too."""
    from scipy.ndimage import binary_dilation

    still = np.zeros(samples.size, np.bool_)
    for start, end in runs(np.diff(samples) == 0, _STILL):
        still[start : end + 1] = True
    near: _Bools = binary_dilation(still, iterations=SIDE)
    return near


def _smooth(values: _Floats) -> _Floats:
    from scipy.ndimage import uniform_filter1d

    around: _Floats = uniform_filter1d(values, _AROUND, mode="nearest")
    return around


def _scaled(sign: _Floats, sounding: _Bools) -> _Floats:
    """Bring to a mean of 0 and a spread of 1; no single moment is to count for many."""
    if not sounding.any():
        return np.zeros_like(sign)
    for _ in range(2):
        heard = sign[sounding]
        sign = (sign - heard.mean()) / max(float(heard.std()), 1e-9)
        sign = np.where(sounding, np.clip(sign, -_ODD, _ODD), 0.0)
    return sign / max(float(sign[sounding].std()), 1e-9)


def _ranked(sign: _Floats, sounding: _Bools) -> _Floats:
    """Give each its place among all, as if all were normal, and cut off the outermost.

    What is strong at a few chunks are frames that were moved, or the noise of a coded hum.
    """
    from scipy.special import ndtri

    heard = sign[sounding]
    place = np.empty(heard.size)
    place[np.argsort(heard)] = np.arange(heard.size)
    ranked = np.zeros_like(sign)
    ranked[sounding] = np.clip(ndtri((place + 0.5) / max(heard.size, 1)), -_OUTER, _OUTER)
    return ranked / max(float(ranked[sounding].std()), 1e-9) if heard.size else ranked
