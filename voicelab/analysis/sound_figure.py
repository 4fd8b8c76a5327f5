"""One sound at a glance: its wave and its spectrogram side by side."""

from __future__ import annotations

from voicelab.analysis.figures import (
    CALLER,
    Lane,
    Picture,
    labelled,
    picture,
    plain,
    scaled,
    waveform,
)
from voicelab.analysis.spectrogram import spectrogram
from voicelab.audio.clip import Audio

_HEIGHT_IN = 1.7
_RANGE_DB = 80.0


def sound_figure(sound: Audio, title: str = "") -> Picture:
    """Draw the wave of a sound from full scale to full scale, and its spectrogram.

    Parameters
    ----------
    sound : Audio
        Of several channels the first is drawn.
    title : str
        Stands above the wave.
    """
    samples = sound.samples if sound.samples.ndim == 1 else sound.samples[:, 0]
    figure = picture(_HEIGHT_IN)
    left, right = figure.subplots(1, 2)
    waveform(left, Lane("", samples, sound.rate_hz, CALLER))
    scaled(left, 1.0)
    image = spectrogram(samples, sound.rate_hz)
    end_s = max(len(samples), 1) / sound.rate_hz
    right.imshow(
        image, "cividis", aspect="auto", origin="lower", vmin=image.max() - _RANGE_DB,
        extent=(0.0, end_s, 0.0, sound.rate_hz / 2000),
    )  # fmt: skip
    plain(right)
    for ax in (left, right):
        ax.set_xlim(0, end_s)
    labelled(left, "seconds", title=title)
    labelled(right, "seconds", "kHz")
    return figure
