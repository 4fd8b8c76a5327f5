"""44100 and 48000 Hz confused: all is 8.8 % too fast or too slow.

Nobody can hear that in a voice: voices differ by more. What does not differ is a rate that nobody
uses, the hum of the mains, and the rhythm at which a converter repeats its weights. In a file of
one of these two rates, where nothing of that tells, it cannot be told.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from voicelab.audio.diagnosis.finding import Finding, Repair
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.samples import Int16Array

FAULT: Final = "rate-44100-48000"
_UP: Final = 160
_DOWN: Final = 147
USUAL_HZ: Final = frozenset(
    (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 88200, 96000)
)
_TELEPHONE_HZ: Final = (8000, 16_000, 32_000)
_CONFUSED_HZ: Final = (44_100, 48_000)
_MAINS_HZ: Final = (50.0, 60.0)
_MAINS_OFF: Final = 0.0012  # grids are kept within 0.2 Hz, and nearly always within 0.05
_MAINS_RIGHT: Final = 0.005  # the wrong rate would be sixteen times as far off
_COMB_HZ: Final = np.arange(40.0, 70.0, 0.02)
_HARMONICS: Final = np.arange(1, 13)
_LINE_DB: Final = 12.0
_FEWEST_LINES: Final = 3
_COMB_DB: Final = 70.0
_AHEAD: Final = 1.5
_HUM_S: Final = 4.0
_MOST_S: Final = 40.0
_TRACE_SAMPLES: Final = 1 << 17
_FEWEST_SAMPLES: Final = 12_000
_TRACE: Final = 60.0
_LOUDEST: Final = 4.0
_SLOPES: Final = (0.004, 0.012, 0.032, 0.04)  # a band cut off sharply rings, and beats so itself
_STILL: Final = 0.003
_AROUND_HZ: Final = 130.0  # so that the multiples of the mains are among the neighbours
_AROUND: Final = 0.012

_Floats = npt.NDArray[np.float64]


def find_studio(heard: Heard) -> list[Finding]:
    """Look at the rate itself, for the mains, and for a converter's trace."""
    for find in (_find_odd_rate, _find_trace, _find_mains):
        found = find(heard)
        if found:
            return found
    return []


def doubt_studio(heard: Heard) -> list[Finding]:
    """Not knowing, for speech at one of the two rates whose hum does not show it to be right."""
    if heard.rate_hz not in _CONFUSED_HZ:
        return []
    hum = _hum(heard)
    if hum is not None and any(abs(hum[0] / mains - 1) <= _MAINS_RIGHT for mains in _MAINS_HZ):
        return []
    (other,) = set(_CONFUSED_HZ) - {heard.rate_hz}
    why = (
        f"nothing else is wrong, but whether {heard.rate_hz} Hz is its rate or {other} Hz is, no "
        f"voice tells, since that is 8.8 % and voices differ by more; give a reference, or, where "
        f"the rate is known to be right, the hint none"
    )
    return [
        Finding("unknown", 0.5, why),
        Finding("none", 0.4, f"none of the known faults shows at {heard.rate_hz} Hz"),
        Finding(FAULT, 0.1, f"it may have been recorded at {other} Hz", _at(other)),
    ]


def _find_odd_rate(heard: Heard) -> list[Finding]:
    rate_hz = heard.rate_hz
    if rate_hz in USUAL_HZ:
        return []
    for usual in sorted(USUAL_HZ):
        for up, down in ((_UP, _DOWN), (_DOWN, _UP)):
            if abs(rate_hz - usual * up / down) <= 1:
                evidence = (
                    f"{rate_hz} Hz is no rate that is used; it is {usual} Hz times {up}/{down}, "
                    f"as {_named(up)} Hz is to {_named(down)}"
                )
                return [Finding(FAULT, 0.8, evidence, _at(usual))]
    return []


def _find_trace(heard: Heard) -> list[Finding]:
    """A converter by 160/147 or 147/160 uses each set of weights once in so many samples.

    Near the old upper edge its images are as strong as the sound, and move with it: the power there
    beats at one frequency, known to the last digit. In a file of the studio's rates it says
    nothing: that may well have been converted from one to the other, and be labelled as it should.
    """
    if heard.rate_hz not in _TELEPHONE_HZ:
        return []
    for up, down in ((_UP, _DOWN), (_DOWN, _UP)):
        strength = _beat(heard.samples[:_TRACE_SAMPLES], heard.rate_hz, up, down)
        if strength < _TRACE:
            continue
        evidence = (
            f"it was converted by {up}/{down}, as from {_named(down)} to {_named(up)} Hz, and is "
            f"called {heard.rate_hz} Hz: once in {up / abs(up - down):.2f} samples its power "
            f"beats, {strength:,.0f} times as strongly as by chance"
        )
        return [Finding(FAULT, 0.95, evidence, _converted(down, up))]
    return []


