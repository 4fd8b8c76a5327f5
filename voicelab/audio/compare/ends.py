"""What one of the two has at its ends and the other has not."""

from __future__ import annotations

import numpy as np

from voicelab.audio.compare.alignment import Alignment
from voicelab.audio.compare.levels import Levels, dbfs
from voicelab.audio.compare.sound import Pair
from voicelab.audio.compare.wording import length
from voicelab.audio.samples import Int16Array

_LEAST_S = 0.05
_ACTIVE_DB = 30.0
_HEARD_DB = 20.0
_ABOVE_NOISE_DB = 10.0
_PIECE_S = 0.02


def missing(both: Pair, alignment: Alignment | None, reference: Levels) -> str:
    """What is said at the reference's beginning and end that the recording does not hold."""
    if alignment is None:
        return ""
    heard, said = len(both.rec), both.ref
    first = max(round(-alignment.lag_samples(0)), 0)
    last = min(max(round(heard - alignment.lag_samples(heard)), 0), len(said))
    lost = [
        f"the {name} {length(len(part) / both.rate_hz)}"
        for name, part in (("first", said[:first]), ("last", said[last:]))
        if len(part) >= _LEAST_S * both.rate_hz
        and _loudest(part, both.rate_hz) > reference.active_dbfs - _ACTIVE_DB
    ]
    if not lost:
        return ""
    todo = ": its file is cut short, so fetch it again"
    if not both.recording.cut_short_s:
        todo = ", so record all of it"
    return f"{' and '.join(lost)} of the reference are missing{todo}"


def beyond(both: Pair, alignment: Alignment | None, recording: Levels) -> str:
    """What is heard after the reference's end: more than silence, and more than noise."""
    if alignment is None:
        return ""
    heard = len(both.rec)
    more = round(heard - alignment.lag_samples(heard)) - len(both.ref)
    if more < _LEAST_S * both.rate_hz or more >= heard:
        return ""
    least = max(recording.active_dbfs - _HEARD_DB, recording.noise_dbfs + _ABOVE_NOISE_DB)
    if _loudest(both.rec[heard - more :], both.rate_hz) <= least:
        return ""
    return (
        f"it goes on for {length(more / both.rate_hz)} more than the reference, with sound in it: "
        "see what is heard there"
    )


def _loudest(samples: Int16Array, rate_hz: int) -> float:
    size = round(_PIECE_S * rate_hz)
    pieces = samples[: len(samples) // size * size].reshape(-1, size).astype(np.float64)
    return dbfs(float((pieces**2).mean(axis=1).max()))
