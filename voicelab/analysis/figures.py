"""Figures in one style: readable on a screen and in print, in colours that all can tell apart."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
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
_SHARES = (6, 1)
"""The widths of the waveforms and of what stands beside them."""
_CLOSE = 0.03
_TO_A_SECOND = ("0.1", "1", "10", "100", "1 s")
_BEYOND = ("0.1", "", "10", "", "1 s", "")


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


@dataclass(frozen=True, slots=True)
class Stretch:
    """From ``begin_s`` to ``end_s`` in one lane: a turn, or with a ``label`` the wait for one."""

    lane: int
    begin_s: float
    end_s: float
    label: str = ""


@dataclass(frozen=True, slots=True)
class Spread:
    """How evenly frames came.

    Attributes
    ----------
    frames : mapping
        Upper bound in ms of how much closer or further apart two came than they were sent, to how
        many; the bounds in even steps, 12 to a decade.
    jitter_ms : float
        RFC 3550's estimate at the end.
    """

    frames: Mapping[float, int]
    jitter_ms: float


def call_figure(
    lanes: Sequence[Lane],
    marks: Sequence[Mark] = (),
    title: str = "",
    spread: Spread | None = None,
    stretches: Sequence[Stretch] = (),
) -> Picture:
    """Draw the lanes of a call under each other on one time axis, the marks across all of them.

    Beside them, where it is known, how evenly the frames came.
    """
    figure = Picture(
        figsize=(_WIDTH_IN, 0.75 + _LANE_IN * len(lanes)), dpi=_DPI, layout="constrained"
    )
    columns = 2 if spread else 1
    grid = figure.add_gridspec(len(lanes), columns, width_ratios=_SHARES[:columns])
    axes = [figure.add_subplot(grid[0, 0])]
    axes += [figure.add_subplot(grid[n, 0], sharex=axes[0]) for n in range(1, len(lanes))]
    for ax in axes[:-1]:
        ax.tick_params(labelbottom=False)
    if spread:
        _spread(figure.add_subplot(grid[:, 1]), spread)
    end_s = max(len(lane.samples) / lane.rate_hz for lane in lanes)
    for ax, lane in zip(axes, lanes, strict=True):
        _waveform(ax, lane)
        for mark in marks:
            if mark.length_s:
                ax.axvspan(mark.t_s, mark.t_s + mark.length_s, color=mark.colour, alpha=0.25, lw=0)
            else:
                ax.axvline(mark.t_s, color=mark.colour, lw=1)
    for stretch in stretches:
        _stretch(axes[stretch.lane], stretch, lanes[stretch.lane].colour)
    axes[-1].set_xlim(0, end_s or 1.0)
    _label_marks(axes[0], marks)
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
    _plain(ax)
    ax.set_yticks([-_scale(peak), 0, _scale(peak)])


def _stretch(ax: Axes, stretch: Stretch, colour: str) -> None:
    """A turn is a band behind the sound, a wait a line with its length above it."""
    begin_s, end_s = stretch.begin_s, stretch.end_s
    if not stretch.label:
        ax.axvspan(begin_s, end_s, color=colour, alpha=0.1, lw=0)
        return
    ax.plot([begin_s, end_s], [0.86, 0.86], color=_INK, lw=1.2, transform=ax.get_xaxis_transform())
    for edge_s in (begin_s, end_s):
        ax.plot(edge_s, 0.86, "|", color=_INK, ms=6, transform=ax.get_xaxis_transform())
    ax.annotate(
        stretch.label,
        ((begin_s + end_s) / 2, 0.88),
        xycoords=ax.get_xaxis_transform(),
        fontsize=7,
        color=_INK,
        ha="center",
        va="bottom",
    )


def _spread(ax: Axes, spread: Spread) -> None:
    """A bar for each bound, on a scale of decades that is the same for all but the worst calls."""
    decades = np.log10(list(spread.frames))
    share = np.array(list(spread.frames.values())) * 100 / sum(spread.frames.values())
    ax.bar(decades, share, width=-1 / 12, align="edge", color=CALLER)
    ax.axvline(np.log10(max(spread.jitter_ms, 0.1)), color=MARK, lw=1)
    ax.annotate(
        f"jitter {spread.jitter_ms:.2g} ms",
        (1, 1),
        xycoords="axes fraction",
        fontsize=8,
        color=MARK,
        ha="right",
        va="bottom",
    )
    labels = _BEYOND if max(spread.frames) > 1000 else _TO_A_SECOND
    ax.set_xlim(-1 - 1 / 12, len(labels) - 2)
    ax.set_xticks(range(-1, len(labels) - 1), labels)
    ax.set_yticks([0, share.max()], ["", f"{share.max():.0f} %"])
    ax.set_xlabel("frames by jitter, ms", color=_INK, fontsize=9)
    _plain(ax)


def _plain(ax: Axes) -> None:
    ax.tick_params(labelsize=8, colors=_INK)
    ax.grid(axis="x", color=_FAINT, lw=0.5)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    ax.spines["bottom"].set_color(_INK)


def _scale(peak: float) -> float:
    """The smallest of a few round full scales that holds the peak, so that levels compare."""
    return next((s for s in (0.01, 0.1, 0.25, 0.5) if peak <= s), 1.0)


def _label_marks(ax: Axes, marks: Sequence[Mark]) -> None:
    """Name each mark, but of several that stand close together and are alike only the first."""
    begin_s, end_s = ax.get_xlim()
    named: dict[str, float] = {}
    for mark in sorted(marks, key=lambda mark: mark.t_s):
        if mark.t_s - named.get(mark.label, begin_s - end_s) < _CLOSE * (end_s - begin_s):
            continue
        named[mark.label] = mark.t_s
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
