"""What differs from the reference and is no fault: level, polarity, another clock."""

from __future__ import annotations

from typing import Final

import numpy as np

from voicelab.audio.diagnosis.against.laid import Laid

_LEAST_DB: Final = 1.0
_LEAST_PPM: Final = 5.0
_SHORTEST_S: Final = 4.0
"""In less than that a clock does not show."""


def harmless_words(laid: list[Laid]) -> str:
    """``3.0 dB quieter, inverted, 40 ppm fast``; nothing where nothing of that differs.

    Parameters
    ----------
    laid : list of Laid
        At least one.
    """
    words = []
    gain_db = 20 * float(np.log10(max(np.median([part.gain for part in laid]), 1e-6)))
    if abs(gain_db) >= _LEAST_DB:
        words.append(f"{abs(gain_db):.1f} dB {'louder' if gain_db > 0 else 'quieter'}")
    if all(part.alignment.inverted and part.tells_polarity for part in laid):
        words.append("inverted")
    long = [part for part in laid if part.heard.size >= _SHORTEST_S * part.rate_hz]
    ppm = float(np.median([part.alignment.drift_ppm for part in long])) if long else 0.0
    if abs(ppm) >= _LEAST_PPM:
        words.append(f"{abs(ppm):.0f} ppm {'slow' if ppm > 0 else 'fast'}")
    return ", ".join(words)
