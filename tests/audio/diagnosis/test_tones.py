"""A few steady frequencies are no speech, and nothing is wrong with them."""

from __future__ import annotations

import numpy as np
import pytest

from tests.audio.diagnosis.voices import prompt
from voicelab.audio.diagnosis import diagnose
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.diagnosis.tones import is_tones
from voicelab.audio.g711 import alaw_decode, alaw_encode, ulaw_decode, ulaw_encode

LAWS = {
    "l16": lambda samples: samples,
    "mulaw": lambda samples: ulaw_decode(ulaw_encode(samples)),
    "alaw": lambda samples: alaw_decode(alaw_encode(samples)),
}


def tone(freqs, seconds=3.0, level=9000):
    time_s = np.arange(round(seconds * 8000)) / 8000
    wide = sum(np.sin(2 * np.pi * freq * time_s) for freq in freqs) / len(freqs)
    return np.rint(level * wide).astype(np.int16)


@pytest.mark.parametrize("freqs", [(1000,), (425,), (350, 440), (697, 1209), (2713.5,)])
@pytest.mark.parametrize("law", LAWS)
def test_a_tone_without_a_pause_has_nothing(freqs, law):
    samples = LAWS[law](tone(freqs))
    assert is_tones(Heard(samples, 8000))
    assert diagnose(samples).fault == "none"


@pytest.mark.parametrize(("freqs", "on_s", "off_s"), [((425,), 0.5, 0.5), ((440, 480), 2, 3)])
@pytest.mark.parametrize("law", LAWS)
def test_a_tone_that_is_cut_off_hard_has_nothing(freqs, on_s, off_s, law):
    once = np.concatenate((tone(freqs, on_s), np.zeros(round(off_s * 8000), np.int16)))
    assert diagnose(LAWS[law](np.tile(once, 3))).fault == "none"


def test_a_tone_off_zero_has_an_offset():
    assert diagnose(tone((440,)) + np.int16(3000)).fault == "dc-offset"


@pytest.mark.parametrize("name", ["greeting", "order", "yes"])
def test_speech_is_no_tone(name):
    assert not is_tones(Heard(prompt(name), 8000))


@pytest.mark.parametrize("size", [800, 1])
def test_too_short_to_tell(size):
    assert not is_tones(Heard(tone((440,))[:size], 8000))
