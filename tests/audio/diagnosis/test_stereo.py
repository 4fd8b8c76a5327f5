"""Two channels in turns: alike, panned, each with its noise; what was interpolated is none."""

from __future__ import annotations

import numpy as np
import pytest

from tests.audio.diagnosis.voices import noisy, prompt
from voicelab.audio.clip import Audio
from voicelab.audio.diagnosis import diagnose
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.diagnosis.stereo import find_later, find_panned, find_stereo

LOUD = 0.7


def in_turns(left, right):
    both = np.stack((left, right), axis=1).reshape(-1) * LOUD
    return np.rint(both).astype(np.int16)


def speech(rate_hz=8000):
    return np.concatenate((prompt("greeting", rate_hz), prompt("order", rate_hz)))


@pytest.mark.parametrize("quieter_db", [1, 1.5, 4, 5.5, 7])
@pytest.mark.parametrize("snr_db", [None, 20, 8])
@pytest.mark.parametrize("shared", [True, False])
def test_one_channel_is_quieter(quieter_db, snr_db, shared):
    said, rng = speech(), np.random.default_rng(3)
    left = noisy(said, snr_db, rng).astype(np.float64)
    right = left if shared else noisy(said, snr_db, rng)
    heard = in_turns(left, right * 10 ** (-quieter_db / 20))
    assert diagnose(heard).fault == "stereo-as-mono"
    assert diagnose(heard, Audio(said, 8000)).fault == "stereo-as-mono"


@pytest.mark.parametrize("later_ms", [-8, -1, 2, 15])
@pytest.mark.parametrize("snr_db", [None, 20, 8])
@pytest.mark.parametrize("shared", [True, False])
def test_one_channel_is_later(later_ms, snr_db, shared):
    said, rng = speech(), np.random.default_rng(3)
    left = noisy(said, snr_db, rng)
    right = left if shared else noisy(said, snr_db, rng)
    found = diagnose(in_turns(left, np.roll(right, 8 * later_ms) * 0.8))
    assert found.fault == "stereo-as-mono"
    assert np.abs(found.repaired.samples - left * LOUD).max() <= 1


def test_each_channel_has_a_little_noise():
    said, rng = speech(16_000), np.random.default_rng(4)
    left, right = (said + 3 * rng.standard_normal(said.size) for _ in range(2))
    assert diagnose(Audio(in_turns(left, right), 16_000)).fault == "stereo-as-mono"


def test_the_louder_channel_is_kept():
    said = speech()
    repaired = diagnose(in_turns(said / 2, said)).repaired.samples
    assert np.abs(repaired - said * LOUD).max() <= 1


@pytest.mark.parametrize("seconds", [41, 45.3, 90])
def test_pairs_stay_pairs_in_a_long_recording(seconds):
    said = np.resize(speech(), round(seconds * 4000))
    assert find_stereo(Heard(in_turns(said, said), 8000))


@pytest.mark.parametrize("rate_hz", [8000, 16_000])
@pytest.mark.parametrize("at", [0, 0.25, 0.3])
@pytest.mark.parametrize("snr_db", [None, 20, 8])
def test_interpolated_sound_has_one_channel(rate_hz, at, snr_db):
    said = noisy(speech(rate_hz), snr_db, np.random.default_rng(5))
    between = np.interp(np.arange(at, said.size - 1, 0.5), np.arange(said.size), said)
    for samples in (said, np.rint(between).astype(np.int16)):
        assert find_panned(Heard(samples, rate_hz)) == []
        assert find_later(Heard(samples, rate_hz)) == []
