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
    edges = (np.flatnonzero(marks[1:] != marks[:-1]) + 1).tolist()
    if marks[0]:
        edges.insert(0, 0)
    if marks[-1]:
        edges.append(marks.size)
    return [
        (start, end)
        for start, end in zip(edges[0::2], edges[1::2], strict=True)
        if end - start >= least
    ]
