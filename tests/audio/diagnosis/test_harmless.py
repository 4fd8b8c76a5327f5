"""Level, polarity and clock are no fault, and are said where nothing is wrong."""

from __future__ import annotations

import numpy as np
import pytest

from tests.audio.diagnosis.voices import prompt
from voicelab.audio.clip import Audio
from voicelab.audio.diagnosis import diagnose
from voicelab.audio.g711 import ulaw_decode, ulaw_encode

RATE_HZ = 8000


def evidence(heard, said):
    found = diagnose(Audio(heard, RATE_HZ), Audio(said, RATE_HZ))
    assert found.fault == "none"
    assert found.hypotheses[0].evidence in found.verdict
    return found.hypotheses[0].evidence


@pytest.fixture(scope="module")
def said():
    return np.concatenate([prompt(name) for name in ("greeting", "order", "question")])


def by_another_clock(samples, ppm):
    """The same, sampled `ppm` faster than it was."""
    at = np.arange(int(samples.size / (1 + ppm * 1e-6))) * (1 + ppm * 1e-6)
    finer = 8 * np.fft.irfft(np.fft.rfft(samples), 8 * samples.size)  # a line between will do
    return np.rint(np.interp(at * 8, np.arange(finer.size), finer)).astype(np.int16)


def test_level_and_polarity(said):
    quieter = np.rint(said * -0.7).astype(np.int16)
    assert "3.1 dB quieter, inverted, which is no fault of a codec" in evidence(quieter, said)
    assert "3.1 dB louder, inverted, which" in evidence(said, quieter)


@pytest.mark.parametrize(("ppm", "words"), [(80, "80 ppm fast"), (-40, "40 ppm slow")])
def test_a_clock(said, ppm, words):
    heard = by_another_clock(said, ppm)
    assert words in evidence(heard, said)
    assert words in evidence(ulaw_decode(ulaw_encode(heard)), said)


def test_what_does_not_differ_is_not_said(said):
    noise = np.random.default_rng(5).normal(0, 0.3 * said.std(), said.size)
    noisy = np.clip(np.rint(said + noise), -32768, 32767).astype(np.int16)
    for heard in (said, ulaw_decode(ulaw_encode(said)), noisy, said[4000:]):
        assert "no fault of a codec" not in evidence(heard, said)
