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
from voicelab.audio.compare.wording import lateness, length
from voicelab.lab.clinic.elements import (
    Card,
    State,
    cards,
    drawing,
    heading,
    image,
    numbers_in_a_row,
    remarks,
    section,
    table,
    words,
)
from voicelab.lab.clinic.page import page
from voicelab.lab.clinic.players import TURNING, Clip, cut, parts, players, players_in_a_row

if TYPE_CHECKING:
    from voicelab.lab.check import Check

_MOST_FAULTS = 200
_SCALE = "1 is full scale; coloured bands are faults."


def check_page(report: Check) -> str:
    """The whole page of a check."""
    names = (report.recording_name, report.reference_name)
    state, word = state_of(report)
    body = [
        heading("Codec check", names, state, word, report.verdict),
        cards(key_numbers(report)),
        remarks(report.cut_short()),
        section("Listen", TURNING, "".join(_players(report))),
        *_figures(report),
        section("All numbers", "", _numbers(report)),
    ]
    if report.faults:
        shown = report.faults[:_MOST_FAULTS]
        rows: list[tuple[str, ...]] = [
            (fault.kind, f"{fault.begin_s:.3f}", f"{1000 * fault.length_s:.1f}", fault.detail)
            for fault in shown
        ]
        said = "The times are those of the recording."
        if len(shown) < len(report.faults):
            said = f"The first {len(shown)} of {len(report.faults):,}; the JSON has all of them."
        heads = ["kind", "at, s", "length, ms", "made of"]
        if not any(fault.detail for fault in shown):
            heads, rows = heads[:3], [row[:3] for row in rows]
        body.append(section("Faults", said, table(heads, rows)))
    return page(f"{report.recording_name} against {report.reference_name}", "\n".join(body))


def check_output(report: Check) -> str:
    """What a notebook shows: the verdict, the key numbers, three figures and the players."""
    chosen = _parts(report)
    first = chosen[0] if chosen else None
    clips = _part(report, *first) if first else _whole(report)
    seen = f"Waveforms of reference and recording, and their difference. {report.verdict}"
    every = table(
        ("", "", "what it means"), [row for row in report.rows() if row.name != "verdict"]
    )
    return (
        f'<div class="voicelab-check"><p><b>{words(report.verdict)}</b></p>'
        f"{numbers_in_a_row(key_numbers(report))}{remarks(report.cut_short())}"
        f"{image(report.plot(titled=False), seen)}"
        f"{image(report.spectrograms(), 'Spectrograms of reference and recording')}"
        f"{image(report.times(), 'Delay over the recording, and its faults')}"
        f"{_part_words(report, *first) if first else ''}{players_in_a_row(clips)}"
        f'<details style="margin-top:.7em"><summary>all numbers</summary>{every}</details>'
        "<p><small>snr() and levels_used() are figures too; save_html(path) writes a page with all "
        "of them.</small></p></div>"
    )


def state_of(report: Check) -> tuple[State, str]:
    """How it is, as a colour and a word."""
    if report.alignment is None and not report.exact:
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
        yield Card("STOI", f"{report.quality.stoi:.3f}", "intelligibility, of 1")
    if report.quality and report.quality.pesq is not None:
        yield Card("PESQ", f"{report.quality.pesq:.2f}", "of 4.6")


def _numbers(report: Check) -> str:
    rows: list[Row] = [row for row in report.rows() if row.name != "verdict"]
    return table(("", "", "what it means"), rows, meaning=True)


def _figures(report: Check) -> Iterator[str]:
    aligned = "The reference where it lies in the recording"
    if report.alignment is None:
        aligned = "Both from their beginnings, since they could not be aligned: the reference"
    yield section(
        "Waveforms",
        f"{aligned}, the recording, and what differs, on a scale of its own. {_SCALE}",
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
        codec = report.noise is not None and report.noise.codec_snr_db is not None
        leaves = f", beside what {report.format} itself leaves" if codec else ""
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


def _players(report: Check) -> Iterator[str]:
    """Players of all of it, or of the parts around the first faults, which are said."""
    chosen = _parts(report)
    if chosen is None:
        yield players(_whole(report))
    for begin_s, length_s in chosen or []:
        yield _part_words(report, begin_s, length_s)
        yield players(_part(report, begin_s, length_s), f"{begin_s:.2f}")


def _parts(report: Check) -> list[tuple[float, float]] | None:
    """Begins and lengths of the parts that are embedded; None for all of it."""
    begin_s = 0.0
    if report.alignment:
        begin_s = report.alignment.segments[0].begin / report.alignment.rate_hz
    places = [fault.begin_s for fault in report.faults] or [begin_s]
    return parts((report.recording, report.reference), places)


def _part_words(report: Check, begin_s: float, length_s: float) -> str:
    what = "around the first faults" if report.faults else "where the reference begins"
    said = (
        f"A part of {length(report.recording.duration_s)}, {what}: from {begin_s:.2f} s to "
        f"{min(begin_s + length_s, report.recording.duration_s):.2f} s."
    )
    return f'<p class="part">{words(said)}</p>'


def _whole(report: Check) -> list[Clip]:
    delay_s = report.alignment.delay_ms / 1000 if report.alignment else 0.0
    return [
        Clip(report.reference_name, report.reference, delay_s),
        Clip(report.recording_name, report.recording),
        *_difference(report, 0.0, report.recording.duration_s),
    ]


def _part(report: Check, begin_s: float, length_s: float) -> list[Clip]:
    """The same seconds of both, each at its own rate."""
    lag_s = 0.0
    if alignment := report.alignment:
        lag_s = alignment.lag_samples(round(begin_s * alignment.rate_hz)) / alignment.rate_hz
    first_s = max(begin_s - lag_s, 0.0)
    return [
        Clip(report.reference_name, cut(report.reference, first_s, length_s), first_s + lag_s),
        Clip(report.recording_name, cut(report.recording, begin_s, length_s), begin_s),
        *_difference(report, begin_s, length_s),
    ]


def _difference(report: Check, begin_s: float, length_s: float) -> Iterator[Clip]:
    if report.alignment is None:
        return
    part = piece(report, begin_s, length_s)
    if part.difference.any():
        yield Clip("what differs", Audio(part.difference, part.rate_hz), part.begin_s)
