"""What one of the two has at its ends and the other has not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from voicelab.audio.compare.alignment import Alignment
from voicelab.audio.compare.levels import Levels, dbfs
from voicelab.audio.compare.sound import Pair
from voicelab.audio.samples import Int16Array

_LEAST_S = 0.05
_ACTIVE_DB = 30.0
_HEARD_DB = 20.0
_ABOVE_NOISE_DB = 10.0
_PIECE_S = 0.02


@dataclass(frozen=True, slots=True)
class Ends:
    """How much one of the two has at its ends that the other has not, where it is sound.

    Attributes
    ----------
    first_s, last_s : float
        Of the reference, said before the recording begins and after it ends; 0 where that is
        silence.
    more_s : float
        Of the recording, after the reference's end; 0 where no more than silence and noise is
        heard.
    """

    first_s: float = 0.0
    last_s: float = 0.0
    more_s: float = 0.0


def ends(both: Pair, alignment: Alignment | None, recording: Levels, reference: Levels) -> Ends:
    """See what both have at their ends; nothing where they are not aligned."""
    if alignment is None:
        return Ends()
    heard, said, rate_hz = both.rec, both.ref, both.rate_hz
    first = max(round(-alignment.lag_samples(0)), 0)
    end = round(len(heard) - alignment.lag_samples(len(heard)))
    spoken = reference.active_dbfs - _ACTIVE_DB
    more = end - len(said)
    after = heard[len(heard) - more :] if 0 < more < len(heard) else heard[:0]
    return Ends(
        _sound_s(said[:first], rate_hz, spoken),
        _sound_s(said[min(max(end, 0), len(said)) :], rate_hz, spoken),
        goes_on_s(after, rate_hz, recording),
    )


def goes_on_s(after: Int16Array, rate_hz: int, recording: Levels) -> float:
    """How long it is what comes after the reference's end; 0 where that is silence or noise."""
    noise = max(recording.active_dbfs - _HEARD_DB, recording.noise_dbfs + _ABOVE_NOISE_DB)
    return _sound_s(after, rate_hz, noise)


def _sound_s(part: Int16Array, rate_hz: int, least_dbfs: float) -> float:
    if len(part) < _LEAST_S * rate_hz or _loudest(part, rate_hz) <= least_dbfs:
        return 0.0
    return len(part) / rate_hz


def _loudest(samples: Int16Array, rate_hz: int) -> float:
    size = round(_PIECE_S * rate_hz)
    pieces = samples[: len(samples) // size * size].reshape(-1, size).astype(np.float64)
    return dbfs(float((pieces**2).mean(axis=1).max()))
