"""Scores of intelligibility and quality, over windows of ten seconds."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from math import gcd

import numpy as np

from voicelab.audio.compare.alignment import Alignment
from voicelab.audio.compare.correlation import Floats
from voicelab.audio.compare.frames import Frames
from voicelab.audio.compare.intelligibility import stoi
from voicelab.audio.samples import Int16Array

WINDOW_S = 10.0
MOST_WINDOWS = 12
_LEAST_SPEECH_S = 0.5
_NARROW_HZ, _WIDE_HZ = 8000, 16_000


@dataclass(frozen=True, slots=True)
class Quality:
    """Means over windows.

    Attributes
    ----------
    stoi : float or None
        Short-time objective intelligibility (Taal and others, 2011), 0 to 1; None where too little
        is said.
    pesq : float or None
        ITU-T P.862 at 8 kHz, P.862.2 above; None where the extra ``pesq`` is not installed, or
        no window has an utterance that it finds.
    windows : int
        How many were scored; a score that a window does not have is not in the mean.
    of : int
        How many there are with speech in them.
    """

    stoi: float | None
    pesq: float | None
    windows: int
    of: int


def has_pesq() -> bool:
    """Whether the package pesq is installed; a folder of that name is none."""
    spec = find_spec("pesq")
    return spec is not None and spec.origin is not None


def quality(
    rec: Int16Array, ref: Int16Array, alignment: Alignment, measured: Frames, full: bool = False
) -> Quality:
    """Score the recording where somebody speaks.

    The recording is cut into windows of 10 s from where the reference begins; of those with at
    least half a second of speech, twelve are scored that lie evenly among them, or all.

    Parameters
    ----------
    full : bool
        Whether to score all.
    """
    rate_hz = alignment.rate_hz
    begin, end = alignment.segments[0].begin, alignment.segments[-1].end
    width = round(WINDOW_S * rate_hz)
    said_s = np.bincount(
        (measured.begins[measured.active] - begin) // width, minlength=(end - begin) // width + 1
    ) * (measured.size / rate_hz)
    speaking = np.flatnonzero(said_s >= _LEAST_SPEECH_S)
    chosen = speaking
    if not full and len(speaking) > MOST_WINDOWS:
        chosen = speaking[np.linspace(0, len(speaking) - 1, MOST_WINDOWS).round().astype(int)]
    scores, qualities = [], []
    for k in chosen:
        first = begin + int(k) * width
        last = min(first + width, end)
        said, heard = _aligned(rec, ref, alignment, first, last)
        scores.append(stoi(said, heard, rate_hz))
        qualities.append(_pesq(said, heard, rate_hz))
    return Quality(_mean(scores), _mean(qualities), len(chosen), len(speaking))


def _aligned(
    rec: Int16Array, ref: Int16Array, alignment: Alignment, first: int, last: int
) -> tuple[Floats, Floats]:
    """Both sides of the aligned parts of a window; what was put in is left out."""
    said, heard = [], []
    for segment in alignment.between(first, last):
        begin, end = max(first, segment.begin), min(last, segment.end)
        if end > begin:
            said.append(alignment.reference(ref, segment, begin, end))
            heard.append(rec[begin:end] * np.float32(alignment.sign))
    return np.concatenate(said) * np.float32(alignment.sign), np.concatenate(heard)


def _pesq(said: Floats, heard: Floats, rate_hz: int) -> float | None:
    if not has_pesq():
        return None
    from pesq import PesqError, pesq

    if rate_hz not in (_NARROW_HZ, _WIDE_HZ):
        said, heard = _at_wide(said, rate_hz), _at_wide(heard, rate_hz)
    mode = "nb" if rate_hz == _NARROW_HZ else "wb"
    try:
        return float(pesq(min(rate_hz, _WIDE_HZ), said / 32768, heard / 32768, mode))
    except PesqError:  # a window without an utterance in it
        return None


def _at_wide(samples: Floats, rate_hz: int) -> Floats:
    from scipy.signal import resample_poly

    common = gcd(rate_hz, _WIDE_HZ)
    wide: Floats = resample_poly(samples, _WIDE_HZ // common, rate_hz // common)
    return wide


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
