"""The segmental SNR all along a recording, beside what the leg's codec leaves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from voicelab.analysis.aligned import both_at_one_rate
from voicelab.analysis.fault_spans import MOST_SPANS, spans
from voicelab.analysis.figures import (
    AGENT,
    CALLER,
    FAULT,
    INK,
    Axes,
    Picture,
    labelled,
    picture,
    plain,
)
from voicelab.audio.compare.frames import FRAME_S, Frames, frames
from voicelab.audio.compare.noise import BEST_DB
from voicelab.audio.compare.report import CodecReport

_COLUMNS = 300
_LEAST_S = 0.1
_LOWEST_DB = -10.0

_Floats = NDArray[np.float64]


def snr_figure(report: CodecReport) -> Picture:
    """Draw the mean SNR of the 10 ms frames of each column in which somebody speaks.

    Faults count here, and dip: the report's own numbers leave them out. What the line does to the
    reference, a filter or an echo, is done before.
    """
    figure = picture(2.2)
    ax = figure.subplots()
    alignment = report.alignment
    if alignment is None:
        words = "the reference was not found in the recording"
        ax.text(0.5, 0.5, words, transform=ax.transAxes, ha="center", color=INK, fontsize=10)
        ax.set_axis_off()
        return figure
    rec, ref, rate_hz = both_at_one_rate(report)
    if report.line:
        ref = report.line.apply(ref)
    if report.echo:
        ref = report.echo.apply(ref)
    measured = frames(rec, ref, alignment, report.format)
    length_s = max(report.recording.duration_s, FRAME_S)
    if measured.codec is not None:
        left = measured.codec * measured.gain**2
        _line(ax, measured, left, length_s, rate_hz, CALLER, f"what {report.format} leaves", 3.0)
    _line(ax, measured, measured.error, length_s, rate_hz, AGENT, "the recording", 1.6)
    if len(report.faults) <= MOST_SPANS:
        ax.broken_barh(
            spans(report.faults, length_s), (0, 1), transform=ax.get_xaxis_transform(),
            facecolor=FAULT, alpha=0.2, lw=0,
        )  # fmt: skip
    plain(ax)
    ax.set_xlim(0, length_s)
    low, high = ax.get_ylim()
    ax.set_ylim(min(low, 0.0), max(high + 3.0, 45.0))
    ax.grid(axis="y", color="#80808040", lw=0.5)
    labelled(ax, "seconds of the recording", "segmental SNR, dB")
    ax.legend(
        fontsize=8, frameon=False, labelcolor=INK, loc="lower right", ncols=2,
        bbox_to_anchor=(1, 1), borderaxespad=0,
    )  # fmt: skip
    return figure


def _line(
    ax: Axes,
    measured: Frames,
    error: _Floats,
    length_s: float,
    rate_hz: int,
    colour: str,
    label: str,
    width: float,
) -> None:
    edges, level = snr_columns(measured, error, length_s, rate_hz)
    ax.stairs(level, edges, baseline=None, color=colour, lw=width, label=label)


def snr_columns(
    measured: Frames, error: _Floats, length_s: float, rate_hz: int
) -> tuple[_Floats, _Floats]:
    """Edges in seconds, and the mean over each column in dB; NaN where nobody speaks."""
    columns = max(1, min(_COLUMNS, int(length_s / _LEAST_S)))
    edges = np.linspace(0, length_s, columns + 1)
    active = measured.active
    said = measured.said[active]
    ratio = 10 * np.log10(said / np.maximum(error[active], said * 1e-10))
    level = np.clip(ratio, _LOWEST_DB, BEST_DB)
    column = np.clip(
        (measured.begins[active] / rate_hz / length_s * columns).astype(int), 0, columns - 1
    )
    number = np.bincount(column, minlength=columns)
    with np.errstate(invalid="ignore"):
        return edges, np.bincount(column, level, columns) / number
