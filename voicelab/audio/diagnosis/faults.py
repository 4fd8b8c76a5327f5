"""Every fault that is diagnosed, done to good speech on purpose, to try the diagnosis.

Each takes good samples and gives what a listener would have got: mild, plain or severe.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from voicelab.audio.diagnosis.continuous import continuous_encode, continuous_levels
from voicelab.audio.g711 import alaw_decode, alaw_encode, ulaw_decode, ulaw_encode
from voicelab.audio.samples import Int16Array
from voicelab.audio.wav import wav_header

Broken = tuple[Int16Array, int]
"""Samples as they were heard, and the rate they were played at."""

_Floats = npt.NDArray[np.float64]
_Fault = Callable[[Int16Array, int, int, np.random.Generator], Broken]

_LOSS: Final = (0.02, 0.05, 0.15)
_CLIP_DB: Final = (6.0, 10.0, 16.0)
_LIMITS: Final = ((32_767, 32_768), (12_000, 12_000), (9000, 30_000))
_LOST: Final = (0, 8, 0)  # A-law has no zero
_LATE: Final = (1, 2, 1)
_OFFSET: Final = (800, 2500, 8000)
_FRAME_MS: Final = (20, 40, 30)
_CHUNK_MS: Final = (40, 20, 10)


def break_audio(
    fault: str, samples: Int16Array, rate_hz: int, severity: int = 1, seed: int = 0
) -> Broken:
    """Do a fault to good speech.

    Parameters
    ----------
    fault : str
        One of :data:`FAULTS`.
    samples : ndarray of int16, shape (n,)
    rate_hz : int
    severity : {0, 1, 2}
        Mild, plain, severe.
    seed : int
        Of what happens by chance.

    Returns
    -------
    tuple of ndarray of int16 and int
        What is heard, and the rate at which it is played.
    """
    return _FAULTS[fault](samples, rate_hz, severity, np.random.default_rng(seed))


def _quieter(samples: Int16Array, severity: int) -> Int16Array:
    """Lower by 0, 8 and 16 dB: a fault of the codes is the harder to see, the fewer are used."""
    quieter: Int16Array = np.rint(samples * 10 ** (-0.4 * severity)).astype(np.int16)
    return quieter


def _coded(turn: Callable[[Int16Array], Int16Array]) -> _Fault:
    return lambda samples, rate_hz, severity, _: (turn(_quieter(samples, severity)), rate_hz)


def _whole(data: bytes) -> Int16Array:
    return np.frombuffer(data[: len(data) // 2 * 2], "<i2").copy()


def _double_encoded(samples: Int16Array) -> Int16Array:
    linear = (ulaw_encode(samples).astype(np.int16) - 128) << 8
    return ulaw_decode(ulaw_encode(linear))


def _base64_twice(samples: Int16Array, rate_hz: int, severity: int, _: object) -> Broken:
    if severity == 0:
        text = base64.b64encode(samples.tobytes())
        return _whole(text), rate_hz
    codes = ulaw_encode(samples).tobytes()
    if severity == 1:
        text = base64.b64encode(codes)
    else:
        text = b"".join(base64.b64encode(codes[at : at + 160]) for at in range(0, len(codes), 160))
    return ulaw_decode(text), rate_hz


def _wav_header(samples: Int16Array, rate_hz: int, severity: int, _: object) -> Broken:
    header = wav_header(samples.nbytes, rate_hz)
    if severity == 0:
        return _whole(header + samples.tobytes()), rate_hz
    if severity == 1:
        return ulaw_decode(header + ulaw_encode(samples).tobytes()), rate_hz
    step = rate_hz // 50
    pieces = [samples[at : at + step].tobytes() for at in range(0, samples.size, step)]
    return _whole(b"".join(wav_header(len(piece), rate_hz) + piece for piece in pieces)), rate_hz


def _stereo(samples: Int16Array, rate_hz: int, severity: int, rng: np.random.Generator) -> Broken:
    other = (samples, np.zeros_like(samples), np.roll(samples, samples.size // 3) // 2)[severity]
    return np.stack((samples, other), axis=1).reshape(-1), rate_hz


def _slip(samples: Int16Array, rate_hz: int, severity: int, _: object) -> Broken:
    data = _quieter(samples, severity).tobytes()
    at = (0, len(data) // 4 | 1, len(data) // 2 | 1)[severity]
    return _whole(data[:at] + data[at + 1 :]), rate_hz


def _continuous(samples: Int16Array, rate_hz: int, severity: int, _: object) -> Broken:
    if severity == 0:
        return ulaw_decode(continuous_encode(samples)), rate_hz
    codes = (ulaw_encode(samples), continuous_encode(samples))[severity - 1]
    return continuous_levels().take(codes), rate_hz


def _clipped(samples: Int16Array, rate_hz: int, severity: int, _: object) -> Broken:
    peak = float(np.abs(samples.astype(np.int32)).max())
    above, below = _LIMITS[severity]
    loud = samples * (max(above, below) / peak * 10 ** (_CLIP_DB[severity] / 20))
    return np.clip(np.rint(loud), -below, above).astype(np.int16), rate_hz


def _dc(samples: Int16Array, rate_hz: int, severity: int, rng: np.random.Generator) -> Broken:
    offset = _OFFSET[severity] * int(rng.choice((-1, 1)))
    return np.clip(samples.astype(np.int32) + offset, -32768, 32767).astype(np.int16), rate_hz


def _silent(samples: Int16Array, rate_hz: int, severity: int, rng: np.random.Generator) -> Broken:
    if severity == 1:
        return ulaw_decode(bytes([0xFF]) * samples.size), rate_hz
    return rng.integers(-severity, severity + 1, samples.size).astype(np.int16), rate_hz


def _one_sided(samples: Int16Array, rate_hz: int, severity: int, _: object) -> Broken:
    kinds = (np.maximum(samples, 0), np.abs(samples), -np.abs(samples))
    return kinds[severity].astype(np.int16), rate_hz


def _frames_hit(
    samples: Int16Array, step: int, share: float, rng: np.random.Generator
) -> list[int]:
    """Choose frames, at least two of them where something is heard; first and last stay."""
    count = samples.size // step
    levels = np.abs(samples[: count * step].reshape(count, step).astype(np.int32)).mean(axis=1)
    heard = np.flatnonzero(levels > 0.3 * levels.mean())
    chosen = {int(n) for n in np.flatnonzero(rng.random(count) < share)}
    chosen |= {int(n) for n in rng.choice(heard, 3)}
    return sorted(n for n in chosen if 1 < n < count - 2)


def _lost(samples: Int16Array, rate_hz: int, severity: int, rng: np.random.Generator) -> Broken:
    step = rate_hz * _FRAME_MS[severity] // 1000
    heard = samples.copy()
    for n in _frames_hit(samples, step, _LOSS[severity], rng):
        heard[n * step : (n + 1) * step] = _LOST[severity]
    return heard, rate_hz


def _repeated(samples: Int16Array, rate_hz: int, severity: int, rng: np.random.Generator) -> Broken:
    step = rate_hz * _FRAME_MS[severity] // 1000
    heard = samples.copy()
    hit = _frames_hit(samples, step, _LOSS[severity], rng)
    for n in hit:
        heard[n * step : (n + 1) * step] = heard[(n - 1) * step : n * step]
    if severity == 1:  # sent twice, so that all after it is later
        frames = np.split(samples, range(step, samples.size, step))
        heard = np.concatenate([np.tile(f, 1 + (n in hit)) for n, f in enumerate(frames)])
    return heard, rate_hz


def _reordered(
    samples: Int16Array, rate_hz: int, severity: int, rng: np.random.Generator
) -> Broken:
    step = rate_hz * _FRAME_MS[severity] // 1000
    heard = samples.copy()
    late = _LATE[severity]
    last = -9
    for n in _frames_hit(samples, step, _LOSS[severity], rng):
        if n <= last + late:
            continue
        group = samples[n * step : (n + late + 1) * step]  # the first of them comes last
        heard[n * step : n * step + group.size] = np.roll(group, -step)
        last = n
    return heard, rate_hz


def _chunk_clicks(samples: Int16Array, rate_hz: int, severity: int, _: object) -> Broken:
    """Come down from three times the rate, each chunk as if nothing was before or after it."""
    from scipy.signal import resample, resample_poly

    wide = resample_poly(samples.astype(np.float64), 3, 1)
    step = 3 * (rate_hz * _CHUNK_MS[severity] // 1000)
    chunks = (wide[at : at + step] for at in range(0, wide.size - step + 1, step))
    if severity == 0:
        pieces = [resample_poly(chunk, 1, 3) for chunk in chunks]
    elif severity == 1:
        times = np.linspace(0, step - 1, step // 3)
        pieces = [np.interp(times, np.arange(step), chunk) for chunk in chunks]
    else:
        pieces = [resample(chunk, step // 3) for chunk in chunks]
    together = np.concatenate(pieces)
    return np.clip(np.rint(together), -32768, 32767).astype(np.int16), rate_hz


def _rate(true_over_played: float) -> _Fault:
    def play(samples: Int16Array, rate_hz: int, severity: int, _: object) -> Broken:
        return samples, round(rate_hz / true_over_played)

    return play


def _studio(samples: Int16Array, rate_hz: int, severity: int, _: object) -> Broken:
    """Label it wrongly at the studio, or convert what was labelled wrongly for the telephone."""
    from scipy.signal import resample_poly

    up, down, played_hz = (
        (44_100, rate_hz, 48_000),
        (48_000, rate_hz, 44_100),
        (48_000, 44_100, rate_hz),
    )[severity]
    played = resample_poly(samples.astype(np.float64), up // 100, down // 100)
    return np.clip(np.rint(played), -32768, 32767).astype(np.int16), played_hz


_FAULTS: Final[dict[str, _Fault]] = {
    "none": lambda samples, rate_hz, severity, _: (_quieter(samples, severity), rate_hz),
    "l16-byte-order": _coded(lambda samples: samples.byteswap()),
    "mulaw-as-alaw": _coded(lambda samples: alaw_decode(ulaw_encode(samples))),
    "alaw-as-mulaw": _coded(lambda samples: ulaw_decode(alaw_encode(samples))),
    "linear-as-mulaw": _coded(lambda samples: ulaw_decode(samples.tobytes())),
    "mulaw-as-pcm8": _coded(lambda samples: (ulaw_encode(samples).astype(np.int16) - 128) << 8),
    "mulaw-as-pcm16": _coded(lambda samples: _whole(ulaw_encode(samples).tobytes())),
    "rate-half": _rate(2),
    "rate-double": _rate(1 / 2),
    "rate-triple": _rate(1 / 3),
    "rate-44100-48000": _studio,
    "double-encoded": _coded(_double_encoded),
    "bits-inverted": _coded(lambda samples: ulaw_decode(~ulaw_encode(samples))),
    "base64-twice": _base64_twice,
    "wav-header": _wav_header,
    "stereo-as-mono": _stereo,
    "odd-byte-slip": _slip,
    "continuous-mulaw": _continuous,
    "clipped": _clipped,
    "dc-offset": _dc,
    "silent": _silent,
    "one-sided": _one_sided,
    "packet-loss": _lost,
    "repeats": _repeated,
    "reordering": _reordered,
    "chunk-clicks": _chunk_clicks,
}

FAULTS: tuple[str, ...] = tuple(_FAULTS)
"""All faults by name; ``none`` is good speech."""
