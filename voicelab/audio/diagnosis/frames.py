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
    if not marks.size:
        return []
    changes = np.flatnonzero(marks[1:] != marks[:-1]) + 1
    edges = np.pad(changes, (int(marks[0]), int(marks[-1])), constant_values=(0, marks.size))
    starts, ends = edges[0::2], edges[1::2]
    long = ends - starts >= least
    return list(zip(starts[long].tolist(), ends[long].tolist(), strict=True))
