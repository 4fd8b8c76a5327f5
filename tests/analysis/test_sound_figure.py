from __future__ import annotations

import numpy as np
import pytest

from voicelab.analysis.sound_figure import sound_figure
from voicelab.audio.clip import Audio


def drawn(sound, title=""):
    figure = sound_figure(sound, title)
    png, size = figure._repr_png_()
    assert png.startswith(b"\x89PNG")
    assert size["width"] > size["height"]
    return figure.axes


def test_wave_and_spectrogram_have_one_time_axis():
    rng = np.random.default_rng(1)
    sound = Audio(rng.integers(-9000, 9000, 12000).astype(np.int16), 8000)
    wave, pitch = drawn(sound, "patient 1")
    assert wave.get_title(loc="left") == "patient 1"
    assert wave.get_xlim() == pitch.get_xlim() == (0, 1.5)
    assert wave.get_ylim() == (-1, 1)
    assert pitch.get_ylim() == (0, 4)


@pytest.mark.parametrize("shape", [(0,), (1,), (160,), (4000, 2)])
def test_short_silent_and_stereo_sounds_are_drawn(shape):
    drawn(Audio(np.zeros(shape, np.int16), 16000))


def test_a_tone_is_where_it_belongs():
    tone = np.rint(9000 * np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000)).astype(np.int16)
    _, pitch = drawn(Audio(tone, 8000))
    image = pitch.images[0].get_array()
    loudest = np.asarray(image).mean(axis=1).argmax()
    assert loudest / (image.shape[0] - 1) * 4 == pytest.approx(1.0, abs=0.05)
