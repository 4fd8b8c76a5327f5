"""A wave that repeats is no speech and no slip, and is called by what it is."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import sawtooth

from tests.audio.diagnosis.voices import prompt
from voicelab.audio.clip import Audio
from voicelab.audio.diagnosis import diagnose
from voicelab.audio.diagnosis.faults import FAULTS, break_audio
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.diagnosis.waves import is_wave
from voicelab.audio.g711 import ulaw_decode, ulaw_encode

TIME_S = np.arange(24_000) / 8000
SHAPES = {
    "square": lambda hz: np.sign(np.sin(2 * np.pi * hz * TIME_S + 0.01)),
    "saw": lambda hz: sawtooth(2 * np.pi * hz * TIME_S),
    "beeps": lambda hz: np.sign(np.sin(2 * np.pi * hz * TIME_S + 0.01)) * (TIME_S % 1 < 0.5),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("hz", [137.3, 200, 213, 1000])
@pytest.mark.parametrize("level", [2000, 9000, 30_000])
def test_a_wave_that_repeats_has_nothing(shape, hz, level):
    samples = np.rint(level * SHAPES[shape](hz)).astype(np.int16)
    for heard in (samples, ulaw_decode(ulaw_encode(samples))):
        found = diagnose(Audio(heard, 8000))
        assert found.fault == "none"
        assert found.hypotheses[0].evidence.startswith("no speech here: all that sounds")


def test_a_wave_in_a_little_noise_is_one():
    noise = np.random.default_rng(1).normal(0, 300, TIME_S.size)
    samples = np.rint(9000 * SHAPES["square"](200) + noise).astype(np.int16)
    assert is_wave(Heard(samples, 8000))
    assert diagnose(Audio(samples, 8000)).fault == "none"


@pytest.mark.parametrize("fault", FAULTS)
def test_speech_is_no_wave_whatever_was_done_to_it(fault):
    for severity in range(3):
        assert not is_wave(Heard(*break_audio(fault, prompt("order"), 8000, severity)))


@pytest.mark.parametrize("size", [1, 160, 800])
def test_too_short_to_tell(size):
    assert not is_wave(Heard(np.resize(np.array([9000, -9000], np.int16), size), 8000))


def test_noise_and_tones_are_told_from_speech_in_which_nothing_is_wrong():
    rng = np.random.default_rng(2)
    noise = rng.normal(0, 3000, 24_000).astype(np.int16)
    assert "no speech here: it is as loud all the time" in diagnose(Audio(noise, 8000)).verdict
    tone = np.rint(9000 * np.sin(2 * np.pi * 440 * TIME_S)).astype(np.int16)
    assert "no speech here: all that sounds is a few" in diagnose(Audio(tone, 8000)).verdict
    said = prompt("order")
    loud = said + rng.normal(0, said.std(), said.size)  # no softer than the speech
    for heard in (said, np.clip(loud, -32768, 32767).astype(np.int16)):
        assert "no speech" not in diagnose(Audio(heard, 8000)).verdict