def _beat(samples: Int16Array, rate_hz: int, up: int, down: int) -> float:
    """How far the beat of a converter stands out; 1 by chance, at most 1 where others do more."""
    size = samples.size // 2048 * 2048
    if size < _FEWEST_SAMPLES:
        return 0.0
    samples = samples[:size]
    edge = abs((down / up + 1) % 2 - 1) / 2  # the old upper edge, in cycles a sample
    spectrum = np.fft.rfft(samples.astype(np.float64))
    off = np.abs(np.arange(spectrum.size) / size - edge)
    near = (off > 0.004) & (off < 0.04)
    spectrum[~near] = 0
    height = np.abs(spectrum)
    usual = _LOUDEST * float(np.median(height[near])) + 1e-9
    spectrum *= np.minimum(1, usual / np.maximum(height, usual))  # two steady tones would beat too
    spectrum *= np.interp(off, _SLOPES, (0.0, 1.0, 1.0, 0.0))
    power = np.fft.irfft(spectrum, size) ** 2
    around = np.convolve(power, np.full(400, 1 / 400), "same")
    heard = around > _STILL * float(around.mean())  # where it is still, only edges ring
    power = np.where(heard, power / (around + 0.1 * float(np.median(around)) + 1e-9) - 1, 0)
    beat = abs((down / up + 0.5) % 1 - 0.5)
    turns = np.exp(-2j * np.pi * beat * np.arange(size))
    strength = float(np.abs(power @ turns) ** 2)
    bins = np.abs(np.fft.rfft(power)) ** 2
    at, width = round(beat * size), round(max(_AROUND_HZ / rate_hz, _AROUND) * size)
    beside = np.concatenate((bins[max(at - width, 1) : at - 3], bins[at + 4 : at + width]))
    chance = float(beside.mean())
    if chance == 0:  # silence
        return 0.0
    if strength < 2.5 * float(beside.max()):
        return min(strength / chance, 1.0)
    return strength / chance


def _find_mains(heard: Heard) -> list[Finding]:
    """Hum, at 50 or 60 Hz times 147/160 or 160/147 instead of at 50 or 60."""
    hum = _hum(heard)
    if hum is None:
        return []
    hum_hz, lines = hum
    for mains in _MAINS_HZ:
        for fast, name in ((_UP / _DOWN, "fast"), (_DOWN / _UP, "slow")):
            if abs(hum_hz / (mains * fast) - 1) <= _MAINS_OFF:
                evidence = (
                    f"the hum stands at {hum_hz:.2f} Hz and {lines - 1} of its multiples, where "
                    f"the mains have {mains:.0f}: it is played 8.8 % too {name}"
                )
                return [Finding(FAULT, 0.9, evidence, _at(round(heard.rate_hz / fast)))]
    return []


def _hum(heard: Heard) -> tuple[float, int] | None:
    """Find a row of lines that stand still all the time: their distance in Hz and their number."""
    from scipy.ndimage import median_filter
    from scipy.signal import resample_poly

    if heard.rate_hz < 2000 or heard.duration_s < _HUM_S:
        return None
    step = heard.rate_hz // 2000
    samples = heard.samples[: round(_MOST_S * heard.rate_hz)].astype(np.float64)
    low = resample_poly(samples, 1, step) if step > 1 else samples
    rate_hz = heard.rate_hz / step
    size = int(_HUM_S * rate_hz)
    count = 1 << int(4 * size - 1).bit_length()
    pieces = [low[at : at + size] for at in range(0, low.size - size + 1, size // 2)]
    if not pieces:
        return None
    shape = np.blackman(size)
    spectra = [np.abs(np.fft.rfft((piece - piece.mean()) * shape, count)) ** 2 for piece in pieces]
    level_db = 10 * np.log10(np.median(spectra, axis=0) + 1e-3)
    scale = rate_hz / count
    above_db = level_db - median_filter(level_db, int(12 / scale) | 1)
    lines = _lines(above_db, scale)
    scores = np.clip(lines, -5, 25).sum(axis=1)
    best = int(scores.argmax())
    others = scores[np.abs(_COMB_HZ - _COMB_HZ[best]) > 1.0]
    strong = int(np.count_nonzero(lines[best] > _LINE_DB))
    if scores[best] < max(_COMB_DB, _AHEAD * float(others.max())) or strong < _FEWEST_LINES:
        return None
    return float(_COMB_HZ[best]), strong


def _lines(above_db: _Floats, scale: float) -> _Floats:
    wanted = _COMB_HZ[:, None] * _HARMONICS[None, :] / scale
    return np.interp(wanted, np.arange(above_db.size), above_db)


def _named(part: int) -> int:
    return 48_000 if part == _UP else 44_100


def _at(rate_hz: int) -> Repair:
    return lambda heard: (heard.samples, rate_hz)


def _converted(up: int, down: int) -> Repair:
    """Undo a conversion that nobody was told of."""

    def repair(heard: Heard) -> tuple[Int16Array, int]:
        from scipy.signal import resample_poly

        back = resample_poly(heard.samples.astype(np.float64), up, down)
        return np.clip(np.rint(back), -32768, 32767).astype(np.int16), heard.rate_hz

    return repair
