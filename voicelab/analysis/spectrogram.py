"""Spectrograms side by side, on one scale."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from voicelab.analysis.figures import INK, Lane, Picture, labelled, picture, plain
from voicelab.audio.samples import Int16Array

_SPECTRUM_S = 0.032
_COLUMNS = 600
_RANGE_DB = 70.0
_LEAST_TOP_DB = -50.0
"""Silence is dark, not the loudest there is."""


def spectrograms(lanes: Sequence[Lane]) -> Picture:
    """Draw the spectrogram of each, over the seconds and up to half the rate of each.

    Parameters
    ----------
    lanes : sequence of Lane
        Their colours are not used.
    """
    figure = picture(2.8)
    axes = figure.subplots(1, len(lanes), squeeze=False)[0]
    images = [spectrogram(lane.samples, lane.rate_hz) for lane in lanes]
    top = max(_LEAST_TOP_DB, *(float(image.max()) for image in images))
    highest = max(lane.rate_hz for lane in lanes) / 2000
    for ax, image, lane in zip(axes, images, lanes, strict=True):
        end_s = lane.begin_s + max(len(lane.samples), 1) / lane.rate_hz
        drawn = ax.imshow(
            image, "cividis", aspect="auto", origin="lower", interpolation="none",
            vmin=top - _RANGE_DB, vmax=top,
            extent=(lane.begin_s, end_s, 0.0, lane.rate_hz / 2000),
        )  # fmt: skip
        plain(ax)
        ax.grid(False)
        ax.set_ylim(0, highest)
        labelled(ax, "seconds", "kHz" if ax is axes[0] else "", lane.name)
        if ax is not axes[0]:
            ax.tick_params(left=False, labelleft=False)
    bar = figure.colorbar(drawn, ax=list(axes), shrink=0.8, pad=0.01)
    bar.set_label("dBFS", color=INK, fontsize=8)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=8, colors=INK)
    return figure


def spectrogram(samples: Int16Array, rate_hz: int) -> NDArray[np.float64]:
    """Power in dBFS, shape (frequencies, columns); a full-scale sine is at 0."""
    length = round(_SPECTRUM_S * rate_hz)
    padded = np.pad(samples.astype(np.float64) / 32768, (0, max(length - len(samples), 0)))
    columns = min(_COLUMNS, max(1, (len(padded) - length) // (length // 8) + 1))
    starts = np.linspace(0, len(padded) - length, columns).astype(int)
    window = np.hanning(length)
    windows = np.stack([padded[start : start + length] for start in starts]) * window
    power = np.abs(np.fft.rfft(windows, axis=1).T) * 2 / window.sum()
    decibels: NDArray[np.float64] = 20 * np.log10(power + 1e-9)
    return decibels
