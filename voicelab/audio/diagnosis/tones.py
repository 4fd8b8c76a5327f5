"""Keys, dial tones and whistles: a few steady frequencies, and nothing that is like speech."""

from __future__ import annotations

from typing import Final

import numpy as np

from voicelab.audio.diagnosis.heard import Heard

_WINDOW_S: Final = 0.05
_MOST_TONES: Final = 3
_WIDE: Final = 4  # bins on either side of the top of a Hann window four times as long in zeros
_ALL: Final = 0.998
_MOSTLY: Final = 0.85
_LOUD: Final = 0.05
_LOUD_RMS: Final = 20.0
_FEWEST: Final = 4
_PADDED: Final = 2


def is_tones(heard: Heard) -> bool:
    """Whether nearly all that sounds is at most three frequencies at a time.

    A vowel has more of them, and changes within a twentieth of a second.
    """
    size = round(_WINDOW_S * heard.rate_hz)
    windows = [w[: w.size // size * size].reshape(-1, size) for w in heard.windows()]
    rows = np.concatenate(windows).astype(np.float64)
    rows -= rows.mean(axis=1, keepdims=True) if len(rows) else 0.0
    power = (rows**2).mean(axis=1)
    rows = rows[power > max(_LOUD * float(power.max(initial=0.0)), _LOUD_RMS**2)]
    if len(rows) < _FEWEST:
        return False
    spectra = np.abs(np.fft.rfft(rows * np.hanning(size), _PADDED * size, axis=1)) ** 2
    whole = spectra.sum(axis=1)
    told = np.zeros(len(rows))
    for _ in range(_MOST_TONES):
        at = spectra.argmax(axis=1)[:, None] + np.arange(-_WIDE, _WIDE + 1)
        at = np.clip(at, 0, spectra.shape[1] - 1)
        before = spectra.sum(axis=1)
        np.put_along_axis(spectra, at, 0.0, axis=1)
        told += before - spectra.sum(axis=1)
    return float((told > _ALL * whole).mean()) > _MOSTLY
