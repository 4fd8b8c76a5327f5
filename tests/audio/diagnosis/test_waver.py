"""Noise in step with chunks stands out; noise that is steady, or in step with words, does not."""

from __future__ import annotations

import numpy as np
import pytest

from voicelab.audio.diagnosis.waver import wavering

LENGTHS = [320, 480, 800]


def stretched(length):
    """White noise of 24 kHz in chunks, each taken between its samples at 8 kHz."""
    chunks = np.random.default_rng(1).standard_normal(180 * length).reshape(-1, 3 * length)
    places = np.linspace(0, 3 * length - 1, length)
    heard = np.concatenate([np.interp(places, np.arange(3 * length), c) for c in chunks])
    return heard**2 - np.mean(heard**2)


def test_stretched_chunks_are_in_step_with_the_noise():
    power, beside, wavers_hz = wavering(stretched(480), 8000, LENGTHS, hums=False)
    assert power > 12
    assert beside > 1.8
    assert wavers_hz == pytest.approx(2 * 8000 / 480)


def test_the_mains_hide_what_is_in_step_with_them():
    assert wavering(stretched(320), 8000, [320], hums=False)[0] > 12
    assert wavering(stretched(320), 8000, [320], hums=True)[0] < 12


def test_steady_noise_does_not_waver():
    for seed in range(20):
        rough = np.random.default_rng(seed).standard_normal(40_000) ** 2 - 1
        power, beside, _ = wavering(rough, 8000, LENGTHS, hums=False)
        assert power < 12 or beside < 1.8


def test_beats_have_rivals():
    rough = np.random.default_rng(2).standard_normal(40_000) ** 2 - 1
    rough[::4000] += 60
    assert wavering(rough, 8000, LENGTHS, hums=False)[1] < 1.8


def test_a_word_is_too_short_to_tell():
    assert wavering(stretched(480)[:8000], 8000, LENGTHS, hums=False) == (0.0, 0.0, 0.0)


def test_nothing_wavers_in_nothing():
    assert wavering(np.zeros(24_000), 8000, LENGTHS, hums=False)[0] < 1
    assert wavering(np.zeros(10), 8000, [], hums=False) == (0.0, 0.0, 0.0)
