"""The words of a sound, where it is one of the bundled prompts; nothing is recognised otherwise.

Two sounds are compared by the energies of their bands over time, which a telephone's codec, its
rates and its noise leave much as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
import soundfile

from voicelab.audio.samples import Int16Array
from voicelab.sim.prompts import prompt_names, prompt_text

_FRAMES_A_S: Final = 50
_WINDOW_S: Final = 0.032
_BANDS_HZ: Final = (200, 300, 400, 520, 660, 830, 1030, 1270, 1550, 1880, 2270, 2720, 3300)
_RANGE_DB: Final = 35.0

SURE: Final = 0.85
"""The least correlation that counts. Measured: a prompt reaches 0.96 through G.711, at -40 dBFS of
noise and without its first 50 ms; another sentence with some of its words, same voice, 0.68."""
MARGIN_S: Final = 3.0
"""A turn is at most so much longer than its prompt: padding and final silence."""
CUT_S: Final = 0.3
"""A prompt may have lost so much at either end."""

_Frames = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Known:
    """What a sound was found to be.

    Attributes
    ----------
    name, text : str
        Of the prompt.
    sureness : float
        The correlation of the two sounds, `SURE` to 1.
    """

    name: str
    text: str
    sureness: float


def known_text(samples: Int16Array, rate_hz: int) -> Known | None:
    """Find the bundled prompt that a sound is.

    Parameters
    ----------
    samples : ndarray of int16, shape (n,)
        A turn, with silence before and after.
    rate_hz : int
        8000, 16000, 24000 or 48000.

    Returns
    -------
    Known or None
        None where it is like no prompt.
    """
    prompts = _fingerprints()
    longest_s = max((len(frames) for _, frames in prompts), default=0) / _FRAMES_A_S
    if not len(samples) or len(samples) > (longest_s + MARGIN_S) * rate_hz:
        return None
    heard = _fingerprint(samples, rate_hz)
    if not heard.any():
        return None
    best = max((_likeness(heard, frames), name) for name, frames in prompts)
    if best[0] < SURE:
        return None
    return Known(best[1], prompt_text(best[1]), round(best[0], 3))


def prepare() -> None:
    """Read the prompts now, not when the first turn is heard."""
    _fingerprints()


@cache
def _fingerprints() -> tuple[tuple[str, _Frames], ...]:
    found = []
    for name, path in prompt_names().items():
        samples, rate_hz = soundfile.read(path, dtype="int16")
        found.append((name, _fingerprint(samples, rate_hz)))
    return tuple(found)


def _fingerprint(samples: Int16Array, rate_hz: int) -> _Frames:
    """Return the level of each band above the quietest that counts, shape (frames, bands)."""
    window = round(rate_hz * _WINDOW_S)
    if len(samples) < window:
        return np.zeros((0, len(_BANDS_HZ) - 1))
    windows = np.lib.stride_tricks.sliding_window_view(samples, window)[:: rate_hz // _FRAMES_A_S]
    power = np.abs(np.fft.rfft(windows * np.hanning(window), axis=1)) ** 2
    edges = [round(hz * _WINDOW_S) for hz in _BANDS_HZ]
    bands = np.add.reduceat(power[:, : edges[-1]], edges[:-1], axis=1)
    levels_db = 10 * np.log10(bands + 1e-9)
    levels: _Frames = np.maximum(levels_db - levels_db.max() + _RANGE_DB, 0.0)
    return levels


def _likeness(heard: _Frames, prompt: _Frames) -> float:
    """Return the best correlation of a prompt with a stretch of what was heard."""
    cut = round(CUT_S * _FRAMES_A_S)
    longest = len(prompt) + MARGIN_S * _FRAMES_A_S
    if not len(prompt) - 2 * cut <= len(heard) <= longest:
        return 0.0
    padded = np.pad(heard, ((cut, max(cut, len(prompt) - len(heard) + cut)), (0, 0)))
    centred = prompt - prompt.mean()
    views = np.lib.stride_tricks.sliding_window_view(padded, len(prompt), axis=0)
    stretches = views.transpose(0, 2, 1).reshape(len(views), -1)
    products = stretches @ centred.ravel()
    sums = stretches.sum(axis=1)
    spread = np.sqrt((stretches**2).sum(axis=1) - sums**2 / stretches.shape[1])
    norms = spread * np.linalg.norm(centred)
    return float(np.max(np.divide(products, norms, where=norms > 0, out=np.zeros_like(norms))))
