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


TAIL = prompt("please_wait")[:18_400]
LENGTH = f"{TAIL.size / RATE_HZ:.2f}"


@pytest.mark.parametrize("late", [0, 777])
def test_sound_after_the_references_end_is_said(said, late):
    more = np.concatenate((np.zeros(late, np.int16), said, TAIL))
    told = f"it goes on for {LENGTH} s after the end of the reference, with sound in it"
    assert told in evidence(more, said)
    assert told in evidence(ulaw_decode(ulaw_encode(more)), said)


def test_it_is_said_of_a_fault_too(said):
    more = np.concatenate((said, TAIL))
    for at in range(24_080, 60_000, 8000):
        more[at : at + 160] = 0
    found = diagnose(Audio(more, RATE_HZ), Audio(said, RATE_HZ))
    assert found.fault == "packet-loss"
    assert f"it goes on for {LENGTH} s after" in found.hypotheses[0].evidence


def test_it_is_said_of_an_hour_and_of_another_rate(said):
    long = np.tile(said, 8)
    more = np.concatenate((long, TAIL))
    assert f"it goes on for {LENGTH} s after" in evidence(more, long)
    wide = np.concatenate([prompt(name, 16_000) for name in ("greeting", "order", "question")])
    found = diagnose(Audio(more[-said.size - TAIL.size :], RATE_HZ), Audio(wide, 16_000))
    assert f"it goes on for {LENGTH} s after" in found.hypotheses[0].evidence


def test_silence_and_noise_after_the_end_are_nothing(said):
    rng = np.random.default_rng(4)
    noise = np.rint(rng.normal(0, 30, said.size + 16_000)).astype(np.int16)
    silent = np.concatenate((said, np.zeros(16_000, np.int16)))
    for heard in (said, silent, silent + noise, said[:-8000]):
        assert "goes on" not in evidence(heard, said)
