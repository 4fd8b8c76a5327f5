"""When the recording comes: its delay all along it, its faults, and how long these are."""

from __future__ import annotations

import numpy as np

from voicelab.analysis.fault_spans import FAULT_COLOURS, MOST_SPANS, spans
from voicelab.analysis.figures import CALLER, INK, Axes, Picture, labelled, picture, plain
from voicelab.audio.compare.faults import Fault
from voicelab.audio.compare.report import CodecReport
from voicelab.audio.compare.wording import count, fault_count

_LEAST_SPAN_MS = 1.0
_FEW = 3
_BARS = 40
_LONGEST_TITLE = 25
_BAR_MS = 5.0
_ROW_IN = 0.24
_COLUMNS = 240


def time_figure(report: CodecReport) -> Picture:
    """Draw the delay over the recording: drift is a slope, a skip or an insertion a step.

    Under it stands each fault where it is, a row a kind, or where there are hundreds how dense they
    are; beside it, where there are several, how
    long they are.
    """
    kinds = [kind for kind in FAULT_COLOURS if any(f.kind == kind for f in report.faults)]
    several = len(report.faults) >= _FEW
    rows_in = _ROW_IN * len(kinds)
    figure = picture(2.2 + rows_in)
    if report.alignment is None:
        ax = figure.subplots()
        words = "the reference was not found in the recording"
        ax.text(0.5, 0.5, words, transform=ax.transAxes, ha="center", color=INK, fontsize=10)
        ax.set_axis_off()
        return figure
    grid = figure.add_gridspec(
        2 if kinds else 1, 2 if several else 1,
        width_ratios=[4, 1] if several else None,
        height_ratios=[1.5, rows_in] if kinds else None,
    )  # fmt: skip
    bottom = top = figure.add_subplot(grid[0, 0])
    if kinds:
        bottom = figure.add_subplot(grid[1, 0], sharex=top)
        top.tick_params(labelbottom=False)
        _rows(bottom, report, kinds)
    if several:
        _lengths(figure.add_subplot(grid[:, 1]), report, kinds)
    _delay(top, report)
    bottom.set_xlabel("seconds of the recording", color=INK, fontsize=9)
    bottom.set_xlim(0, report.recording.duration_s)
    return figure


def _delay(ax: Axes, report: CodecReport) -> None:
    alignment = report.alignment
    assert alignment is not None
    begins = np.array([segment.begin for segment in alignment.segments], float)
    ends = np.array([segment.end for segment in alignment.segments], float)
    lags = np.array([segment.lag for segment in alignment.segments])
    at = np.stack((begins, ends, ends), axis=1).reshape(-1)
    late = np.repeat(lags, 3) + alignment.slope * at
    late[2::3] = np.nan
    rate_hz = alignment.rate_hz
    late_ms = 1000 * late / rate_hz
    ax.plot(at / rate_hz, late_ms, color=CALLER, lw=2, solid_capstyle="butt")
    low, high = float(np.nanmin(late_ms)), float(np.nanmax(late_ms))
    spare = max(0.15 * (high - low), (_LEAST_SPAN_MS - (high - low)) / 2)
    ax.set_ylim(low - spare, high + spare)
    ax.ticklabel_format(axis="y", useOffset=False)
    plain(ax)
    drift = f"drift {alignment.drift_ppm:+.1f} ppm" if alignment.slope else "no drift"
    labelled(ax, y="delay, ms", title=f"delay {alignment.delay_ms + 0.0:.2f} ms, {drift}")


def _rows(ax: Axes, report: CodecReport, kinds: list[str]) -> None:
    """A row a kind; each fault at least as wide as a line."""
    for row, kind in enumerate(kinds):
        alike = [fault for fault in report.faults if fault.kind == kind]
        colour = FAULT_COLOURS[kind]
        if len(alike) > MOST_SPANS:
            _density(ax, alike, report.recording.duration_s, row + 0.36, colour)
            continue
        drawn = spans(alike, report.recording.duration_s)
        ax.broken_barh(drawn, (row - 0.36, 0.72), facecolor=colour, edgecolor=colour, lw=0.9)
    plain(ax)
    ax.set_ylim(len(kinds) - 0.45, -0.55)
    ax.set_yticks(range(len(kinds)), kinds)
    ax.tick_params(axis="y", length=0)
    for label, kind in zip(ax.get_yticklabels(), kinds, strict=True):
        label.set_color(FAULT_COLOURS[kind])
        label.set_fontsize(9)


def _density(ax: Axes, alike: list[Fault], length_s: float, foot: float, colour: str) -> None:
    """How much of each column is at fault, as a share of the worst one."""
    begins, lengths = zip(*((fault.begin_s, fault.length_s) for fault in alike), strict=True)
    share, edges = np.histogram(begins, _COLUMNS, (0.0, length_s), weights=lengths)
    high = foot - 0.72 * share / share.max()
    ax.stairs(high, edges, baseline=foot, fill=True, color=colour)


def _lengths(ax: Axes, report: CodecReport, kinds: list[str]) -> None:
    """How many faults are how long, in whole bars of 5 ms or more."""
    lengths = {
        kind: 1000 * np.array([f.length_s for f in report.faults if f.kind == kind])
        for kind in kinds
    }
    longest = max(float(each.max()) for each in lengths.values())
    width = _BAR_MS * max(1, np.ceil(longest / _BAR_MS / _BARS))
    edges = (np.arange(np.ceil(longest / width) + 2) - 0.5) * width
    bottom = np.zeros(len(edges) - 1)
    for kind, each in lengths.items():
        high = np.histogram(each, edges)[0]
        ax.bar(edges[:-1], high, width, bottom, align="edge", color=FAULT_COLOURS[kind])
        bottom += high
    total = len(report.faults)
    title = fault_count(kinds[0], total)
    if len(kinds) > 1 or len(title) > _LONGEST_TITLE:
        title = count(total, "fault")
    plain(ax)
    ax.set_xlim(0, edges[-1] + width / 2)
    ax.set_yticks([0, bottom.max()], ["0", f"{bottom.max():,.0f}"])
    labelled(ax, "length, ms", "", title)
