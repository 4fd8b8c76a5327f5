"""A closer look where the lag steps: small blocks between those that disagree."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from voicelab.audio.compare.correlation import Lags, best_lags
from voicelab.audio.compare.tracking import Track
from voicelab.audio.samples import Int16Array

_SMALL_S = 0.064
_LEAST_LIKENESS = 0.85
_ROUNDS = 4
_AT_ONCE = 64
_QUIETEST = 0.03


def refined(rec: Int16Array, ref: Int16Array, rate_hz: int, track: Track) -> Track:
    """Add small blocks to a track wherever its blocks do not tell one story.

    A small block is looked for near the lags of the known blocks before and after it; what is found
    there helps its neighbours in the next round.
    """
    small = int(_SMALL_S * rate_hz) // 2 * 2
    if track.sizes[0] < 2 * small:
        return track
    starts = _between(rec, track, small)
    for _ in range(_ROUNDS):
        if not len(starts):
            break
        before, after = _neighbours(track, starts + small // 2)
        lags, likeness = _measure(rec, ref, starts, before, small, rate_hz)
        other = np.flatnonzero((after != before) & (np.abs(likeness) < 0.98))
        if len(other):
            more, like = _measure(rec, ref, starts[other], after[other], small, rate_hz)
            better = np.abs(like) > np.abs(likeness[other])
            lags[other[better]], likeness[other[better]] = more[better], like[better]
        found = np.abs(likeness) > _LEAST_LIKENESS
        if not found.any():
            break
        track = track.with_blocks(starts[found], lags[found], likeness[found], small)
        starts = starts[~found]
    return track


def _between(rec: Int16Array, track: Track, small: int) -> Lags:
    """Starts of small blocks with sound in them, outside of what the track agrees on."""
    agreed = np.zeros(len(rec) // (small // 2) + 2, np.bool_)
    block = int(track.sizes[0])
    steady = np.abs(np.diff(track.lags)) <= 1
    steady &= np.diff(track.starts) <= 2 * block
    for k in np.flatnonzero(steady):
        first = (track.starts[k] + block // 4) // (small // 2)
        agreed[first : (track.starts[k + 1] + 3 * block // 4) // (small // 2)] = True
    starts = np.flatnonzero(~agreed) * (small // 2)
    starts = starts[starts + small <= len(rec)]
    loud = np.array([np.std(rec[s : s + small].astype(np.float32)) for s in starts])
    if not len(starts):
        return starts
    usual = float(np.std(rec[: 1 << 22].astype(np.float32)))
    return starts[loud > max(_QUIETEST * usual, 4.0)]


def _neighbours(track: Track, at: Lags) -> tuple[Lags, Lags]:
    middles = track.starts + track.sizes // 2
    after = np.searchsorted(middles, at)
    return (
        track.lags[np.maximum(after - 1, 0)],
        track.lags[np.minimum(after, len(middles) - 1)],
    )


def _measure(
    rec: Int16Array, ref: Int16Array, starts: Lags, guesses: Lags, small: int, rate_hz: int
) -> tuple[Lags, npt.NDArray[np.float32]]:
    parts = [
        best_lags(rec, ref, starts[k : k + _AT_ONCE], guesses[k : k + _AT_ONCE], small, rate_hz)
        for k in range(0, len(starts), _AT_ONCE)
    ]
    return np.concatenate([lags for lags, _ in parts]), np.concatenate([like for _, like in parts])
