"""Crackles are lowered, and nothing else is."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import lfilter

from tests.audio.diagnosis.voices import as_int16, noisy, prompt
from voicelab.audio.diagnosis import diagnose
from voicelab.audio.diagnosis.crackles import without_crackles
from voicelab.audio.diagnosis.neighbours import told_by_neighbours


def crackling(samples, level, rng):
    hiss = 100 * rng.standard_normal(samples.size)
    clicks = level * rng.standard_normal(samples.size) * (rng.random(samples.size) < 0.01)
    return samples + hiss, samples + hiss + clicks


def test_crackles_are_lowered():
    without, crackled = crackling(
        prompt("order").astype(np.float64), 6000, np.random.default_rng(1)
    )
    left = without_crackles(crackled, 8000)
    clicks = np.abs(crackled - without) > 1000
    assert np.median(np.abs(left - without)[clicks]) < 0.25 * np.median(
        np.abs(crackled - without)[clicks]
    )


@pytest.mark.parametrize("snr_db", [None, 20, 8])
def test_speech_and_hiss_are_left(snr_db):
    samples = noisy(prompt("order"), snr_db, np.random.default_rng(2))
    assert np.array_equal(without_crackles(samples, 8000), samples)


def test_a_crowd_is_left():
    voice = prompt("order").astype(np.float64)
    crowd = sum(np.roll(voice, 997 * n * n) for n in range(1, 9))
    samples = voice + crowd / np.std(crowd) * np.std(voice) / 2
    assert np.array_equal(without_crackles(samples, 8000), samples)


@pytest.mark.parametrize("size", [0, 1, 300])
def test_too_little_is_left(size):
    samples = np.arange(size, dtype=np.int16)
    assert np.array_equal(without_crackles(samples, 8000), samples)


def test_neighbours_tell_what_is_steady_and_not_what_is_new():
    wave = 8000 * np.sin(np.arange(6000) / 5)
    assert np.std(told_by_neighbours(wave) - wave) < 1
    click = wave.copy()
    click[3000] += 5000
    assert abs(told_by_neighbours(click)[3000] - wave[3000]) < 500


@pytest.mark.parametrize(("name", "seed"), [("question", 10), ("please_wait", 5), ("sorry", 8)])
def test_what_is_left_of_loud_crackles_is_not_taken_for_moved_frames(name, seed):
    rng = np.random.default_rng(seed)
    voice = prompt(name).astype(np.float64)
    white = rng.standard_normal(voice.size)
    clicks = 15 * np.clip(white, -1.5, 1.5) * (rng.random(voice.size) < 0.01)
    noise = lfilter([1], [1, -0.6], clicks) + 0.3 * white
    spoken = np.abs(voice) > 0.05 * np.abs(voice).max()
    noise *= voice[spoken].std() * 10 ** (-8 / 20) / noise.std()
    together = voice + noise
    heard = as_int16(together * min(1.0, 32_000 / np.abs(together).max()))
    assert diagnose(heard).fault == "none"
