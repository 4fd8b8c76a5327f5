"""A closer look where the lag steps: small blocks between those that disagree."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from voicelab.audio.compare.correlation import Lags, best_lags, likeness, pieces
from voicelab.audio.compare.tracking import Track
from voicelab.audio.samples import Int16Array

_SMALL_S = 0.064
_LEAST_LIKENESS = 0.85
_ROUNDS = 4
_AT_ONCE = 64
_QUIETEST = 0.03
_FASTEST = 300e-6
_NEARLY = 0.03


def refined(rec: Int16Array, ref: Int16Array, rate_hz: int, track: Track) -> Track:
    """Add small blocks to a track between any two of its blocks that disagree.

    A small block is looked for near the lags of the known blocks before and after it; what is found
    there helps its neighbours in the next round.
    """
    small = int(_SMALL_S * rate_hz) // 2 * 2
    if track.sizes[0] < 2 * small:
        return track
    track = _settled(rec, ref, track)
    starts = _between(rec, track, small)
    for _ in range(_ROUNDS):
        if not len(starts):
            break
        before, after = _neighbours(track, starts + small // 2)
        lags, fits = _measure(rec, ref, starts, before, small, rate_hz)
        other = np.flatnonzero((after != before) & (np.abs(fits) < 0.98))
        if len(other):
            more, like = _measure(rec, ref, starts[other], after[other], small, rate_hz)
            better = np.abs(like) > np.abs(fits[other])
            lags[other[better]], fits[other[better]] = more[better], like[better]
        found = np.abs(fits) > _LEAST_LIKENESS
        if not found.any():
            break
        track = track.with_blocks(starts[found], lags[found], fits[found], small)
        starts = starts[~found]
    return _settled(rec, ref, track)


def _settled(rec: Int16Array, ref: Int16Array, track: Track) -> Track:
    """Blocks that step, though the lag of a block beside them fits nearly as well, do not step.

    In a dull sound many lags fit; the sharpest of them says little.
    """
    lags, fits = track.lags.copy(), track.likeness.copy()
    steps = np.abs(np.diff(lags)) > 1 + _FASTEST * np.diff(track.starts)
    for beside in (-1, 1):
        which = np.flatnonzero(steps) + (1 if beside < 0 else 0)
        theirs = track.lags[which + beside]
        for size in np.unique(track.sizes[which]):
            same = np.flatnonzero(track.sizes[which] == size)
            for part in np.array_split(same, -(-len(same) // _AT_ONCE)):
                at = which[part]
                heard = pieces(rec, track.starts[at], int(size))
                said = pieces(ref, track.starts[at] - theirs[part], int(size))
                fit = likeness(heard, said)
                near = np.abs(fit) >= np.abs(track.likeness[at]) - _NEARLY
                lags[at[near]], fits[at[near]] = theirs[part][near], fit[near]
    return Track(track.starts, lags, fits, track.sizes)


def _between(rec: Int16Array, track: Track, small: int) -> Lags:
    """Starts of small blocks with sound in them, where the lag steps."""
    stepping = np.zeros(len(rec) // (small // 2) + 2, np.bool_)
    block = int(track.sizes[0])
    steps = np.abs(np.diff(track.lags)) > 1 + _FASTEST * np.diff(track.starts)
    for k in np.flatnonzero(steps):
        first = track.starts[k] // (small // 2)
        stepping[first : (track.starts[k + 1] + block) // (small // 2)] = True
    starts = np.flatnonzero(stepping) * (small // 2)
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
