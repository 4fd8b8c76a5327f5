"""What a check shows: a page with everything, and less in a notebook."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from voicelab.analysis.aligned import piece
from voicelab.analysis.level_figure import level_figure, level_words
from voicelab.analysis.snr_figure import snr_figure
from voicelab.audio.clip import Audio
from voicelab.audio.compare.noise import BEST_DB
from voicelab.audio.compare.table import Row, decibels
from voicelab.audio.compare.wording import count, lateness, length
from voicelab.lab.clinic.elements import (
    Card,
    State,
    cards,
    drawing,
    heading,
    image,
    section,
    table,
    words,
)
from voicelab.lab.clinic.page import page
from voicelab.lab.clinic.players import Clip, cut, parts, players

if TYPE_CHECKING:
    from voicelab.lab.check import Check

_MOST_FAULTS = 200
_SHARE = "1 is full scale; coloured bands are faults."


def check_page(report: Check) -> str:
    """The whole page of a check."""
    names = (report.recording_name, report.reference_name)
    state, word = state_of(report)
    body = [
        heading("Codec check", names, state, word, report.verdict),
        cards(key_numbers(report)),
        section("Listen", _listening(report), "".join(_players(report, most=3))),
        *_figures(report),
        section("All numbers", "", _numbers(report)),
    ]
    if report.faults:
        shown = report.faults[:_MOST_FAULTS]
        more = len(report.faults) - len(shown)
        rows = [
            (fault.kind, f"{fault.begin_s:.3f}", f"{1000 * fault.length_s:.1f}", fault.detail)
            for fault in shown
        ]
        said = "The times are those of the recording."
        if more:
            said = f"The first {len(shown)}; {count(more, 'more')[:-1] if more > 1 else '1 more'} "
            said += "are in the JSON."
        body.append(
            section("Faults", said, table(("kind", "at, s", "length, ms", "made of"), rows))
        )
    return page(f"{report.recording_name} against {report.reference_name}", "\n".join(body))


def check_output(report: Check) -> str:
    """What a notebook shows: the verdict, the key numbers, three figures and the players."""
    numbers = [(c.name, c.value, c.beside) for c in key_numbers(report)]
    seen = f"Waveforms of reference and recording, and their difference. {report.verdict}"
    every = table(
        ("", "", "what it means"), [row for row in report.rows() if row.name != "verdict"]
    )
    return (
        f'<div class="voicelab-check"><p><b>{words(report.verdict)}</b></p>'
        f"{table(('', '', ''), numbers)}"
        f"{image(report.plot(titled=False), seen)}"
        f"{image(report.spectrograms(), 'Spectrograms of reference and recording')}"
        f"{image(report.times(), 'Delay over the recording, and its faults')}"
        f"{''.join(_players(report, most=1))}"
        f"<details><summary>all numbers</summary>{every}</details>"
        "<p><small>snr() and levels_used() are figures too; save_html(path) writes a page with all "
        "of them.</small></p></div>"
    )


def state_of(report: Check) -> tuple[State, str]:
    """How it is, as a colour and a word."""
    if report.alignment is None:
        return "bad", "Cannot be compared"
    if report.fine:
        return "good", "Exact" if report.exact else "Fine"
    return "look", "Exact, but not all of it" if report.exact else "Not exact"


def key_numbers(report: Check) -> Iterator[Card]:
    """The numbers that are read first."""
    exactness = report.exactness
    share = f"{exactness.equal:,} of {exactness.compared:,} equal" if exactness.compared else ""
    yield Card("Exact", "yes" if report.exact else "no", share)
    if alignment := report.alignment:
        when = lateness(alignment.delay_ms).rpartition(" ")
        yield Card("Delay", when[0] or "none", when[2])
        drift = alignment.drift_ppm
        yield Card("Drift", "none" if abs(drift) < 0.05 else f"{drift:+.1f} ppm")
        lost_s = sum(fault.length_s for fault in report.faults)
        lost = f"{length(lost_s)} in all" if report.faults else ""
        yield Card("Faults", f"{len(report.faults):,}" if report.faults else "none", lost)
    if noise := report.noise:
        codec = noise.codec_segmental_db
        left = "" if codec is None else f"{report.format} leaves {codec:.1f} dB"
        value = "∞" if noise.segmental_db >= BEST_DB else decibels(noise.segmental_db)
        yield Card("Segmental SNR", value, left)
    if report.quality and report.quality.stoi is not None:
        yield Card("STOI", f"{report.quality.stoi:.3f}", "intelligible, of 1")
    if report.quality and report.quality.pesq is not None:
        yield Card("PESQ", f"{report.quality.pesq:.2f}", "of 4.6")


def _numbers(report: Check) -> str:
    rows: list[Row] = [row for row in report.rows() if row.name != "verdict"]
    return table(("", "", "what it means"), rows, meaning=True)


def _figures(report: Check) -> Iterator[str]:
    yield section(
        "Waveforms",
        "The reference where it lies in the recording, the recording, and what differs, on a "
        f"scale of its own. {_SHARE}",
        drawing(
            report.plot(titled=False),
            "waveforms",
            f"Waveforms of reference and recording, and their difference. {report.verdict}",
        ),
    )
    yield section(
        "Spectrograms",
        "The same seconds by frequency: what a line cuts off, fills with noise or leaves out.",
        drawing(report.spectrograms(), "spectrograms", "Spectrograms of reference and recording"),
    )
    if report.alignment is not None:
        yield section(
            "Delay and faults",
            "How late each part of the recording comes. A slope is a drift of the clocks, a step "
            "is audio that was put in or left out.",
            drawing(report.times(), "times", "Delay over the recording, and its faults"),
        )
        leaves = f", beside what {report.format} itself leaves" if report.noise else ""
        yield section(
            "Signal to noise",
            f"How far the reference stands out of what differs, while somebody speaks{leaves}.",
            drawing(snr_figure(report), "snr", "Segmental SNR over the recording"),
        )
    said = level_words(report.recording.samples)
    yield section(
        "Levels",
        f"{said[0].upper()}{said[1:]}. Eight bits show as a comb; the steps of each law lie "
        "under it, in colour where they are used.",
        drawing(
            level_figure(report.recording.samples, titled=False),
            "levels",
            f"How often each level is used: {said}",
        ),
    )


def _listening(report: Check) -> str:
    same = " Starting one stops the other and goes on at the same place."
    return f"As they are: neither is made louder.{same}"


def _players(report: Check, most: int) -> Iterator[str]:
    """Players of all of it, or of the parts around the first faults, which are said."""
    both = (report.recording, report.reference)
    begin_s = 0.0
    if report.alignment:
        begin_s = report.alignment.segments[0].begin / report.alignment.rate_hz
    places = [fault.begin_s for fault in report.faults] or [begin_s]
    chosen = parts(both, places)
    if chosen is None:
        delay_s = report.alignment.delay_ms / 1000 if report.alignment else 0.0
        clips = [
            Clip(report.reference_name, report.reference, delay_s),
            Clip(report.recording_name, report.recording),
        ]
        yield players([*clips, *_difference(report, 0.0, report.recording.duration_s)])
        return
    what = "around the first faults" if report.faults else "where the reference begins"
    for begin_s, length_s in chosen[:most]:
        yield (
            '<p class="part">'
            + words(
                f"A part of {length(report.recording.duration_s)}, {what}: from {begin_s:.2f} s to "
                f"{begin_s + length_s:.2f} s."
            )
            + "</p>"
        )
        lag_s = 0.0
        if alignment := report.alignment:
            lag_s = alignment.lag_samples(round(begin_s * alignment.rate_hz)) / alignment.rate_hz
        first_s = max(begin_s - lag_s, 0.0)
        clips = [
            Clip(report.reference_name, cut(report.reference, first_s, length_s), first_s + lag_s),
            Clip(report.recording_name, cut(report.recording, begin_s, length_s), begin_s),
        ]
        yield players([*clips, *_difference(report, begin_s, length_s)], f"{begin_s:.2f}")


def _difference(report: Check, begin_s: float, length_s: float) -> Iterator[Clip]:
    if report.alignment is None:
        return
    part = piece(report, begin_s, length_s)
    if part.difference.any():
        yield Clip("what differs", Audio(part.difference, part.rate_hz), part.begin_s)
