"""Is a recording, sample for sample, what it should be?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from voicelab.audio.samples import Int16Array


@dataclass(frozen=True, slots=True)
class Exactness:
    """Whether two recordings are equal, and a sentence that says how or where not."""

    exact: bool
    reason: str


def compare_samples(recorded: Int16Array, expected: Int16Array) -> Exactness:
    """Compare two int16 recordings of shape (n,)."""
    shared = min(len(recorded), len(expected))
    different = np.flatnonzero(recorded[:shared] != expected[:shared])
    if different.size:
        return Exactness(
            False,
            f"{different.size:,} of {shared:,} samples differ from what the wire carried, "
            f"the first at sample {different[0]:,}",
        )
    if len(recorded) != len(expected):
        return Exactness(
            False,
            f"the recording has {len(recorded):,} samples, the wire carried {len(expected):,}",
        )
    if not len(expected):
        return Exactness(False, "the wire carried nothing, so nothing is shown")
    return Exactness(True, f"all {len(expected):,} recorded samples equal what the wire carried")
