"""One sentence: what this recording is, and what to do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from voicelab.audio.clip import Audio
from voicelab.audio.compare.alignment import Alignment
from voicelab.audio.compare.echo import Echo
from voicelab.audio.compare.edge import Edge
from voicelab.audio.compare.exactness import Exactness
from voicelab.audio.compare.faults import Fault
from voicelab.audio.compare.filters import LineFilter
from voicelab.audio.compare.levels import Levels
from voicelab.audio.compare.named import Named
from voicelab.audio.compare.noise import Noise
from voicelab.audio.compare.tops import Tops
from voicelab.audio.compare.wording import LAWS, count, fault_count, lateness, length
from voicelab.audio.format import AudioFormat

FINE = "nothing to do"
"""How a verdict ends that asks for nothing."""

_LEAST_S = 0.02
_LEAST_OFFSET = 64.0
_LEAST_GAIN_DB = 1.0
_LEAST_DRIFT_PPM = 1.0
_WORSE_DB = 3.0
_CLEAN_DB = 60.0
_FILTERED_DB = 20.0
"""A filter or an echo is not known better than that."""
_NEARLY = 0.99
_ROUNDING_DBFS = -90.0
"""Below this differs what was rounded to 16 bits once or twice more."""
_HARDLY_DB = 4.0
"""What differs is nearly as loud as the reference: noise that drowns it, or another reading."""
_DIAGNOSE = "try `voicelab diagnose REC --against REF`"
_ADVICE = {
    "gap": "frames were lost, so look at the network and at late frames",
    "repeat": "frames were sent twice or put in for lost ones, so look at the sender and at loss",
    "other": "something else is heard there, so look for a second sound or a concealment of loss",
    "swap": (
        "they were played as they came, so put them into the order of their numbers before; "
        f"{_DIAGNOSE}, which says of how many milliseconds they are"
    ),
    "insertion": "a buffer ran empty or a frame came twice, so look at the pace of the sender",
    "skip": "frames were dropped, so look for a buffer that ran over or an audio that was cut",
}


def verdict(found: Named) -> str:
    """Say the worst first, and what is right where nothing is wrong."""
    shorter = min(found.recording, found.reference, key=lambda audio: audio.duration_s)
    if shorter.duration_s < _LEAST_S:
        name = "recording" if shorter is found.recording else "reference"
        return (
            f"The {name} is too short to compare: {count(len(shorter.samples), 'sample')}, "
            f"where {length(_LEAST_S)} are the least."
        )
    at_ends = list(_ends(found))
    if found.exact:
        rest = f", but {'; '.join(at_ends)}" if at_ends else f"; {FINE}"
        return f"Exact: {_exact(found)}{rest}."
    if found.levels.silent:
        return (
            "The recording is silent: see whether this side was recorded, and whether frames came."
        )
    if found.reference_levels.silent:
        return "The reference is silent, so there is nothing to compare with: give another one."
    if found.alignment is None:
        return (
            "The reference is not in the recording: see whether both are of the same call and "
            f"side, and {_DIAGNOSE}, which plays and reads it in every known way."
        )
    clauses = list(_wrong(found, found.alignment, at_ends))
    if not clauses:
        return f"{_good(found)}: {FINE}."
    if found.equal_share > 0.5 and found.faults:
        made = _made(found.exactness)
        clauses.append(f"{_part(found.equal_share)} of the samples are exactly {made}")
    sentence = "; ".join(clauses) + "."
    return sentence[0].upper() + sentence[1:]


def _wrong(found: Named, alignment: Alignment, at_ends: list[str]) -> Iterator[str]:
    """One clause for each thing that is wrong, the worst first."""
    noise, line, tops, levels = found.noise, found.line, found.tops, found.levels
    unlike = noise is not None and noise.snr_db < _HARDLY_DB
    clipped = levels.clipped_runs > found.reference_levels.clipped_runs + 2
    wrong_rate = found.format is None and levels.law in LAWS
    if clipped:
        yield _clipped(levels)
    elif tops:
        yield _flat(tops)
    elif wrong_rate and not unlike:
        yield _wrong_rate(found.recording, levels)
    if noise and unlike:
        yield _unlike(noise)
    yield from _faults(found.faults, alignment)
    if unlike:  # what is read wrongly has a level and a middle of its own
        yield from _shape(alignment, None, 0.0)
    else:
        yield from _shape(alignment, found.gain_db, found.offset)
    if line and (not tops or line.low_hz or line.high_hz):
        yield _filtered(line)
    if found.echo:
        yield _echoed(found.echo)
    yield from at_ends
    if clipped or tops or unlike or wrong_rate:
        return
    if found.edge:
        yield _edged(found.edge, found.format)
    elif not (line or found.echo) or (noise and noise.segmental_db < _FILTERED_DB):
        yield from _noise(found.format, noise, levels)


def _ends(found: Named) -> Iterator[str]:
    """What one has at its ends and the other has not."""
    ends = found.ends
    lost = [f"the first {length(ends.first_s)}"] if ends.first_s else []
    lost += [f"the last {length(ends.last_s)}"] if ends.last_s else []
    if lost:
        todo = ", so record all of it"
        if found.recording.cut_short_s:
            todo = ": its file is cut short, so fetch it again"
        yield f"{' and '.join(lost)} of the reference are missing{todo}"
    if ends.more_s:
        yield (
            f"it goes on for {length(ends.more_s)} more than the reference, with sound in it: see "
            "what is heard there"
        )


def _exact(found: Named) -> str:
    """How many samples are equal to what, and when they come."""
    exactness = found.exactness
    form = exactness.format
    what = f"are {_made(exactness)}"
    if form and form.encoding == "l16":
        rates = {found.recording.rate_hz, found.reference.rate_hz, form.rate_hz}
        equal = "equal the reference"
        what = equal if len(rates) == 1 else f"{equal} brought to {form.rate_hz} Hz"
    cut = found.ends.first_s or found.ends.last_s  # then it says so, instead of how early it is
    late = lateness(0.0 if cut else found.delay_ms or 0.0)
    return f"all {count(exactness.compared, 'sample')} {what}{late and f', {late}'}"


def _made(exactness: Exactness) -> str:
    return f"what {exactness.format} makes of the reference"


def _part(share: float) -> str:
    """A share; what is less than all is never rounded up to it."""
    return "all" if share == 1 else f"{min(100 * share, 99.9):.1f} %"


def _good(found: Named) -> str:
    exactness, noise = found.exactness, found.noise
    line = str(found.format or "a linear line")
    if exactness.other_encoder and exactness.format:
        return f"G.711 {LAWS[exactness.format.encoding]} from another encoder: {_off(exactness)}"
    if exactness.share > _NEARLY and exactness.first_difference is not None:
        differ = exactness.compared - exactness.equal
        first_s = exactness.first_difference / found.recording.rate_hz
        place = f"{'the first ' * (differ > 1)}at {first_s:.3f} s"
        return f"All but {count(differ, 'sample')}, {place}, are {_made(exactness)}"
    if noise is None:
        return f"As good as {line} gets"
    beside = noise.codec_segmental_db
    where = "" if beside is None else f" where it leaves {beside:.1f} dB"
    return (
        f"Not sample for sample, but as good as {line} gets, with a segmental SNR of "
        f"{noise.segmental_db:.1f} dB{where}"
    )


def _off(exactness: Exactness) -> str:
    differ = exactness.compared - exactness.equal
    part = exactness.one_step_off / differ
    which = "all" if part == 1 else f"{_part(part)} of them"
    return (
        f"{_part(differ / exactness.compared)} of the codes are one step off, {which} at decision "
        "boundaries"
    )


def _wrong_rate(recording: Audio, levels: Levels) -> str:
    return (
        f"it is {LAWS[levels.law]} at {recording.rate_hz} Hz, where G.711 has 8000: encoded "
        "without being brought to 8000 Hz before, so see who encodes it"
    )


def _faults(faults: Sequence[Fault], alignment: Alignment) -> Iterator[str]:
    if not faults:
        return
    lasting: Counter[str] = Counter()
    for fault in faults:
        lasting[fault.kind] += max(round(1e6 * fault.length_s), 1)
    numbers: Counter[str] = Counter(fault.kind for fault in faults)
    names = ", ".join(fault_count(kind, numbers[kind]) for kind, _ in lasting.most_common())
    total_s = sum(fault.length_s for fault in faults)
    whole_s = (alignment.segments[-1].end - alignment.segments[0].begin) / alignment.rate_hz
    place = f"at {faults[0].begin_s:.2f} s" if len(faults) == 1 else "in all"
    yield (
        f"{names}, {length(total_s)} {place} ({100 * total_s / whole_s:.1f} %): "
        f"{_ADVICE[lasting.most_common(1)[0][0]]}"
    )


def _clipped(levels: Levels) -> str:
    stand = "stands" if levels.clipped_samples == 1 else "stand"
    return (
        f"clipped: {count(levels.clipped_samples, 'sample')} in "
        f"{count(levels.clipped_runs, 'run')} {stand} at the limit, so lower the level before it"
    )


def _flat(tops: Tops) -> str:
    return (
        f"clipped: {count(tops.samples, 'sample')} stand at a limit of {tops.level:,}, where the "
        "reference goes on beyond it, so lower the level before whatever cuts it off"
    )


def _unlike(noise: Noise) -> str:
    return (
        f"it is hardly like the reference, with an SNR of {noise.snr_db:.1f} dB: "
        f"{_DIAGNOSE}, which tells a wrong law or byte order from noise"
    )


def _edged(edge: Edge, form: AudioFormat | None) -> str:
    left = f" but what {form} leaves" if form and form.encoding != "l16" else ""
    return (
        f"below {edge.hz:.0f} Hz nothing differs{left} ({edge.snr_db:.0f} dB), above it does: "
        "another resampler or low-pass filter is on the way, harmless where it is meant"
    )


def _shape(alignment: Alignment, gain_db: float | None, offset: float) -> Iterator[str]:
    ppm = alignment.drift_ppm
    if abs(ppm) >= _LEAST_DRIFT_PPM:
        yield (
            f"the recording runs {abs(ppm):.1f} ppm {'slower' if ppm > 0 else 'faster'} than the "
            f"reference, {abs(ppm) * 3.6e-3:.2f} s an hour: two clocks are at work, so count "
            "samples by one of them"
        )
    if alignment.inverted:
        yield "the polarity is inverted: harmless to the ear, but negate it before mixing"
    if abs(offset) >= _LEAST_OFFSET:
        yield (
            f"an offset of {offset:.0f} steps ({abs(offset) / 327.68:.1f} % of full scale) is "
            "added: filter out what is constant"
        )
    if gain_db is not None and abs(gain_db) >= _LEAST_GAIN_DB:
        louder = "louder" if gain_db > 0 else "quieter"
        yield (
            f"{abs(gain_db):.1f} dB {louder} than the reference: look for what scales it on the way"
        )


def _filtered(line: LineFilter) -> str:
    low, high = (
        None if hz is None else f"{round(hz, -1):.0f}" for hz in (line.low_hz, line.high_hz)
    )
    if low and high:
        left = f"only {low} to {high} Hz are left of the reference"
    elif low or high:
        left = f"what is {'below' if low else 'above'} {low or high} Hz in the reference is gone"
    else:
        left = (
            "some frequencies are louder or quieter than in the reference, the others as they were"
        )
    sign = "" if line.tells_polarity else ", behind which polarity cannot be told"
    return f"{left}: a filter is on the way{sign}, so see whether the line should have one"


def _echoed(echo: Echo) -> str:
    return (
        f"another copy of the reference is heard {length(echo.delay_s)} later, "
        f"{-echo.level_db:.0f} dB below it: an echo, so look for a loudspeaker near a microphone, "
        "or for a line that sends back what it gets"
    )


def _noise(form: AudioFormat | None, noise: Noise | None, levels: Levels) -> Iterator[str]:
    if noise is None:
        return
    said = f"the segmental SNR of {noise.segmental_db:.1f} dB"
    if noise.codec_segmental_db is not None:
        worse = noise.codec_segmental_db - noise.segmental_db
        if worse >= _WORSE_DB:
            yield (
                f"{said} is {worse:.1f} dB below what {form} leaves: noise or a second coding was "
                f"added, so look at what lies between, or {_DIAGNOSE}"
            )
        elif worse <= -_WORSE_DB:
            yield (
                f"{said} is {-worse:.1f} dB better than {form} can leave: it went through another "
                "format, so see what the line really carried"
            )
    elif levels.active_dbfs - noise.snr_db > _ROUNDING_DBFS and noise.segmental_db < _CLEAN_DB:
        yield (
            f"{said} is not that of a linear line, which adds nothing: look for a codec, a filter "
            f"or noise on the way, or {_DIAGNOSE}"
        )
