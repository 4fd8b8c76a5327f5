"""Lengths of frames, and stretches of samples that have something in common."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

FRAMES_MS: Final = (10, 20, 30, 40, 50, 60, 80, 100)
"""Lengths that frames of telephone speech have."""

Run = tuple[int, int]
"""Where it begins, and where it is over."""


def runs(marks: npt.NDArray[np.bool_], least: int) -> list[Run]:
    """Where marks stand in a row, `least` of them or more; start and end of each."""
    edges = np.flatnonzero(np.diff(marks.astype(np.int8), prepend=0, append=0))
    starts, ends = edges[0::2], edges[1::2]
    long = ends - starts >= least
    return list(zip(starts[long].tolist(), ends[long].tolist(), strict=True))
