"""Lines drawn between samples, begun anew with each chunk: there the distance is another one.

Who doubles a rate by straight lines leaves kinks at every second sample. A converter that is not
told where it stopped, as ``audioop.ratecv`` without its state, leaves out the line from the last
sample of a chunk to the first of the next.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from voicelab.audio.diagnosis.finding import Finding
from voicelab.audio.diagnosis.frames import FRAMES_MS
from voicelab.audio.diagnosis.heard import Heard

_TIMES: Final = (2, 3, 4, 6)
_KINK: Final = 12
_FEWEST_KINKS: Final = 1000
_MOST_OFF: Final = 0.05
_FEWEST: Final = 5
_BESIDE: Final = 4  # kinks
_ON_GRID: Final = 0.6


def find_restarts(heard: Heard) -> list[Finding]:
    """Look for kinks that lie whole steps apart but at the seams of chunks of some usual length."""
    samples = heard.loudest_stretch()
    kinks = np.flatnonzero(np.abs(np.diff(samples.astype(np.int32), 2)) > _KINK)
    if kinks.size < _FEWEST_KINKS:
        return []
    for times in _TIMES:
        off = np.diff(kinks) % times != 0
        seams = kinks[1:][off & _lasting(off)]
        if seams.size < _FEWEST or float(off.mean()) > _MOST_OFF:
            continue
        for chunk_ms in reversed(FRAMES_MS):
            whole = heard.rate_hz // times * chunk_ms // 1000 * times
            if _on_grid(seams, whole - times + 1, times) > _ON_GRID:
                return [_finding(chunk_ms, seams.size, times)]
    return []


def _lasting(off: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Where all is in step before and after: frames that were lost or moved bring two at once."""
    beside = np.convolve(off, np.ones(2 * _BESIDE + 1), "same") - off
    return np.asarray(beside < 0.5)


def _on_grid(seams: npt.NDArray[np.intp], length: int, near: int) -> float:
    """Share of the seams at one place of a grid, or beside it."""
    if length <= 4 * near:
        return 0.0
    counts = np.bincount(seams % length, minlength=length)
    around = np.concatenate((counts[-near:], counts, counts[:near]))
    return float(np.convolve(around, np.ones(2 * near + 1), "valid").max()) / seams.size


def _finding(chunk_ms: int, seams: int, times: int) -> Finding:
    return Finding(
        "chunk-clicks",
        0.97,
        f"lines are drawn between every {times} samples, and {seams} times, in step with chunks of "
        f"{chunk_ms} ms, they begin anew: the converter was not told where it had stopped",
    )
