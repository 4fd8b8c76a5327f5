"""The colour of the sound tells which frame comes next."""

from __future__ import annotations

import numpy as np
import pytest

from tests.audio.diagnosis.voices import noisy, prompt
from voicelab.audio.diagnosis.envelopes import Envelopes


def frames_of(samples, length):
    return samples[: samples.size // length * length].reshape(-1, length).astype(np.float64)


@pytest.mark.parametrize("rate_hz", [8000, 16_000])
def test_the_next_frame_costs_less_than_the_one_after_it(rate_hz):
    samples = noisy(prompt("order", rate_hz), 8, np.random.default_rng(1))
    frames = frames_of(samples, rate_hz * 30 // 1000)
    envelopes = Envelopes(frames, rate_hz)
    at = np.arange(len(frames) - 3)
    assert envelopes.jump(at, at + 1).mean() < envelopes.jump(at, at + 3).mean()


@pytest.mark.parametrize("shape", [(0, 240), (2, 240), (400, 80)])
def test_few_or_short_frames_tell_nothing(shape):
    at = np.zeros(3, np.intp)
    assert not Envelopes(np.ones(shape), 8000).jump(at, at).any()


def test_steady_noise_tells_next_to_nothing():
    frames = frames_of(1000 * np.random.default_rng(2).standard_normal(40_000), 240)
    envelopes = Envelopes(frames, 8000)
    at = np.arange(len(frames) - 3)
    assert np.abs(envelopes.jump(at, at + 1) - envelopes.jump(at, at + 3)).max() < 1
