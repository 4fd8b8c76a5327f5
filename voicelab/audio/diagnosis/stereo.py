"""Two interleaved channels that were played as one."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from voicelab.audio.diagnosis.finding import Finding
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.samples import Int16Array

_SAME: Final = 0.98
_IDLE: Final = 8
_APART_DB: Final = 1.5
_LOUD: Final = 50.0

_Floats = npt.NDArray[np.float64]


def find_stereo(heard: Heard) -> list[Finding]:
    """Two channels that are alike, or of which one is silent."""
    looked = heard.sample_of()
    return _twins(looked) or _idle_channel(looked)


def find_two_sounds(heard: Heard) -> list[Finding]:
    """Two channels of which each goes on by itself."""
    return _strangers(heard.sample_of())


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
    loud = [float(np.abs(samples[phase::2].astype(np.float64)).mean()) for phase in (0, 1)]
    phase = int(loud[1] > loud[0])
    if loud[phase] < _LOUD or loud[1 - phase] > max(_IDLE, 0.01 * loud[phase]):
        return []
    return [_finding(0.99, "every other sample is silent, as one idle channel is", phase)]


def _strangers(samples: Int16Array) -> list[Finding]:
    """Two sounds: a sample is told by the one before the last, not by the last."""
    values = samples.astype(np.float64)
    phases = [float(np.abs(values[phase::2]).mean()) for phase in (0, 1)]
    loud = int(phases[1] > phases[0])
    at = np.arange(4 + loud, values.size - 4, 2)
    if at.size < 200 or phases[loud] < _LOUD:
        return []
    near = _unexplained(values, at, (-1, 1, -3, 3))
    far = _unexplained(values, at, (-2, 2, -4, 4))
    apart_db = 10 * float(np.log10(max(near, 1e-9) / max(far, 1e-9)))
    if apart_db < _APART_DB:
        return []
    return [
        _finding(
            min(0.99, 0.75 + apart_db / 20),
            "samples go on from the one before the last, not from the last: "
            f"two sounds take turns ({apart_db:.1f} dB)",
            loud,
        )
    ]


def _unexplained(values: _Floats, at: npt.NDArray[np.intp], lags: tuple[int, ...]) -> float:
    """Share of the power that is not told by the samples at these distances."""
    around = np.stack([values[at + lag] for lag in lags], axis=1)
    gram = around.T @ around
    gram[np.diag_indices_from(gram)] += 1e-3 * at.size
    weights = np.linalg.solve(gram, around.T @ values[at])
    rest = values[at] - around @ weights
    return float(rest @ rest) / max(float(values[at] @ values[at]), 1e-9)


def _finding(confidence: float, evidence: str, phase: int) -> Finding:
    def pick(heard: Heard) -> tuple[Int16Array, int]:
        return heard.samples[phase::2].copy(), heard.rate_hz

    return Finding("stereo-as-mono", confidence, evidence, pick)
