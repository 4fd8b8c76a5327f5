"""Was it really G.711? The continuous law leaves other levels, or uses G.711's ones unevenly."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from voicelab.audio.diagnosis.continuous import expand
from voicelab.audio.diagnosis.finding import Finding
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.diagnosis.numberings import Numbering, numbering_of
from voicelab.audio.diagnosis.rereading import ON_LEVELS, share_on
from voicelab.audio.g711 import alaw_decode, alaw_encode, ulaw_decode, ulaw_encode
from voicelab.audio.samples import Int16Array

_CLEAR_Z: Final = 6.0

_Floats = npt.NDArray[np.float64]


def find_continuous(heard: Heard) -> list[Finding]:
    """Compare levels with the continuous law's; on G.711's levels, how often each is used."""
    looked = heard.sample_of()
    if share_on(looked, "mulaw") >= ON_LEVELS:
        return _by_use(looked)
    return _by_levels(looked)


def _by_levels(samples: Int16Array) -> list[Finding]:
    found = numbering_of(samples)
    if found is None:
        return []
    numbering, share = found
    return [
        Finding(
            "continuous-mulaw",
            0.98,
            f"{share:.1%} of the samples lie on the levels of the continuous law "
            f"({numbering.name}), which G.711 does not have",
            lambda heard: (_requantised(heard.samples, numbering), heard.rate_hz),
        )
    ]


def _by_use(samples: Int16Array) -> list[Finding]:
    """Cells of the continuous law are wider or narrower than G.711's by up to a third."""
    levels = _levels()
    counts = _counts(samples)
    edges = np.concatenate(([0.0], (levels[1:] + levels[:-1]) / 2, [32768.0]))
    widths = np.diff(edges)
    cells = expand(np.arange(129) / 128) * 32768
    excess = np.log(np.diff(cells) / widths)
    use = np.flatnonzero(counts >= 20)
    use = use[(use > 6) & (use < 120)]
    if use.size < 40:
        return []
    density = np.log(counts[use] / widths[use])
    weights = np.sqrt(counts[use])
    smooth = np.polynomial.chebyshev.chebvander(use / 64 - 1, 9).T
    columns = np.stack([*smooth, _through_alaw()[use], excess[use]], 1)
    weighted = columns * weights[:, None]
    fit, *_ = np.linalg.lstsq(weighted, density * weights, rcond=None)
    spread = np.linalg.inv(weighted.T @ weighted + 1e-9 * np.eye(columns.shape[1]))
    rest = density * weights - weighted @ fit
    noise = max(float(rest @ rest) / (use.size - columns.shape[1]), 1.0)
    slope, strength = float(fit[-1]), float(fit[-1] / np.sqrt(noise * spread[-1, -1]))
    if strength < _CLEAR_Z or not 0.5 < slope < 1.6:
        return []
    return [
        Finding(
            "continuous-mulaw",
            min(0.97, 0.6 + strength / 50),
            "each G.711 level is used as often as the continuous law's step is wide there "
            f"({strength:.0f} times the spread): encoded by the continuous law, decoded as G.711",
            lambda heard: (_reexpanded(heard.samples), heard.rate_hz),
        )
    ]


@cache
def _levels() -> npt.NDArray[np.int32]:
    return np.unique(np.abs(ulaw_decode(bytes(range(256))).astype(np.int32)))


def _counts(samples: Int16Array) -> _Floats:
    """How often each of the 128 sizes of G.711 mu-law is used."""
    sizes = np.searchsorted(_levels(), np.abs(samples.astype(np.int32)))
    return np.bincount(sizes, minlength=128)[:128].astype(np.float64)


@cache
def _through_alaw() -> _Floats:
    """How much more each size is used, as a logarithm, by what came through A-law; 0 where never.

    A call from abroad often did, and its use is as uneven, at some of the same sizes.
    """
    every = np.arange(32_768, dtype=np.int16)
    usual, through = (
        _counts(ulaw_decode(ulaw_encode(samples)))
        for samples in (every, alaw_decode(alaw_encode(every)))
    )
    return np.log(np.where(through, through, usual) / usual)


def _requantised(samples: Int16Array, numbering: Numbering) -> Int16Array:
    """Put each level of the continuous law on the G.711 level of the same number."""
    magnitudes = np.minimum(numbering.magnitudes(samples), 127).astype(np.uint8)
    codes = magnitudes | np.where(samples >= 0, 0x80, 0).astype(np.uint8)
    return ulaw_decode(codes ^ np.uint8(0x7F))


def _reexpanded(samples: Int16Array) -> Int16Array:
    number = np.searchsorted(_levels(), np.abs(samples.astype(np.int32)))
    value = expand((number + 0.5) / 128) * 32768
    return np.rint(np.clip(np.sign(samples) * value, -32768, 32767)).astype(np.int16)
