"""What differs from the reference and is no fault: level, polarity, another clock, a later end."""

from __future__ import annotations

from typing import Final

import numpy as np

from voicelab.audio.compare.ends import goes_on_s
from voicelab.audio.compare.levels import levels
from voicelab.audio.compare.wording import length
from voicelab.audio.diagnosis.against.laid import Laid
from voicelab.audio.diagnosis.against.reference import Reference
from voicelab.audio.diagnosis.heard import Heard

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
    if all(part.polarity < 0 for part in laid):
        words.append("inverted")
    long = [part for part in laid if part.heard.size >= _SHORTEST_S * part.rate_hz]
    ppm = float(np.median([part.alignment.drift_ppm for part in long])) if long else 0.0
    if abs(ppm) >= _LEAST_PPM:
        words.append(f"{abs(ppm):.0f} ppm {'slow' if ppm > 0 else 'fast'}")
    return ", ".join(words)


def goes_on_words(heard: Heard, reference: Reference, laid: list[Laid]) -> str:
    """``; it goes on for 2.30 s after the end of the reference``; nothing where no sound follows.

    Nor where it is too short for that: then a part lies at another place that sounds the same.

    Parameters
    ----------
    heard : Heard
    reference : Reference
    laid : list of Laid
        In the order of time, at least one.
    """
    first, last = laid[0], laid[-1]
    if heard.duration_s <= reference.duration_s + first.delay_ms / 1000:
        return ""
    late_s = (last.alignment.lag_samples(last.heard.size) + last.ahead) / last.rate_hz
    end = round((reference.duration_s + late_s) * heard.rate_hz)
    if not 0 <= end < heard.samples.size:
        return ""
    recording = levels(heard.samples, heard.rate_hz)
    more_s = goes_on_s(heard.samples[end:], heard.rate_hz, recording)
    if not more_s:
        return ""
    return f"; it goes on for {length(more_s)} after the end of the reference, with sound in it"
