"""What a diagnosis shows: a page with everything, and less in a notebook."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from voicelab.analysis.level_figure import level_figure, level_words
from voicelab.audio.clip import Audio
from voicelab.audio.compare import check
from voicelab.audio.compare.levels import Levels, levels
from voicelab.audio.compare.wording import count, length
from voicelab.audio.diagnosis.words import MEANINGS
from voicelab.errors import FormatError
from voicelab.lab.clinic.elements import (
    State,
    drawing,
    heading,
    image,
    remarks,
    section,
    table,
    words,
)
from voicelab.lab.clinic.page import page
from voicelab.lab.clinic.players import TURNING, Clip, cut, parts, players, players_in_a_row

if TYPE_CHECKING:
    from voicelab.lab.diagnose import Diagnosed

_ALIGNED_S = 60.0
_STEPS = {"mulaw": "μ-law's", "alaw": "A-law's", "l16": "neither law's"}


def diagnosis_page(found: Diagnosed) -> str:
    """The whole page of a diagnosis."""
    names = [found.name, *([found.reference_name] if found.reference else [])]
    state, word = state_of(found)
    part, clips = _listening(found)
    heard = "As it was heard; there is nothing to undo, or nothing can be."
    if found.changed:
        heard = "As it was heard, and the same with the fault undone."
    if len(clips) > 1:
        heard += f" {TURNING}"
    body = [
        heading("Diagnosis", names, state, word, found.verdict),
        remarks(found.remarks()),
        section(
            "What speaks for it",
            "The likeliest explanation first, each with how sure it is and why.",
            _hypotheses(found),
        ),
        section(
            "Listen",
            heard,
            part + players(clips),
        ),
        *_figures(found),
        section("All numbers", "", _numbers(found)),
    ]
    return page(f"Diagnosis of {found.name}", "\n".join(body))


def diagnosis_output(found: Diagnosed) -> str:
    """What a notebook shows: verdict, hypotheses, pictures of before and after, players."""
    part, clips = _listening(found)
    rows = [(f"{h.confidence:.0%}", h.fault, h.evidence) for h in found.hypotheses]
    return (
        f'<div class="voicelab-diagnosis"><p><b>{words(found.verdict)}</b></p>'
        f"{remarks(found.remarks())}"
        f"{table(('sure', 'fault', 'evidence'), rows)}"
        f"{image(found.plot(titled=False), f'Waveforms. {found.verdict}')}"
        f"{image(found.spectrograms(), 'Spectrograms of the same')}"
        f"{part}{players_in_a_row(clips)}"
        "<p><small>save_html(path) writes a page with more figures and all numbers.</small></p>"
        "</div>"
    )


def state_of(found: Diagnosed) -> tuple[State, str]:
    """How it is, as a colour and a word."""
    if found.fault == "none":
        return "good", "Nothing wrong"
    return ("bad", "Cannot tell") if found.fault == "unknown" else ("look", found.fault)


def _hypotheses(found: Diagnosed) -> str:
    return f'<div class="hypotheses">{"".join(_bars(found))}</div>'


def _bars(found: Diagnosed) -> Iterator[str]:
    for hypothesis in found.hypotheses:
        sure = f"{hypothesis.confidence:.0%}"
        yield (
            f'<div class="hypothesis"><span class="sure">{sure}</span>'
            f"<div>{words(MEANINGS[hypothesis.fault])} <code>{words(hypothesis.fault)}</code>"
            f'<div class="bar" role="img" aria-label="{sure} sure">'
            f'<i style="width:{sure}"></i></div>'
            f"<p>{words(_sentence(hypothesis.evidence))}</p></div></div>"
        )


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _figures(found: Diagnosed) -> Iterator[str]:
    shown = "As heard, repaired" if found.changed else "As heard"
    shown += ", and as it ought to sound." if found.reference else "."
    yield section(
        "Waveforms",
        f"{shown} 1 is full scale.",
        drawing(found.plot(titled=False), "waveforms", f"Waveforms. {found.verdict}"),
    )
    yield section(
        "Spectrograms",
        "The same by frequency: speech has bands and pauses, what is read wrongly is noise.",
        drawing(found.spectrograms(), "spectrograms", "Spectrograms of the same"),
    )
    said = level_words(found.heard.samples)
    yield section(
        "Levels",
        f"Of what was heard: {said}. A law shows as a comb on its own steps; a wrong reading "
        "leaves holes.",
        drawing(
            level_figure(found.heard.samples, titled=False),
            "levels",
            f"How often each level is used: {said}",
        ),
    )


def _numbers(found: Diagnosed) -> str:
    sounds = found.sounds()
    measured = [levels(sound.samples, sound.rate_hz) for _, sound in sounds]
    rows = [
        ("length", [length(s.duration_s) for _, s in sounds], "As it is played at its rate."),
        ("rate", [f"{s.rate_hz:,} Hz" for _, s in sounds], "Samples a second."),
        (
            "level",
            [f"{m.active_dbfs:.1f} dBFS" for m in measured],
            "Loudness while somebody speaks, against full scale.",
        ),
        ("peak", [f"{m.peak_dbfs:.1f} dBFS" for m in measured], "The largest sample."),
        (
            "noise floor",
            [_floor(m) for m in measured],
            "What the quietest tenth stays below.",
        ),
        ("offset", [f"{m.offset:.0f}" for m in measured], "The mean of all samples; 0 is right."),
        (
            "clipping",
            [count(m.clipped_samples, "sample") for m in measured],
            "In runs of three or more at the limit.",
        ),
        ("steps", [_STEPS.get(m.law, m.law) for m in measured], "On whose steps all samples lie."),
    ]
    heads = ("", *(name for name, _ in sounds), "what it means")
    return table(heads, [(name, *values, said) for name, values, said in rows], meaning=True)


def _floor(measured: Levels) -> str:
    silent = measured.noise_dbfs <= -120
    return "digital silence" if silent else f"{measured.noise_dbfs:.1f} dBFS"


def _listening(found: Diagnosed) -> tuple[str, list[Clip]]:
    """Which part can be heard, and that part of each sound."""
    sounds = found.sounds()
    chosen = parts([sound for _, sound in sounds], [found.place_s])
    if chosen is None:
        return "", [
            Clip(name, sound, found.later_s(sound) * found.speed(sound), found.speed(sound))
            for name, sound in sounds
        ]
    ((begin_s, length_s),) = chosen
    clips = []
    for name, sound in sounds:
        speed = found.speed(sound)
        own_s = begin_s / speed - found.later_s(sound)
        part = cut(sound, own_s, length_s / speed)
        clips.append(Clip(name, part, begin_s - min(own_s, 0.0) * speed, speed))
    said = (
        f"A part of {length(found.heard.duration_s)}: from {begin_s:.2f} s to "
        f"{min(begin_s + length_s, found.heard.duration_s):.2f} s of what was heard."
    )
    return f'<p class="part">{words(said)}</p>', clips


def first_difference_s(heard: Audio, repaired: Audio) -> float:
    """Where in seconds the repair changes something; else where the sound begins."""
    if heard.rate_hz == repaired.rate_hz and len(heard.samples) == len(repaired.samples):
        changed = heard.samples != repaired.samples
        if changed.any():
            return int(changed.argmax()) / heard.rate_hz
    loud = np.abs(heard.samples.astype(np.int32)) > 1000
    return int(loud.argmax()) / heard.rate_hz


def delay_s(repaired: Audio, reference: Audio) -> float:
    """How much later the same word comes in what was repaired, by its first minute; else 0."""
    heard, known = (
        Audio(sound.samples[: round(_ALIGNED_S * sound.rate_hz)], sound.rate_hz)
        for sound in (repaired, reference)
    )
    try:
        found = check(heard, known, scores=False).alignment
    except FormatError:
        return 0.0
    return found.delay_ms / 1000 if found else 0.0
