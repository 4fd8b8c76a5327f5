"""The two bytes of 16-bit samples: in the wrong order, or out of step from some place on.

Swapped or slipped, the high byte of what is heard is the noise of a low byte. Byte order is wrong
everywhere or nowhere; a slip begins somewhere, and may end again. Where all of it is wrong, the low
bytes tell: they lean towards zero only beside the high byte they belong to.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from voicelab.audio.diagnosis.finding import Finding
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.diagnosis.rereading import OF_L16, Rereading, has_levels
from voicelab.audio.samples import Int16Array

_BLOCK_S: Final = 0.05
_NOISE: Final = 8000.0  # bytes of noise as high bytes differ by 21,845 on average
_MUCH: Final = 2.0
_FEWEST: Final = 3
_SHARE: Final = 0.04
_LEAN: Final = 3.0
_LIMIT: Final = 32_766

_Floats = npt.NDArray[np.float64]


def find_slips(heard: Heard) -> list[Finding]:
    """Look for sound of which a part is right and a part is out of step."""
    if has_levels(heard.sample_of()):
        return []
    counts = np.array([_told_apart(stretch, heard.rate_hz) for stretch in heard.stretches()])
    right, wrong = counts.sum(axis=0)
    if min(right, wrong) < max(_FEWEST, _SHARE * (right + wrong)):
        return []
    slipped = [_slipped(stretch, heard.rate_hz) for stretch in heard.stretches()]
    reading = likeliest(np.concatenate(slipped), OF_L16[1:])
    return [
        Finding(
            "odd-byte-slip",
            0.97,
            f"{wrong / (right + wrong):.0%} of the sound has noise for its high bytes and the rest "
            "has not: a byte was lost or came twice on the way",
            lambda heard: (_in_step(heard, reading), heard.rate_hz),
        )
    ]


def is_in_step(heard: Heard) -> bool:
    """Whether neighbours are near each other as heard, and far apart with swapped bytes."""
    counts = np.array([_told_apart(stretch, heard.rate_hz) for stretch in heard.stretches()])
    right, wrong = counts.sum(axis=0)
    return bool(right >= _FEWEST and wrong < _SHARE * (right + wrong))


def likeliest(samples: Int16Array, readings: tuple[Rereading, ...]) -> Rereading:
    """Choose the reading whose low bytes belong to their high bytes; else the first."""
    leans = [_lean(reading.read(samples)) for reading in readings]
    best = int(np.argmax(leans))
    return readings[best] if leans[best] > max(leans[0], 0) + _LEAN else readings[0]


def _lean(samples: Int16Array) -> float:
    """How much low bytes lean towards zero, in spreads of chance."""
    low = (samples.view(np.uint16) & 0xFF).astype(np.float64)
    moving = np.abs(samples.astype(np.int32)) > 1
    below, above = low[moving & (samples < 0)], low[moving & (samples >= 0)]
    if min(below.size, above.size) < 20:
        return 0.0
    spread = np.sqrt(below.var() / below.size + above.var() / above.size + 1e-9)
    return float((below.mean() - above.mean()) / spread)


def _ratios(samples: Int16Array, rate_hz: int) -> tuple[_Floats, _Floats]:
    """For each block: how far neighbours lie apart, as heard and with swapped bytes."""
    size = round(_BLOCK_S * rate_hz)
    count = samples.size // size
    blocks = samples[: count * size].reshape(count, size)
    # With its bytes swapped, a sample that was cut off at the limit is a very quiet one.
    cut = (blocks >= _LIMIT) | (blocks <= -_LIMIT)
    whole = ~(cut[:, 1:] | cut[:, :-1])
    heard, swapped = (
        (np.abs(np.diff(rows.astype(np.float32), axis=1)) * whole).mean(axis=1)
        for rows in (blocks, blocks.byteswap())
    )
    return heard.astype(np.float64), swapped.astype(np.float64)


def _told_apart(samples: Int16Array, rate_hz: int) -> tuple[int, int]:
    """How many blocks are right as they are, and how many are not."""
    heard, swapped = _ratios(samples, rate_hz)
    right = (heard * _MUCH < swapped) & (swapped > _NOISE)
    return int(right.sum()), int(_is_noise(heard, swapped).sum())


def _is_noise(heard: _Floats, swapped: _Floats) -> npt.NDArray[np.bool_]:
    return np.asarray((heard > _MUCH * swapped) & (heard > _NOISE))


def _slipped(samples: Int16Array, rate_hz: int) -> Int16Array:
    wrong = np.flatnonzero(_is_noise(*_ratios(samples, rate_hz)))
    size = round(_BLOCK_S * rate_hz)
    blocks = samples[: samples.size // size * size].reshape(-1, size)
    return blocks[wrong].reshape(-1)


def _in_step(heard: Heard, reading: Rereading) -> Int16Array:
    """Read again what is out of step, and leave the rest."""
    mended = heard.samples.copy()
    again = reading.read(heard.samples)
    size = round(_BLOCK_S * heard.rate_hz)
    as_heard, swapped = _ratios(heard.samples, heard.rate_hz)
    for n in np.flatnonzero(as_heard > swapped):
        part = again[n * size : (n + 1) * size]
        mended[n * size : n * size + part.size] = part
    return mended
