"""Which of the 65,536 levels a recording uses, beside the steps of G.711."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voicelab.analysis.figures import (
    AGENT,
    CALLER,
    FAINT,
    INK,
    MARK,
    Axes,
    Picture,
    labelled,
    picture,
    plain,
)
from voicelab.audio.compare.wording import count
from voicelab.audio.g711 import alaw_decode, ulaw_decode
from voicelab.audio.samples import Int16Array

_NEAR = 270
_COLUMNS = 700
_LINEAR = 64
_FEW = 8
_BLOCK = 1 << 20
_NEARLY_ALL = 0.9
_CODES = bytes(range(256))
_LAWS = (("μ-law", ulaw_decode(_CODES), CALLER), ("A-law", alaw_decode(_CODES), MARK))


@dataclass(frozen=True, slots=True)
class OnSteps:
    """How a recording lies on the steps of one law.

    Attributes
    ----------
    name : str
    levels : ndarray of int, shape (k,)
        All that the law has.
    used : ndarray of bool, shape (k,)
        Which of them the recording uses.
    share : float
        Of the samples, how many lie on a step.
    """

    name: str
    levels: NDArray[np.int64]
    used: NDArray[np.bool_]
    share: float


def on_steps(samples: Int16Array) -> list[OnSteps]:
    """How many samples lie on the steps of mu-law and of A-law."""
    counts = level_counts(samples)
    found = []
    for name, decoded, _ in _LAWS:
        levels = np.unique(decoded).astype(np.int64)
        there = counts[levels + 32768]
        share = float(there.sum()) / max(len(samples), 1)
        found.append(OnSteps(name, levels, there > 0, share))
    return found


def level_words(samples: Int16Array) -> str:
    """On whose steps a recording lies, in a sentence without its full stop."""
    used = int(np.count_nonzero(level_counts(samples)))
    if used <= _FEW:
        return f"only {count(used, 'level')} used"
    laws = on_steps(samples)
    best = max(laws, key=lambda law: law.share)
    if best.share >= _NEARLY_ALL:
        part = "all" if best.share == 1 else f"{min(100 * best.share, 99.9):.1f} % of the"
        return f"{part} samples on {best.used.sum()} of {best.name}'s {len(best.levels)} steps"
    shares = " and ".join(f"{100 * law.share:.0f} % on {law.name}'s" for law in laws)
    return f"{count(used, 'level')} used, and of the samples only {shares} steps"


def level_counts(samples: Int16Array) -> NDArray[np.int64]:
    """How often each level is used, shape (65536,), from -32768 on."""
    counts = np.zeros(65536, np.int64)
    for begin in range(0, len(samples), _BLOCK):
        part = samples[begin : begin + _BLOCK].view(np.uint16)
        counts += np.bincount(part, minlength=65536)
    return np.roll(counts, 32768)


def level_figure(samples: Int16Array, *, titled: bool = True) -> Picture:
    """Draw how often each level is used: near zero one by one, and the whole range in columns.

    The whole range is stretched as G.711 stretches it, so that 8 bits are evenly spaced. Under
    each lie the steps of both laws, those that are used in colour.

    Parameters
    ----------
    samples : ndarray of int16, shape (n,)
    titled : bool
        Whether on whose steps it lies stands above it.
    """
    counts, laws = level_counts(samples), on_steps(samples)
    figure = picture(3.3)
    if titled:
        figure.suptitle(level_words(samples), x=0.01, ha="left", fontsize=10, color=INK)
    grid = figure.add_gridspec(2, 2, width_ratios=[1, 1.5], height_ratios=[5, 1])
    near, whole = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[0, 1])
    under = [figure.add_subplot(grid[1, n], sharex=ax) for n, ax in enumerate((near, whole))]
    levels = np.arange(-_NEAR, _NEAR + 1)
    _bars(near, levels, counts[levels + 32768], 1.0)
    edges = _columns()
    _bars(whole, *_highest(counts, edges), 0.75)
    near.set_xlim(-_NEAR, _NEAR)
    whole.set_xscale("symlog", linthresh=_LINEAR, linscale=0.5)
    whole.set_xlim(-32768, 32767)
    ticks = [-32768, -8192, -1024, -128, 0, 128, 1024, 8192, 32767]
    names = [f"{tick:,}".replace("-", "\u2212") for tick in ticks]
    whole.set_xticks(ticks, ["", *names[1:-1], ""])
    whole.sharey(near)
    near.set_yscale("log")
    most = max(float(counts.max(initial=1)) * 1.6, 10)
    decades = [10**n for n in range(10) if 10**n <= most]
    near.set_yticks(decades, [f"{decade:,}" for decade in decades])
    near.set_ylim(0.7, most)
    labelled(near, y="samples", title="near zero, each level")
    labelled(whole, title="the whole range, stretched as G.711 stretches it")
    for ax in (near, whole):
        plain(ax)
        ax.minorticks_off()
        ax.tick_params(labelbottom=False, left=ax is near, labelleft=ax is near)
    for ax in under:
        _steps(ax, laws, named=ax is under[0])
        ax.set_xlabel("level, in steps of 16 bits", color=INK, fontsize=9)
    return figure


def _bars(ax: Axes, levels: NDArray[np.int64], counts: NDArray[np.int64], width: float) -> None:
    used = counts > 0
    ax.vlines(levels[used], 0.5, counts[used], color=AGENT, lw=width)


def _columns() -> NDArray[np.int64]:
    """Edges of columns that are even on the stretched scale."""
    most = np.log10(32768 / _LINEAR) + 0.5
    at = np.linspace(0, most, _COLUMNS // 2)
    out = np.where(at < 0.5, at / 0.5 * _LINEAR, _LINEAR * 10 ** (at - 0.5))
    whole = np.unique(np.rint(out).astype(np.int64))
    return np.unique(np.concatenate((-whole, whole)))


def _highest(
    counts: NDArray[np.int64], edges: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The level that is used most in each column, and how often."""
    begins = np.clip(edges + 32768, 0, 65535)
    highest = np.maximum.reduceat(counts, begins)
    where = [
        int(b + counts[b:e].argmax()) for b, e in zip(begins, [*begins[1:], 65536], strict=True)
    ]
    return np.array(where) - 32768, highest


def _steps(ax: Axes, laws: list[OnSteps], named: bool) -> None:
    """A row a law: its steps, those in use in the law's colour."""
    for row, law in enumerate(laws):
        colour = _LAWS[row][2]
        ax.vlines(law.levels[~law.used], row - 0.3, row + 0.3, color=FAINT, lw=0.8)
        ax.vlines(law.levels[law.used], row - 0.38, row + 0.38, color=colour, lw=1.0)
    ax.set_ylim(1.6, -0.6)
    plain(ax)
    ax.set_yticks([0, 1], [law.name for law in laws] if named else ["", ""])
    ax.tick_params(axis="y", length=0, labelsize=9)
