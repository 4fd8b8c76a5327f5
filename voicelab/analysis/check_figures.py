"""Figures of a recording beside its reference."""

from __future__ import annotations

from textwrap import fill

import numpy as np
from numpy.typing import NDArray

from voicelab.analysis.figures import (
    AGENT,
    CALLER,
    DPI,
    FAULT,
    INK,
    MARK,
    STALL,
    WIDTH_IN,
    Lane,
    Mark,
    Picture,
    call_figure,
    plain,
)
from voicelab.audio.compare.report import CodecReport
from voicelab.audio.compare.sound import at_rate
from voicelab.audio.samples import Int16Array

LONGEST_S = 60.0
"""A longer piece is not drawn at once: its faults would be thinner than a line."""

_COLOURS = {"gap": FAULT, "repeat": STALL, "other": INK, "insertion": AGENT, "skip": MARK}
_SPECTRUM_S = 0.032
_COLUMNS = 700
_TITLE = 120
_RANGE_DB = 70.0


def aligned_figure(report: CodecReport, begin_s: float = 0.0, length_s: float = 10.0) -> Picture:
    """The reference where it lies in the recording, the recording, and what differs.

    Parameters
    ----------
    report : CodecReport
    begin_s, length_s : float
        Which part of the recording; at most :data:`LONGEST_S`.
    """
    said, heard, begin_s, rate_hz = _aligned(report, begin_s, min(length_s, LONGEST_S))
    difference = np.clip(heard.astype(np.int32) - said, -32768, 32767).astype(np.int16)
    lanes = [
        Lane("reference", said, rate_hz, CALLER),
        Lane("recording", heard, rate_hz, AGENT),
        Lane("difference", difference, rate_hz, INK),
    ]
    end_s = begin_s + len(heard) / rate_hz
    marks = [
        Mark(max(f.begin_s - begin_s, 0.0), f.kind, f.end_s - f.begin_s, _COLOURS[f.kind])
        for f in report.faults
        if f.end_s >= begin_s and f.begin_s < end_s
    ]
    figure = call_figure(lanes, marks, fill(report.verdict, _TITLE))
    words = f"seconds from {begin_s:.2f} s of the recording on" if begin_s else "seconds"
    figure.axes[-1].set_xlabel(words, color=INK, fontsize=9)
    return figure


def spectrogram_figure(
    report: CodecReport, begin_s: float = 0.0, length_s: float = 10.0
) -> Picture:
    """Both spectrograms side by side, on one scale of 70 dB."""
    said, heard, begin_s, rate_hz = _aligned(report, begin_s, min(length_s, LONGEST_S))
    figure = Picture(figsize=(WIDTH_IN, 2.8), dpi=DPI, layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    images = [_spectrogram(said, rate_hz), _spectrogram(heard, rate_hz)]
    top = max(float(image.max()) for image in images)
    extent = (begin_s, begin_s + len(heard) / rate_hz, 0.0, rate_hz / 2000)
    for ax, image, name in zip((left, right), images, ("reference", "recording"), strict=True):
        drawn = ax.imshow(
            image, "cividis", aspect="auto", origin="lower", extent=extent,
            vmin=top - _RANGE_DB, vmax=top,
        )  # fmt: skip
        plain(ax)
        ax.set_title(name, loc="left", fontsize=10, color=INK)
        ax.set_xlabel("seconds", color=INK, fontsize=9)
    left.set_ylabel("kHz", color=INK, fontsize=9)
    bar = figure.colorbar(drawn, ax=[left, right], shrink=0.8)
    bar.set_label("dBFS", color=INK, fontsize=8)
    bar.ax.tick_params(labelsize=8, colors=INK)
    return figure


def time_figure(report: CodecReport) -> Picture:
    """How late the recording is all along it, and its faults: drift is a slope, a skip a step."""
    figure = Picture(figsize=(WIDTH_IN, 2.4), dpi=DPI, layout="constrained")
    ax = figure.subplots()
    alignment = report.alignment
    if alignment is None:
        ax.text(0.5, 0.5, "not aligned", transform=ax.transAxes, ha="center", color=INK)
        plain(ax)
        return figure
    rate_hz = alignment.rate_hz
    for segment in alignment.segments:
        ends = np.array([segment.begin, segment.end])
        late_ms = 1000 * (segment.lag + alignment.slope * ends) / rate_hz
        ax.plot(ends / rate_hz, late_ms, color=CALLER, lw=2, solid_capstyle="butt")
    named = set()
    for fault in report.faults:
        label = None if fault.kind in named else fault.kind
        named.add(fault.kind)
        ax.axvspan(
            fault.begin_s, max(fault.end_s, fault.begin_s), color=_COLOURS[fault.kind],
            alpha=0.6, label=label,
        )  # fmt: skip
    if named:
        ax.legend(fontsize=8, frameon=False, labelcolor=INK, loc="upper right", ncols=len(named))
    ax.set_ylabel("late, ms", color=INK, fontsize=9)
    ax.set_xlabel("seconds of the recording", color=INK, fontsize=9)
    ax.ticklabel_format(useOffset=False)
    ax.margins(y=0.3)
    plain(ax)
    drift = f"delay {alignment.delay_ms:.2f} ms, drift {alignment.drift_ppm:+.1f} ppm"
    ax.set_title(drift, loc="left", fontsize=10, color=INK)
    return figure


def _aligned(
    report: CodecReport, begin_s: float, length_s: float
) -> tuple[Int16Array, Int16Array, float, int]:
    """Both at the rate of the alignment, from where to where; without one, side by side."""
    alignment = report.alignment
    rate_hz = alignment.rate_hz if alignment else report.recording.rate_hz
    rec = at_rate(report.recording.samples, report.recording.rate_hz, rate_hz)
    ref = at_rate(report.reference.samples, report.reference.rate_hz, rate_hz)
    begin = min(int(begin_s * rate_hz), max(len(rec) - 1, 0))
    end = min(begin + int(length_s * rate_hz), len(rec))
    said = np.zeros(end - begin, np.int16)
    if alignment is None:
        piece = ref[begin:end]
        said[: len(piece)] = piece
    else:
        for segment in alignment.segments:
            first, last = max(begin, segment.begin), min(end, segment.end)
            if last > first:
                moved = alignment.reference(ref, segment, first, last)
                said[first - begin : last - begin] = np.clip(np.rint(moved), -32768, 32767)
    return said, rec[begin:end], begin / rate_hz, rate_hz


def _spectrogram(samples: Int16Array, rate_hz: int) -> NDArray[np.float64]:
    """Power in dBFS, shape (frequencies, columns)."""
    length = round(_SPECTRUM_S * rate_hz)
    padded = np.pad(samples.astype(np.float64) / 32768, (0, max(length - len(samples), 0)))
    columns = min(_COLUMNS, max(1, (len(padded) - length) // (length // 8) + 1))
    starts = np.linspace(0, len(padded) - length, columns).astype(int)
    window = np.hanning(length)
    windows = np.stack([padded[start : start + length] for start in starts]) * window
    power = np.abs(np.fft.rfft(windows, axis=1).T) * 2 / window.sum()
    decibels: NDArray[np.float64] = 20 * np.log10(power + 1e-9)
    return decibels
