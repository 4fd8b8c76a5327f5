"""Figures of a recording beside its reference: waveforms with their difference, spectrograms."""

from __future__ import annotations

from textwrap import fill

import numpy as np

from voicelab.analysis.aligned import piece
from voicelab.analysis.fault_spans import FAULT_COLOURS
from voicelab.analysis.figures import AGENT, CALLER, INK, Lane, Mark, Picture, call_figure, scaled
from voicelab.analysis.spectrogram import spectrograms
from voicelab.audio.compare.report import CodecReport

_TITLE = 120


def aligned_figure(
    report: CodecReport, begin_s: float = 0.0, length_s: float = 10.0, *, titled: bool = True
) -> Picture:
    """The reference where it lies in the recording, the recording, and what differs.

    Parameters
    ----------
    report : CodecReport
    begin_s, length_s : float
        Which part of the recording; at most a minute.
    titled : bool
        Whether the verdict stands above it.
    """
    part = piece(report, begin_s, length_s)
    lanes = [
        Lane("reference", part.said, part.rate_hz, CALLER, part.begin_s),
        Lane("recording", part.heard, part.rate_hz, AGENT, part.begin_s),
        Lane("difference", part.difference, part.rate_hz, INK, part.begin_s),
    ]
    marks = [
        Mark(
            begin := max(fault.begin_s, part.begin_s),
            fault.kind,
            min(fault.end_s, part.end_s) - begin,
            FAULT_COLOURS[fault.kind],
        )
        for fault in report.faults
        if fault.end_s >= part.begin_s and fault.begin_s < part.end_s
    ]
    figure = call_figure(lanes, marks, fill(report.verdict, _TITLE) if titled else "")
    loudest = max(float(np.abs(lane.samples / 32768).max(initial=0)) for lane in lanes[:2])
    for ax in figure.axes[:2]:
        scaled(ax, loudest)
    figure.axes[-1].set_xlabel("seconds of the recording", color=INK, fontsize=9)
    return figure


def spectrogram_figure(
    report: CodecReport, begin_s: float = 0.0, length_s: float = 10.0
) -> Picture:
    """Both spectrograms side by side, on one scale of 70 dB."""
    part = piece(report, begin_s, length_s)
    return spectrograms(
        [
            Lane("reference", part.said, part.rate_hz, CALLER, part.begin_s),
            Lane("recording", part.heard, part.rate_hz, AGENT, part.begin_s),
        ]
    )
