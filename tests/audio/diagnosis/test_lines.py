"""What hums all the time is taken off, and speech is left."""

from __future__ import annotations

import numpy as np
import pytest

from tests.audio.diagnosis.voices import prompt
from voicelab.audio.clip import Audio
from voicelab.audio.diagnosis import diagnose
from voicelab.audio.diagnosis.lines import without_lines
from voicelab.audio.g711 import ulaw_decode, ulaw_encode


def hum(size, mains_hz, level, rate_hz=8000):
    time_s = np.arange(size) / rate_hz
    return level * sum(np.sin(2 * np.pi * mains_hz * n * time_s + n) / n for n in (1, 2, 3, 5, 7))


def speech():
    return np.concatenate((prompt("greeting"), prompt("order")))


def test_hum_goes_and_speech_stays():
    said = speech()
    left = without_lines(said + hum(said.size, 50, 2000), 8000)
    assert np.std(left - said) < 0.15 * np.std(hum(said.size, 50, 2000))
    assert np.std(without_lines(said, 8000) - said) < 0.1 * np.std(said)


@pytest.mark.parametrize("size", [0, 1, 10])
def test_too_little_is_left_as_it_is(size):
    assert np.allclose(without_lines(np.arange(size, dtype=np.int16), 8000), np.arange(size))


@pytest.mark.parametrize("mains_hz", [60, 50.02, 49.97])
@pytest.mark.parametrize("level", [200, 1500])
@pytest.mark.parametrize("against", [False, True])
def test_hum_keeps_step_with_frames_and_is_no_seam(mains_hz, level, against):
    said = speech()
    wide = said + hum(said.size, mains_hz, level)
    heard = ulaw_decode(ulaw_encode(np.rint(np.clip(wide, -32768, 32767)).astype(np.int16)))
    reference = Audio(said, 8000) if against else None
    assert diagnose(Audio(heard, 8000), reference).fault == "none"
