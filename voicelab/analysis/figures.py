"""Figures in one style: readable on a screen and in print, in colours that all can tell apart."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes as Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from voicelab.analysis.envelope import envelope
from voicelab.analysis.inline_svg import inline_svg

# Okabe and Ito's palette, told apart with any colour vision.
CALLER, AGENT, FAULT, MARK, STALL = "#0072B2", "#D55E00", "#CC79A7", "#009E73", "#E69F00"
# Grey enough for paper and for a dark page; the ground is left open.
INK, FAINT = "#7A7A7A", "#80808040"
_NAMED = {
    CALLER: "blue", AGENT: "vermilion", FAULT: "purple", MARK: "green", STALL: "orange",
    INK: "ink", "#808080": "faint",
}  # fmt: skip
"""What a page may call each colour, to give it one of its own."""
WIDTH_IN, _LANE_IN, DPI = 9.0, 1.45, 144
_COLUMNS = 1600
_SHARES = (6, 1)
"""The widths of the waveforms and of what stands beside them."""
_CLOSE = 0.03
_LETTER, _ROW_PT = 0.0075, 9
"""How much of the axis a letter of a mark's name takes, and how far apart two rows of them are."""
_TO_A_SECOND = ("0.1", "1", "10", "100", "1 s")
_BEYOND = ("0.1", "", "10", "", "1 s", "")


class Picture(Figure):
    """A figure that shows itself in a notebook, drawn at twice the screen's resolution."""

    def _repr_png_(self) -> tuple[bytes, dict[str, Any]]:
        out = io.BytesIO()
        self.savefig(out, format="png", transparent=True)
        width, height = self.get_size_inches() * self.dpi / 2
        return out.getvalue(), {"width": int(width), "height": int(height)}

    def svg(self, name: str, label: str) -> str:
        """As an ``<svg>`` element inside a page, in the page's own colours and letters.

        Parameters
        ----------
        name : str
            Of this figure in the page; its identifiers begin with it.
        label : str
            What is seen, for those who cannot see it.
        """
        out = io.StringIO()
        with rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
            self.savefig(out, format="svg", transparent=True)
        return inline_svg(out.getvalue(), name, label, _NAMED)


def picture(height_in: float) -> Picture:
    """An empty figure of the one width."""
    return Picture(figsize=(WIDTH_IN, height_in), dpi=DPI, layout="constrained")


@dataclass(frozen=True, slots=True)
class Lane:
    """One waveform: a name, int16 samples of shape (n,), a rate, a colour, and where it begins."""

    name: str
    samples: NDArray[np.int16]
    rate_hz: int
    colour: str
    begin_s: float = 0.0


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
    figure = picture(0.75 + _LANE_IN * len(lanes))
    columns = 2 if spread else 1
    grid = figure.add_gridspec(len(lanes), columns, width_ratios=_SHARES[:columns])
    axes = [figure.add_subplot(grid[0, 0])]
    axes += [figure.add_subplot(grid[n, 0], sharex=axes[0]) for n in range(1, len(lanes))]
    for ax in axes[:-1]:
        ax.tick_params(labelbottom=False)
    if spread:
        _spread(figure.add_subplot(grid[:, 1]), spread)
    begin_s = min(lane.begin_s for lane in lanes)
    end_s = max(lane.begin_s + len(lane.samples) / lane.rate_hz for lane in lanes)
    for ax, lane in zip(axes, lanes, strict=True):
        waveform(ax, lane)
        for mark in marks:
            if mark.length_s:
                ax.axvspan(mark.t_s, mark.t_s + mark.length_s, color=mark.colour, alpha=0.25, lw=0)
            else:
                ax.axvline(mark.t_s, color=mark.colour, lw=1)
    for stretch in stretches:
        _stretch(axes[stretch.lane], stretch, lanes[stretch.lane].colour)
    axes[-1].set_xlim(begin_s, end_s if end_s > begin_s else begin_s + 1.0)
    _label_marks(axes[0], marks)
    if end_s <= begin_s:
        axes[0].text(0.5, 0.5, "no audio yet", transform=axes[0].transAxes, ha="center", color=INK)
    axes[-1].set_xlabel("seconds since the call's first sample", color=INK, fontsize=9)
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=10, color=INK)
    return figure


