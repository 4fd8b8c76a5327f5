"""The waveforms of a diagnosis: what was heard beside the same with the fault undone."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill

import numpy as np

from voicelab.analysis.figures import (
    AGENT,
    CALLER,
    INK,
    MARK,
    Lane,
    Picture,
    call_figure,
    scaled,
)
from voicelab.audio.clip import Audio

_COLOURS = {"heard": AGENT, "repaired": CALLER, "reference": MARK}
_TITLE = 120


def lanes(
    sounds: Sequence[tuple[str, Audio, float, float]], begin_s: float, length_s: float
) -> list[Lane]:
    """The same part of each sound, ready to be drawn.

    Parameters
    ----------
    sounds : sequence of (name, Audio, speed, later)
        ``heard``, ``repaired``, ``reference``; the speed says how many seconds of what was heard
        pass in one of it, the last by how many of its seconds it begins later.
    begin_s, length_s : float
        Which part of what was heard.
    """
    return [
        _lane(name, sound, begin_s / speed, length_s / speed, later_s)
        for name, sound, speed, later_s in sounds
    ]


def waveform_figure(drawn: Sequence[Lane], title: str = "") -> Picture:
    """The waveforms under each other, all on one scale."""
    figure = call_figure(drawn, title=fill(title, _TITLE))
    loudest = max(float(np.abs(lane.samples / 32768).max(initial=0)) for lane in drawn)
    for ax in figure.axes:
        scaled(ax, loudest)
    figure.axes[-1].set_xlabel("seconds", color=INK, fontsize=9)
    return figure


def _lane(name: str, sound: Audio, begin_s: float, length_s: float, later_s: float) -> Lane:
    first = round((begin_s - later_s) * sound.rate_hz)
    begin = min(max(first, 0), max(len(sound.samples) - 1, 0))
    end = max(first + round(length_s * sound.rate_hz), begin)
    part = sound.samples[begin:end]
    return Lane(name, part, sound.rate_hz, _COLOURS[name], begin / sound.rate_hz + later_s)
