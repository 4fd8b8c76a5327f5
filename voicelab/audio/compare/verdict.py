"""One sentence: what this recording is, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from voicelab.audio.compare.alignment import Alignment
from voicelab.audio.compare.exactness import Exactness
from voicelab.audio.compare.faults import Fault
from voicelab.audio.compare.levels import Levels
from voicelab.audio.compare.noise import Noise
from voicelab.audio.compare.sound import Pair
from voicelab.audio.format import AudioFormat

_LEAST_S = 0.02
_LEAST_OFFSET = 64.0
_LEAST_GAIN_DB = 1.0
_LEAST_DRIFT_PPM = 1.0
_WORSE_DB = 3.0
_CLEAN_DB = 60.0
_FAULT_WORDS = {
    "gap": ("gap", "gaps"),
    "repeat": ("repeat", "repeats"),
    "other": ("stretch of other sound", "stretches of other sound"),
    "insertion": ("insertion", "insertions"),
    "skip": ("place where audio is missing", "places where audio is missing"),
}


def verdict(
    both: Pair,
    form: AudioFormat | None,
    exactness: Exactness,
    alignment: Alignment | None,
    faults: Sequence[Fault],
    levels: Levels,
    reference: Levels,
    gain_db: float | None,
    offset: float,
    noise: Noise | None,
) -> str:
    """Say the worst first, and what is right where nothing is wrong."""
    shorter = min(both.recording, both.reference, key=lambda audio: audio.duration_s)
    if shorter.duration_s < _LEAST_S:
        name = "recording" if shorter is both.recording else "reference"
        samples = len(shorter.samples)
        return (
            f"The {name} is too short to compare: {samples:,} sample{'s' * (samples != 1)}, "
            f"where {1000 * _LEAST_S:.0f} ms are the least."
        )
    if exactness.exact:
        delay = f", {alignment.delay_ms:.2f} ms later" if alignment and alignment.delay_ms else ""
        what = f"what {exactness.format} makes of the reference"
        return f"Exact: all {exactness.compared:,} samples are {what}{delay}."
    if levels.silent:
        return (
            "The recording is silent: see whether this side was recorded, and whether frames came."
        )
    if reference.silent:
        return "The reference is silent, so there is nothing to compare with: give another one."
    if alignment is None:
        return (
            "The reference is not in the recording: see whether both are of the same call and "
            "side, or run diagnose on the recording."
        )
    clauses = [
        *_faults(faults, alignment),
        *_shape(alignment, gain_db, offset),
    ]
    clipped = levels.clipped_runs > reference.clipped_runs + 2
    if clipped:
        clauses.insert(0, _clipped(levels))
    else:
        clauses += _noise(form, noise)
    if not clauses:
        return f"As good as {form or 'a linear leg'} gets: nothing to do."
    outside = ""
    if exactness.share > 0.5 and faults:
        part = "all" if exactness.share > 0.999999 else f"{100 * exactness.share:.1f} %"
        outside = f"; outside of that {part} of the samples are what {exactness.format} makes"
    sentence = "; ".join(clauses) + outside + "."
    return sentence[0].upper() + sentence[1:]


def _faults(faults: Sequence[Fault], alignment: Alignment) -> Iterator[str]:
    if not faults:
        return
    kinds = {fault.kind: 0 for fault in faults}
    for fault in faults:
        kinds[fault.kind] += 1
    names = [f"{n} {_FAULT_WORDS[kind][n != 1]}" for kind, n in kinds.items()]
    total_s = sum(fault.length_s for fault in faults)
    whole_s = alignment.segments[-1].end / alignment.rate_hz
    yield (
        f"{', '.join(names)}, {1000 * total_s:.0f} ms in all "
        f"({100 * total_s / whole_s:.1f} %): frames were lost or doubled on the way, "
        "so look at the network and the buffers"
    )


def _clipped(levels: Levels) -> str:
    return (
        f"clipped: {levels.clipped_samples:,} samples in {levels.clipped_runs:,} runs stand at "
        "the limit, so lower the level before it"
    )


def _shape(alignment: Alignment, gain_db: float | None, offset: float) -> Iterator[str]:
    if abs(alignment.drift_ppm) >= _LEAST_DRIFT_PPM:
        word = "more slowly" if alignment.drift_ppm > 0 else "faster"
        yield (
            f"the recording runs {abs(alignment.drift_ppm):.1f} ppm {word} than the reference: two "
            "clocks are at work, so count samples by one of them"
        )
    if alignment.inverted:
        yield "the polarity is inverted: harmless to the ear, but negate it before mixing"
    if abs(offset) >= _LEAST_OFFSET:
        yield f"an offset of {offset:.0f} steps is added: filter out what is constant"
    if gain_db is not None and abs(gain_db) >= _LEAST_GAIN_DB:
        louder = "louder" if gain_db > 0 else "quieter"
        yield f"{abs(gain_db):.1f} dB {louder} than the reference: something scales it on the way"


def _noise(form: AudioFormat | None, noise: Noise | None) -> Iterator[str]:
    if noise is None:
        return
    if noise.codec_segmental_db is not None:
        worse = noise.codec_segmental_db - noise.segmental_db
        if worse >= _WORSE_DB:
            yield (
                f"the segmental SNR of {noise.segmental_db:.1f} dB is {worse:.1f} dB below what "
                f"{form} leaves: noise or a second coding was added"
            )
        elif worse <= -_WORSE_DB:
            yield (
                f"the segmental SNR of {noise.segmental_db:.1f} dB is better than {form} can leave "
                "it: it went through another format"
            )
    elif noise.segmental_db < _CLEAN_DB:
        yield (
            f"the segmental SNR is {noise.segmental_db:.1f} dB where a linear leg adds nothing: "
            "a codec, a filter or noise lies between"
        )
