"""Figures in one style: readable on a screen and in print, in colours that all can tell apart."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from voicelab.analysis.envelope import envelope

# Okabe and Ito's palette, told apart with any colour vision.
CALLER, AGENT, FAULT, MARK, STALL = "#0072B2", "#D55E00", "#CC79A7", "#009E73", "#E69F00"
# Grey enough for paper and for a dark page; the ground is left open.
_INK, _FAINT = "#7A7A7A", "#80808040"
_WIDTH_IN, _LANE_IN, _DPI = 9.0, 1.45, 144
_COLUMNS = 1600


class Picture(Figure):
    """A figure that shows itself in a notebook, drawn at twice the screen's resolution."""

    def _repr_png_(self) -> tuple[bytes, dict[str, Any]]:
        out = io.BytesIO()
        self.savefig(out, format="png", transparent=True)
        width, height = self.get_size_inches() * self.dpi / 2
        return out.getvalue(), {"width": int(width), "height": int(height)}


@dataclass(frozen=True, slots=True)
class Lane:
    """One waveform of a call: a name, int16 samples of shape (n,), a rate and a colour."""

    name: str
    samples: NDArray[np.int16]
    rate_hz: int
    colour: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at ``t_s``, or from there for ``length_s``."""

    t_s: float
    label: str
    length_s: float = 0.0
    colour: str = MARK


def call_figure(lanes: Sequence[Lane], marks: Sequence[Mark] = (), title: str = "") -> Picture:
    """Draw the lanes of a call under each other on one time axis, the marks across all of them."""
    figure = Picture(
        figsize=(_WIDTH_IN, 0.75 + _LANE_IN * len(lanes)), dpi=_DPI, layout="constrained"
    )
    axes = figure.subplots(len(lanes), 1, sharex=True, squeeze=False)[:, 0]
    end_s = max(len(lane.samples) / lane.rate_hz for lane in lanes)
    for ax, lane in zip(axes, lanes, strict=True):
        _waveform(ax, lane)
        for mark in marks:
            if mark.length_s:
                ax.axvspan(mark.t_s, mark.t_s + mark.length_s, color=mark.colour, alpha=0.25, lw=0)
            else:
                ax.axvline(mark.t_s, color=mark.colour, lw=1)
    _label_marks(axes[0], marks)
    axes[-1].set_xlim(0, end_s or 1.0)
    if not end_s:
        axes[0].text(0.5, 0.5, "no audio yet", transform=axes[0].transAxes, ha="center", color=_INK)
    axes[-1].set_xlabel("seconds since the call's first sample", color=_INK, fontsize=9)
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=10, color=_INK)
    return figure


def _waveform(ax: Axes, lane: Lane) -> None:
    columns = envelope(lane.samples, _COLUMNS) / 32768
    edges = (np.arange(len(columns)) + 0.5) * len(lane.samples) / max(len(columns), 1)
    seconds = edges / lane.rate_hz
    ax.fill_between(seconds, columns[:, 0], columns[:, 1], color=lane.colour, lw=0.6)
    peak = float(np.abs(columns).max(initial=0.0))
    ax.set_ylim(-_scale(peak), _scale(peak))
    ax.axhline(0, color=_INK, lw=0.4)
    ax.set_ylabel(lane.name, rotation=0, ha="right", va="center", color=lane.colour, fontsize=10)
    ax.tick_params(labelsize=8, colors=_INK)
    ax.grid(axis="x", color=_FAINT, lw=0.5)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    ax.spines["bottom"].set_color(_INK)
    ax.set_yticks([-_scale(peak), 0, _scale(peak)])


def _scale(peak: float) -> float:
    """The smallest of a few round full scales that holds the peak, so that levels compare."""
    return next((s for s in (0.01, 0.1, 0.25, 0.5) if peak <= s), 1.0)


def _label_marks(ax: Axes, marks: Sequence[Mark]) -> None:
    for mark in marks:
        ax.annotate(
            mark.label,
            (mark.t_s, 1),
            xycoords=("data", "axes fraction"),
            xytext=(2, -2),
            textcoords="offset points",
            fontsize=7,
            color=mark.colour,
            va="top",
        )
