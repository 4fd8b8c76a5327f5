"""What a line does to speech, and for every sample that comes out of it, which one it was."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from speakers import noisy

from voicelab.audio.g711 import alaw_decode, alaw_encode, ulaw_decode, ulaw_encode
from voicelab.audio.samples import Int16Array

Doubles = npt.NDArray[np.float64]

LOSSES = ("none", "silenced", "repeated", "doubled", "cut")
_HALF_TAPS = 32
_CHUNK = 1 << 16
_FRAME_S = 0.01
_SAID = 1e-3


@dataclass(frozen=True, slots=True)
class Line:
    """How a line treats speech.

    Attributes
    ----------
    delay_s, drift_ppm : float
        When the reference begins in the recording, and how much longer it takes there.
    loss : str
        Of :data:`LOSSES`: what becomes of a share of the frames. Silence or the frame before stands
        instead of one; one comes twice, and all that follows late; one is cut out, and all that
        follows comes early.
    share : float
    frame_ms : float
    noise : str
        Of ``speakers.NOISES``.
    snr_db : float or None
        None for no noise.
    law : str
        ``l16``, ``mulaw`` or ``alaw``.
    """

    delay_s: float = 0.0
    drift_ppm: float = 0.0
    loss: str = "none"
    share: float = 0.05
    frame_ms: float = 20.0
    noise: str = "white"
    snr_db: float | None = None
    law: str = "mulaw"


def through(samples: Int16Array, line: Line, rate_hz: int, seed: int) -> tuple[Int16Array, Doubles]:
    """Send speech through a line.

    Returns
    -------
    heard : ndarray of int16, shape (n,)
    place : ndarray of float, shape (n,)
        Where in the reference each sample comes from; NaN where nothing of it is due, or where it
        could be taken for either of two (one of a doubled frame).
    """
    rng = np.random.default_rng(seed)
    stretch = 1 + line.drift_ppm * 1e-6
    begin = line.delay_s * rate_hz
    count = int(np.ceil(len(samples) * stretch + begin))
    place = (np.arange(count) - begin) / stretch
    heard = _at(samples, place)
    place[(place < 0) | (place > len(samples) - 1)] = np.nan
    heard, place = _losing(heard, place, line, rate_hz, rng)
    heard = noisy(heard, line.snr_db, line.noise, rate_hz, rng)
    if line.law == "mulaw":
        heard = ulaw_decode(ulaw_encode(heard))
    elif line.law == "alaw":
        heard = alaw_decode(alaw_encode(heard))
    return heard, place


def said(samples: Int16Array, place: Doubles, rate_hz: int) -> npt.NDArray[np.bool_]:
    """Whether somebody speaks where each sample comes from: within 30 dB of the mean of speech."""
    size = round(_FRAME_S * rate_hz)
    whole = samples[: len(samples) // size * size].astype(np.float64).reshape(-1, size)
    power = (whole**2).mean(axis=1)
    loud = power > _SAID * power[power > 0.01 * power.mean()].mean()
    known = ~np.isnan(place)
    frame = np.minimum(np.where(known, place, 0).astype(np.int64) // size, len(loud) - 1)
    return np.asarray(known & loud[frame])


def _at(samples: Int16Array, place: Doubles) -> Int16Array:
    """The samples between the samples, by a windowed sinc."""
    padded = np.concatenate((samples, np.zeros(1, np.int16))).astype(np.float32)
    parts = []
    for begin in range(0, len(place), _CHUNK):
        at = place[begin : begin + _CHUNK]
        whole = np.floor(at).astype(np.int64)
        total = np.zeros(len(at))
        if (at == whole).all():
            inside = (whole >= 0) & (whole < len(samples))
            total = padded[np.where(inside, whole, -1)].astype(np.float64)
        else:
            for k in range(-_HALF_TAPS, _HALF_TAPS + 1):
                index, distance = whole + k, at - whole - k
                inside = (index >= 0) & (index < len(samples))
                window = np.cos(np.pi * distance / (2 * _HALF_TAPS + 2)) ** 2
                total += padded[np.where(inside, index, -1)] * np.sinc(distance) * window
        parts.append(np.clip(np.rint(total), -32768, 32767).astype(np.int16))
    return np.concatenate(parts)


def _losing(
    heard: Int16Array, place: Doubles, line: Line, rate_hz: int, rng: np.random.Generator
) -> tuple[Int16Array, Doubles]:
    if line.loss == "none":
        return heard, place
    size = round(line.frame_ms * rate_hz / 1000)
    count = len(heard) // size
    frames = heard[: count * size].reshape(-1, size).copy()
    places = place[: count * size].reshape(-1, size).copy()
    lost = rng.random(count) < line.share
    lost[:2] = False
    order = np.arange(count)
    if line.loss == "silenced":
        frames[lost], places[lost] = 0, np.nan
    elif line.loss == "repeated":
        for k in np.flatnonzero(lost):
            frames[k], places[k] = frames[k - 1], np.nan
    elif line.loss == "doubled":
        places[lost] = np.nan
        order = np.repeat(order, 1 + lost)
    else:
        order = order[~lost]
    return frames[order].reshape(-1), places[order].reshape(-1)
