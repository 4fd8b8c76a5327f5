"""Two interleaved channels that were played as one."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from voicelab.audio.diagnosis.finding import Finding
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.diagnosis.lines import without_lines
from voicelab.audio.diagnosis.rereading import is_bytes_of_16_bits
from voicelab.audio.samples import Int16Array

_SAME: Final = 0.98
_IDLE: Final = 8
_APART_DB: Final = 5.0
_FARTHER: Final = 0.1
_LOUD: Final = 50.0
_FRAME_S: Final = 0.04
_FEWEST: Final = 10
_CLOSER: Final = 0.015
_CHANCE: Final = 4.2  # spreads
_NO_MATTER: Final = 0.7
_CLEAR: Final = 5.0  # where each channel has a noise of its own that goes on
_MOST: Final = 1.5  # a few crackles are not to count for all
_LATEST_S: Final = 0.05
_AT_ONCE: Final = 2
_ALIKE: Final = 0.6
_SMOOTH: Final = 0.3
_UNLIKE: Final = 0.7

_Floats = npt.NDArray[np.float64]


def find_stereo(heard: Heard) -> list[Finding]:
    """Two channels that are alike, or of which one is silent."""
    looked = heard.sample_of()
    return _twins(looked) or _idle_channel(looked)


def find_panned(heard: Heard) -> list[Finding]:
    """One sound in two channels, louder in one of them or with a noise of its own in each.

    Within a pair samples are more alike than from one pair to the next, where it does not matter
    which channel is compared with which. What was interpolated has pairs too, but there it matters.
    """
    samples = heard.sample_of()
    moments = _moments(samples, heard.rate_hz)
    if len(moments) < _FEWEST:
        return []
    even, odd = moments[..., 0], moments[..., 1]
    one = (even[:, 1:] * odd[:, 1:]).mean(axis=1)
    other = (odd[:, :-1] * even[:, 1:]).mean(axis=1)
    own = [float((side[:, 1:] * side[:, :-1]).mean()) for side in (even, odd)]
    scale = float(np.sqrt((even**2).mean() * (odd**2).mean()))
    across, within = sorted((float(one.mean()) / scale, float(other.mean()) / scale))
    spread = float((one - other).std()) / scale / np.sqrt(len(moments))
    closer = within - across
    if min(own[0], own[1], across) < 0 or closer < max(_CLOSER, _CHANCE * spread):
        return []
    apart = float(np.sqrt(own[0] * own[1])) / scale
    if across - apart > _NO_MATTER * closer:
        return []
    if apart - across > _NO_MATTER * closer and closer < _CLEAR * spread:
        return []
    if is_bytes_of_16_bits(samples):
        return []
    loud = _levels(samples)
    return [
        _finding(
            0.97,
            f"samples are {within:.1%} alike pair by pair and {across:.1%} from one pair to the "
            "next, as one sound in two channels is",
            int(loud[1] > loud[0]),
        )
    ]


def find_later(heard: Heard) -> list[Finding]:
    """One sound in two channels, later in one of them.

    Every other sample is then most like the others some moments away; of one sound, the next ones.
    What rings or whistles is like itself some moments away, too.
    """
    from scipy.signal import correlate

    values = without_lines(heard.sample_of(), heard.rate_hz)
    values = values[: values.size // 2 * 2] - values.mean()
    even, odd = values[::2], values[1::2]
    longest = round(_LATEST_S * heard.rate_hz)
    power = float(np.sqrt((even @ even) * (odd @ odd)))
    if even.size < 4 * longest or power < even.size * _LOUD**2:
        return []
    alike = correlate(even, odd, method="fft")[odd.size - 1 - longest : odd.size + longest] / power
    lag = int(alike.argmax()) - longest
    at_once = float(alike[longest - _AT_ONCE : longest + _AT_ONCE + 1].max())
    later = float(alike.max())
    if abs(lag) <= _AT_ONCE or later < _ALIKE or at_once > _UNLIKE * later:
        return []
    going_on = min(_itself(side, 1) for side in (even, odd))
    around = range(abs(lag) - _AT_ONCE, abs(lag) + _AT_ONCE + 1)
    ringing = max(abs(_itself(side, away)) for side in (even, odd) for away in around)
    if going_on < max(_SMOOTH, at_once) or ringing > _UNLIKE * later:
        return []
    return [
        _finding(
            0.97,
            f"every other sample is {later:.1%} like the others {abs(lag)} pairs away, and "
            f"{at_once:.1%} like those beside it, as one sound is that is later in one of two "
            "channels",
            int(odd @ odd > even @ even),
        )
    ]


def find_two_sounds(heard: Heard) -> list[Finding]:
    """Two channels of which each goes on by itself."""
    return _strangers(heard.sample_of(), heard.rate_hz)


def _twins(samples: Int16Array) -> list[Finding]:
    """Both channels alike: each sample comes twice."""
    for phase in (0, 1):
        pairs = samples[phase : phase + (samples.size - phase) // 2 * 2].reshape(-1, 2)
        busy = np.abs(pairs.astype(np.int32)).max(axis=1, initial=0) > _IDLE
        if np.count_nonzero(busy) < 100:
            continue
        same = float((pairs[:, 0] == pairs[:, 1])[busy].mean())
        across = pairs[busy].reshape(-1)
        chance = float((across[1:-1:2] == across[2::2]).mean())
        if same >= _SAME and chance < 0.7:
            return [_finding(0.99, f"{same:.1%} of the samples come twice, pair by pair", phase)]
    return []


def _idle_channel(samples: Int16Array) -> list[Finding]:
    """One channel silent: every other sample is."""
    loud = _levels(samples)
    phase = int(loud[1] > loud[0])
    if loud[phase] < _LOUD or loud[1 - phase] > max(_IDLE, 0.01 * loud[phase]):
        return []
    return [_finding(0.99, "every other sample is silent, as one idle channel is", phase)]


def _strangers(samples: Int16Array, rate_hz: int) -> list[Finding]:
    """Two sounds: each grows and fades by itself, and goes on from the sample before the last."""
    values = samples.astype(np.float64)
    values -= values.mean()
    powers = (_frames(values, rate_hz) ** 2).mean(axis=1) + _LOUD**2
    if len(powers) < _FEWEST or float(powers.max()) < 4 * _LOUD**2:
        return []
    apart_db = float(np.median(np.abs(10 * np.log10(powers[:, 0] / powers[:, 1]))))
    lags = [float(values[lag:] @ values[: values.size - lag]) for lag in (0, 1, 2)]
    near, far = lags[1] / lags[0], lags[2] / lags[0]
    if apart_db < _APART_DB or far < near + _FARTHER:
        return []
    loud = int(powers[:, 1].sum() > powers[:, 0].sum())
    return [
        _finding(
            min(0.99, 0.75 + apart_db / 20),
            f"every other sample is a sound of its own: the two differ by {apart_db:.1f} dB from "
            "moment to moment, and samples go on from the one before the last, not from the last",
            loud,
        )
    ]


def _levels(samples: Int16Array) -> list[float]:
    """How loud each channel is."""
    return [float(np.abs(samples[phase::2].astype(np.float64)).mean()) for phase in (0, 1)]


def _frames(values: _Floats, rate_hz: int) -> _Floats:
    """Pairs of each whole frame of 40 ms; shape (n, pairs, 2)."""
    size = round(_FRAME_S * rate_hz / 2)
    return values[: values.size // (2 * size) * 2 * size].reshape(-1, size, 2)


def _itself(values: _Floats, away: int) -> float:
    return float(values[away:] @ values[:-away]) / float(values @ values)


def _moments(samples: Int16Array, rate_hz: int) -> _Floats:
    """Pairs of each moment that is heard, all moments equally loud."""
    values = samples.astype(np.float64)
    values -= values.mean()
    frames = _frames(values, rate_hz)
    powers = (frames**2).mean(axis=(1, 2))
    loud = powers > _LOUD**2
    scaled = frames[loud] / np.sqrt(powers[loud])[:, None, None]
    return np.asarray(np.clip(scaled, -_MOST, _MOST))


def _finding(confidence: float, evidence: str, phase: int) -> Finding:
    def pick(heard: Heard) -> tuple[Int16Array, int]:
        return heard.samples[phase::2].copy(), heard.rate_hz

    return Finding("stereo-as-mono", confidence, evidence, pick)
