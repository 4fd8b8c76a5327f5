"""Levels of a recording: how loud, how quiet, off zero, clipped, and on whose steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from voicelab.audio.format import AudioFormat
from voicelab.audio.samples import Int16Array

_BLOCK_S = 8
_FRAME_S = 0.02
_FLOOR_PART = 10
_ACTIVE_DB = 30.0
_SHORTEST_RUN = 3
_LOUD = 8192
_LAWS = (AudioFormat("mulaw", 8000), AudioFormat("alaw", 8000))
_SILENT_DBFS = -120.0


@dataclass(frozen=True, slots=True)
class Levels:
    """What the recording alone says.

    Attributes
    ----------
    active_dbfs, noise_dbfs, peak_dbfs : float
        RMS of the frames of 20 ms that are not silent, RMS that a tenth of the frames stays below,
        and the largest sample; against full scale, and -120 for digital silence.
    offset : float
        Mean of all samples, in steps of 16 bits.
    clipped_runs, clipped_samples : int
        Runs of at least three samples at the largest or the least value, where that is loud.
    law : {"mulaw", "alaw", "l16"}
        On whose levels all samples lie.
    """

    active_dbfs: float
    noise_dbfs: float
    peak_dbfs: float
    offset: float
    clipped_runs: int
    clipped_samples: int
    law: str

    @property
    def silent(self) -> bool:
        """Whether there is nothing in it but steps next to zero."""
        return self.peak_dbfs < -66.0


def levels(samples: Int16Array, rate_hz: int) -> Levels:
    """Measure a recording, block by block.

    Parameters
    ----------
    samples : ndarray of int16, shape (n,)
    rate_hz : int
    """
    frame = round(_FRAME_S * rate_hz)
    high, low = int(samples.max(initial=0)), int(samples.min(initial=0))
    total, power, runs, clipped = 0.0, [], 0, 0
    laws = {law.encoding: _on_its_levels(law) for law in _LAWS}
    ones = np.ones(frame, np.float32)
    block = max(frame, _BLOCK_S * rate_hz // frame * frame)
    for begin in range(0, len(samples), block):
        part = samples[begin : begin + block]
        count, inside = _runs(part, high, low)
        runs, clipped = runs + count, clipped + inside
        for name in list(laws):
            if not laws[name].take(part.view(np.uint16)).all():
                del laws[name]
        whole = part[: len(part) // frame * frame].astype(np.float32).reshape(-1, frame)
        total += float((whole @ ones).sum(dtype=np.float64)) + float(part[whole.size :].sum())
        if len(whole):
            power.append(np.einsum("ij,ij->i", whole, whole) / frame)
    every = np.concatenate(power) if power else np.array([np.mean(samples.astype(float) ** 2)])
    active = every[every >= every.max() * 10 ** (-_ACTIVE_DB / 10)]
    return Levels(
        active_dbfs=dbfs(float(active.mean())),
        noise_dbfs=dbfs(float(np.percentile(every, _FLOOR_PART))),
        peak_dbfs=dbfs(float(max(high, -low)) ** 2),
        offset=total / max(len(samples), 1),
        clipped_runs=runs,
        clipped_samples=clipped,
        law=next(iter(laws), "l16") if max(high, -low) > _LOUD // 16 else "l16",
    )


def dbfs(power: float) -> float:
    """A mean square of samples against full scale."""
    return max(10 * float(np.log10(max(power, 1e-12) / 32768**2)), _SILENT_DBFS)


def _on_its_levels(law: AudioFormat) -> np.typing.NDArray[np.bool_]:
    known = np.zeros(65536, np.bool_)
    known[law.to_int16(bytes(range(256))).view(np.uint16)] = True
    known[0] = True  # silence put in beside the codec
    return known


def _runs(part: Int16Array, high: int, low: int) -> tuple[int, int]:
    """How many runs at an extreme, and how many samples in them."""
    runs, inside = 0, 0
    for extreme in (high, low):
        if abs(extreme) < _LOUD:
            continue
        at = (part == extreme).nonzero()[0]
        if len(at) < _SHORTEST_RUN:
            continue
        last = np.flatnonzero(at[1:] - at[:-1] != 1)
        lengths = np.diff(np.concatenate(([-1], last, [len(at) - 1])))
        long = lengths[lengths >= _SHORTEST_RUN]
        runs, inside = runs + len(long), inside + int(long.sum())
    return runs, inside
