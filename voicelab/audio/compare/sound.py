"""Two recordings on one footing: mono, int16, at one rate."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from voicelab.audio.clip import Audio
from voicelab.audio.format import AudioFormat
from voicelab.audio.resample import RATES_HZ, resample
from voicelab.audio.samples import Int16Array
from voicelab.errors import FormatError

_CHUNK_S = 10
_MARGIN_S = 0.1
_MOST_STEPS = 192_000  # exact for all rates to there, within 5 ppm above


@dataclass(frozen=True, slots=True)
class Pair:
    """A recording and its reference.

    Attributes
    ----------
    recording, reference : Audio
        As they were given, mono.
    rec, ref : ndarray of int16
        Both at `rate_hz`.
    rate_hz : int
        The lowest rate that the audio went through: nothing above half of it can be compared.
    """

    recording: Audio
    reference: Audio
    rec: Int16Array
    ref: Int16Array
    rate_hz: int


def pair(recording: Audio, reference: Audio, leg: AudioFormat | None = None) -> Pair:
    """Bring both to the rate at which they can be compared.

    Raises
    ------
    FormatError
        Where one is empty, has several channels, or is below 8 kHz.
    """
    check_sound("The recording", recording)
    check_sound("The reference", reference)
    rates = [_standard(recording.rate_hz), _standard(reference.rate_hz)]
    rate_hz = min([*rates, leg.rate_hz] if leg else rates)
    return Pair(
        recording,
        reference,
        at_rate(recording.samples, recording.rate_hz, rate_hz),
        at_rate(reference.samples, reference.rate_hz, rate_hz),
        rate_hz,
    )


def at_rate(samples: Int16Array, from_hz: int, to_hz: int) -> Int16Array:
    """Convert a whole recording by voicelab's own filter, odd rates by scipy's."""
    if from_hz == to_hz:
        return samples
    if {from_hz, to_hz} <= set(RATES_HZ):
        return resample(samples, from_hz, to_hz)
    return _odd_rate(samples, from_hz, to_hz)


def _odd_rate(samples: Int16Array, from_hz: int, to_hz: int) -> Int16Array:
    """In chunks with a margin on both sides, so that hours need no more memory than seconds."""
    from scipy.signal import resample_poly

    ratio = Fraction(to_hz, from_hz).limit_denominator(_MOST_STEPS)
    up, down = ratio.numerator, ratio.denominator
    chunk = down * max(1, _CHUNK_S * from_hz // down)
    margin = down * max(1, int(_MARGIN_S * from_hz) // down)
    parts = []
    for begin in range(0, len(samples), chunk):
        first = max(begin - margin, 0)
        piece = samples[first : begin + chunk + margin].astype(np.float32)
        converted = resample_poly(piece, up, down)
        skip = (begin - first) * up // down
        wanted = -(-min(chunk, len(samples) - begin) * up // down)
        parts.append(np.clip(np.rint(converted[skip : skip + wanted]), -32768, 32767))
    return np.concatenate(parts).astype(np.int16)


def _standard(rate_hz: int) -> int:
    return max(rate for rate in RATES_HZ if rate <= rate_hz)


def check_sound(name: str, audio: Audio) -> None:
    """See to it that a sound can be compared.

    Raises
    ------
    FormatError
        Where it is empty, has several channels, or is below 8 kHz.
    """
    if audio.samples.ndim != 1:
        raise FormatError(
            f"{name} has {audio.channels} channels; give one of them, "
            f"such as Audio(samples[:, 0], {audio.rate_hz})."
        )
    if not len(audio.samples):
        raise FormatError(
            f"{name} is empty, 0 samples: there is nothing to compare. Was anything recorded?"
        )
    if audio.rate_hz < min(RATES_HZ):
        raise FormatError(
            f"{name} has {audio.rate_hz} samples a second; telephone audio has at least "
            f"{min(RATES_HZ)}. Is its rate right? `voicelab diagnose REC --against REF` "
            "tells."
        )