def waveform(ax: Axes, lane: Lane) -> None:
    """One lane: least and largest sample of each column, on one of a few scales."""
    columns = envelope(lane.samples, _COLUMNS) / 32768
    edges = (np.arange(len(columns)) + 0.5) * len(lane.samples) / max(len(columns), 1)
    seconds = lane.begin_s + edges / lane.rate_hz
    ax.fill_between(seconds, columns[:, 0], columns[:, 1], color=lane.colour, lw=0.6)
    scaled(ax, float(np.abs(columns).max(initial=0.0)))
    ax.axhline(0, color=INK, lw=0.4)
    ax.set_ylabel(lane.name, rotation=0, ha="right", va="center", color=lane.colour, fontsize=10)
    plain(ax)


def scaled(ax: Axes, peak: float) -> None:
    """Give a waveform the smallest of a few full scales that holds its peak."""
    scale = next((s for s in (0.01, 0.025, 0.05, 0.1, 0.25, 0.5) if peak <= s), 1.0)
    ax.set_ylim(-scale, scale)
    ax.set_yticks([-scale, 0, scale], [f"\u2212{scale:g}", "0", f"{scale:g}"])


def _stretch(ax: Axes, stretch: Stretch, colour: str) -> None:
    """A turn is a band behind the sound, a wait a line with its length above it."""
    begin_s, end_s = stretch.begin_s, stretch.end_s
    if not stretch.label:
        ax.axvspan(begin_s, end_s, color=colour, alpha=0.1, lw=0)
        return
    ax.plot([begin_s, end_s], [0.86, 0.86], color=INK, lw=1.2, transform=ax.get_xaxis_transform())
    for edge_s in (begin_s, end_s):
        ax.plot(edge_s, 0.86, "|", color=INK, ms=6, transform=ax.get_xaxis_transform())
    ax.annotate(
        stretch.label,
        ((begin_s + end_s) / 2, 0.88),
        xycoords=ax.get_xaxis_transform(),
        fontsize=7,
        color=INK,
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
    ax.set_xlabel("frames by jitter, ms", color=INK, fontsize=9)
    plain(ax)


def labelled(ax: Axes, x: str = "", y: str = "", title: str = "") -> None:
    """Say what the axes are, in the one size."""
    ax.set_xlabel(x, color=INK, fontsize=9)
    ax.set_ylabel(y, color=INK, fontsize=9)
    ax.set_title(title, loc="left", fontsize=10, color=INK)


def plain(ax: Axes) -> None:
    """The look of every axis: small grey figures, no box."""
    ax.tick_params(labelsize=8, colors=INK)
    ax.grid(axis="x", color=FAINT, lw=0.5)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    ax.spines["bottom"].set_color(INK)


def _label_marks(ax: Axes, marks: Sequence[Mark]) -> None:
    """Name each mark in one of two rows, but of several alike that stand close only the first.

    Where neither row has room a mark goes without a name; its colour says what it is.
    """
    begin_s, end_s = ax.get_xlim()
    letter_s = _LETTER * (end_s - begin_s)
    named: dict[str, float] = {}
    taken_s = [begin_s, begin_s]
    for mark in sorted(marks, key=lambda mark: mark.t_s):
        if mark.t_s - named.get(mark.label, begin_s - end_s) < _CLOSE * (end_s - begin_s):
            continue
        row = next((row for row, until_s in enumerate(taken_s) if until_s <= mark.t_s), None)
        if row is None:
            continue
        named[mark.label] = mark.t_s
        taken_s[row] = mark.t_s + letter_s * (len(mark.label) + 1)
        ax.annotate(
            mark.label,
            (mark.t_s, 1),
            xycoords=("data", "axes fraction"),
            xytext=(2, -2 - _ROW_PT * row),
            textcoords="offset points",
            fontsize=7,
            color=mark.colour,
            va="top",
        )
