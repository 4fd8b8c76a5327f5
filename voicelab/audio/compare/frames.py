"""The aligned recording in frames of 10 ms: what was said, what was heard, and what differs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from voicelab.audio.compare.alignment import Alignment
from voicelab.audio.compare.correlation import Floats
from voicelab.audio.format import AudioFormat
from voicelab.audio.samples import Int16Array

FRAME_S = 0.01
_BLOCK_FRAMES = 800
_ACTIVE = 1e-3
_MATCHED = 0.005
"""Gains closer to 1 than this are 1: what is left is the codec's."""
_PART_FRAMES = 320
_PARTS = 64
"""Level and offset are taken from so many parts of so many frames."""
_STEADY_FRAMES = 8
"""The offset is what so many frames have in common."""
_KNOWN = 0.99

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Frames:
    """Energies of aligned frames, as sums of squares.

    Attributes
    ----------
    begins : ndarray of int, shape (k,)
        First samples in the recording.
    size : int
        Samples in a frame.
    said, heard, error : ndarray of float, shape (k,)
        Of the reference at the recording's level, of the recording without its offset, and of the
        difference.
    still : ndarray of float, shape (k,)
        Of the recording, with its offset or without, whichever is less: silence that was put in
        later has no offset.
    codec : ndarray of float, shape (k,), or None
        Of the error that the line's own law makes of the reference.
    gain : float
        The recording's level as a multiple of the reference's.
    offset : float
        What is added to every sample, in steps of 16 bits.
    """

    begins: npt.NDArray[np.int64]
    size: int
    said: Doubles
    heard: Doubles
    error: Doubles
    still: Doubles
    codec: Doubles | None
    gain: float
    offset: float

    @property
    def active(self) -> npt.NDArray[np.bool_]:
        """Where somebody speaks: at most 30 dB below the mean of what is not silent."""
        loud = self.said[self.said > self.said.mean() * 0.01] if len(self.said) else self.said
        return self.said > (_ACTIVE * loud.mean() if len(loud) else np.inf)


def frames(
    rec: Int16Array, ref: Int16Array, alignment: Alignment, law: AudioFormat | None
) -> Frames:
    """Measure all aligned frames, block by block."""
    size = round(FRAME_S * alignment.rate_hz)
    gain, offset = _level(rec, ref, alignment, size)
    noise = law_error(law) if law is not None and law.encoding != "l16" else None
    parts: list[tuple[Doubles, ...]] = []
    begins = []
    first, last = alignment.segments[0].begin, alignment.segments[-1].end
    last -= (last - first) % size
    for begin in range(first, last, size * _BLOCK_FRAMES):
        end = min(begin + size * _BLOCK_FRAMES, last)
        said, known = alignment.expected(ref, begin, end)
        whole = np.asarray(known.reshape(-1, size).all(axis=1))
        heard = rec[begin:end] - np.float32(offset)
        codec = _codec_error(said, noise) if noise is not None else np.zeros(0, np.float32)
        said *= np.float32(gain)
        powers = [_power(each, size, whole) for each in (said, heard, heard - said, codec)]
        raw = _power(rec[begin:end].astype(np.float32), size, whole) if offset else powers[1]
        parts.append((*powers, raw))
        begins.append(begin + size * np.flatnonzero(whole))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)] or [np.zeros(0)] * 5
    said_power, heard_power, error, codec_power, raw_power = columns
    return Frames(
        np.concatenate(begins) if begins else np.zeros(0, np.int64),
        size,
        said_power,
        heard_power,
        error,
        np.minimum(heard_power, raw_power),
        None if noise is None else codec_power,
        gain,
        offset,
    )


def law_error(law: AudioFormat) -> Floats:
    """What a law adds to each of the 65,536 samples, by the sample's bits as an unsigned number."""
    every = np.arange(65536, dtype=np.uint16).view(np.int16)
    heard = law.to_int16(law.from_int16(every)).astype(np.float32)
    return np.asarray(heard - every, np.float32)


def _codec_error(said: Floats, noise: Floats) -> Floats:
    whole = np.rint(said)
    np.clip(whole, -32768, 32767, out=whole)
    return noise.take(whole.astype(np.int16).view(np.uint16))


def _power(samples: Floats, size: int, whole: npt.NDArray[np.bool_]) -> Doubles:
    if not len(samples):
        return np.zeros(int(whole.sum()))
    rows = samples.reshape(-1, size)
    return np.asarray(np.einsum("ij,ij->i", rows, rows)[whole], np.float64)


def _level(
    rec: Int16Array, ref: Int16Array, alignment: Alignment, size: int
) -> tuple[float, float]:
    """Gain and offset, as medians over frames from all over the recording: some may be lost."""
    part = size * _PART_FRAMES
    first, last = alignment.segments[0].begin, alignment.segments[-1].end
    most = max(last - first - part, 0)
    found: list[tuple[Doubles, ...]] = []
    for at in np.unique(np.linspace(0, most, min(_PARTS, most // part + 2)).astype(int)):
        begin, end = first + int(at), min(first + int(at) + part, last)
        rows = (-1, min(size, end - begin))
        end -= (end - begin) % rows[1]
        said, known = alignment.expected(ref, begin, end)
        whole = known.reshape(rows).mean(axis=1) > _KNOWN
        said_rows = said.reshape(rows)[whole].astype(np.float64)
        heard_rows = rec[begin:end].reshape(rows)[whole].astype(np.float64)
        level_said, level_heard = said_rows.mean(axis=1), heard_rows.mean(axis=1)
        said_rows -= level_said[:, None]
        power = np.einsum("ij,ij->i", said_rows, said_rows)
        found.append((np.einsum("ij,ij->i", said_rows, heard_rows), power, level_said, level_heard))
    product, power, saids, heards = (np.concatenate(column) for column in zip(*found, strict=True))
    moving = power > 0
    gains, weights = product[moving] / power[moving], power[moving]
    gain = _weighted_median(gains, weights) if len(gains) else 1.0
    if gain <= 0 or abs(gain - 1) < _MATCHED:
        gain = 1.0
    offsets = heards - gain * saids
    if len(offsets) >= _STEADY_FRAMES:
        together = len(offsets) // _STEADY_FRAMES * _STEADY_FRAMES
        offsets = offsets[:together].reshape(-1, _STEADY_FRAMES).mean(axis=1)
    offset = float(np.median(offsets)) if len(offsets) else 0.0
    return gain, offset if abs(offset) >= _LEAST_OFFSET else 0.0


_LEAST_OFFSET = 8.0
"""A-law decodes silence to 8; less than that is no offset."""


def _weighted_median(values: Doubles, weights: Doubles) -> float:
    order = np.argsort(values)
    half = np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)
    return float(values[order][min(int(half), len(values) - 1)])
