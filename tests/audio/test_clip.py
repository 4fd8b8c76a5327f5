"""A piece of sound: what it refuses, and what a browser gets to play."""

from __future__ import annotations

import base64
from io import BytesIO

import numpy as np
import pytest
import soundfile

from voicelab.audio.clip import MOST_HZ, Audio
from voicelab.errors import FormatError

TONE = np.rint(8000 * np.sin(2 * np.pi * 300 * np.arange(4000) / 2667)).astype(np.int16)


@pytest.mark.parametrize("rate_hz", [0, -8000, 8000.5, float("nan"), MOST_HZ + 1, 2_147_483_647])
def test_a_rate_that_cannot_be(rate_hz):
    with pytest.raises(FormatError, match="a whole rate of 1 to 768,000 Hz"):
        Audio(TONE, rate_hz)


def test_a_whole_rate_is_an_int():
    assert isinstance(Audio(TONE, 8000.0).rate_hz, int)


@pytest.mark.parametrize("rate_hz", [8000, 16_000, 44_100])
def test_usual_rates_are_played_as_they_are(rate_hz):
    sound = Audio(TONE, rate_hz)
    assert sound.playable is sound


@pytest.mark.parametrize(("rate_hz", "played_hz"), [(2667, 8001), (4000, 8000), (7350, 14_700)])
def test_no_browser_plays_less_than_8000_hz(rate_hz, played_hz):
    sound = Audio(TONE, rate_hz)
    played = sound.playable
    assert played.rate_hz == played_hz
    assert played.duration_s == pytest.approx(sound.duration_s)
    source = sound._repr_html_().split("base64,")[1].split('"')[0]
    assert soundfile.info(BytesIO(base64.b64decode(source))).samplerate == played_hz
    spectrum = np.abs(np.fft.rfft(played.samples))
    hz = spectrum.argmax() * played_hz / len(played.samples)
    assert hz == pytest.approx(300 * rate_hz / 2667, rel=0.01)
