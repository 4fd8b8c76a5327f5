"""Faults of single frames."""

from __future__ import annotations

import numpy as np

from .cases import FRAME, Run, case


@case("jitter=80", "late frames in order: nothing is lost, the jitter is measured")
def _(run: Run) -> str:
    assert run.health["jitter_ms"] > 0
    assert run.health["duplicates"] == run.health["filled"] == 0
    assert run.health["odd"] == {}
    return f"{run.exact()}; nothing counted but jitter"


@case("burst=200", "frames that come ten at a time are all there")
def _(run: Run) -> str:
    assert run.health["duplicates"] == run.health["filled"] == 0
    assert run.health["odd"] == {}
    return f"{run.exact()}; nothing counted but jitter"


@case("loss=0.05", "a missing frame is silence in its place, counted; the rest stands")
def _(run: Run) -> str:
    lost = run.done("loss")
    seen = run.silent_at(lost)
    last = max(text["media"]["chunk"] for text in run.wire("media"))
    assert run.health["lost"] == sum(chunk < last for chunk in lost) > 3
    return f"{seen} lost, {run.health['lost']} counted; all others exact in place"


@case("duplicate=0.05", "the first copy counts, the second is counted")
def _(run: Run) -> str:
    assert run.health["duplicates"] == len(run.done("duplicate")) > 3
    return f"{run.health['duplicates']} duplicates counted; {run.exact()}"


@case("swap=0.05", "a frame that comes after the next goes into its place")
def _(run: Run) -> str:
    assert np.array_equal(run.recorded, run.sent)
    assert run.health["filled"] == len(run.done("swap")) > 3
    assert run.health["lost"] == run.health["late"] == 0
    return f"{run.health['filled']} put back; exact, {len(run.sent)} samples"


def damaged(run: Run, lengths: dict[int, int]) -> np.ndarray:
    """What was sent, with these frames cut to fewer samples; what follows moves up."""
    frames = run.sent.reshape(-1, FRAME)
    return np.concatenate([f[: lengths.get(n, FRAME)] for n, f in enumerate(frames, 1)])


@case("odd=0.05", "half a sample is dropped and counted; all whole ones are there")
def _(run: Run) -> str:
    chunks = run.done("odd")
    assert run.health["odd"] == {"odd_length": len(chunks)}
    assert len(chunks) > 3
    assert np.array_equal(run.recorded, damaged(run, dict.fromkeys(chunks, FRAME - 1)))
    return f"{len(chunks)} counted; {len(run.recorded)} whole samples, exact"


@case("split=0.05", "a sample cut in two by a frame's end is put together again")
def _(run: Run) -> str:
    chunks = run.done("split")
    assert len(chunks) > 3
    whole = run.recorded
    assert np.array_equal(whole, run.sent[: len(whole)])
    assert len(run.sent) - len(whole) <= 1
    return f"{len(chunks)} put together, {run.health['odd']['odd_length']} odd frames; exact"


@case("short=0.05", "a short frame is taken as it is")
def _(run: Run) -> str:
    chunks = run.done("short")
    assert len(chunks) > 3
    assert np.array_equal(run.recorded, damaged(run, dict.fromkeys(chunks, FRAME // 2)))
    return f"{len(chunks)} short frames; all {len(run.recorded)} samples that were sent, exact"


@case("both-tracks=track", "the outbound track is counted and kept out of the recording")
def _(run: Run) -> str:
    assert run.health["other_track"] > 100
    return f"{run.health['other_track']} frames of the other track counted; {run.exact()}"


@case("both-tracks=stream", "the same where chunks are numbered over both")
def _(run: Run) -> str:
    assert run.health["other_track"] > 100
    return f"{run.health['other_track']} frames of the other track counted; {run.exact()}"
