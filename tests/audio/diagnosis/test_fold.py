"""What stands out of a fold, and what only seems to."""

from __future__ import annotations

import numpy as np

from voicelab.audio.diagnosis.fold import standing_out


def test_what_chance_makes_of_other_places_is_no_rival():
    noise = np.random.default_rng(1).standard_normal((100, 800))
    noise -= noise.mean(axis=0)
    noise[:, 0] += 0.48
    noise[:, 300] += 0.31
    at_start, anywhere = standing_out(noise.reshape(-1), 800)
    assert at_start == anywhere > 4


def test_what_stands_out_at_two_places_is_no_seam():
    noise = np.random.default_rng(2).standard_normal((100, 800))
    noise -= noise.mean(axis=0)
    noise[:, 0] += 0.8
    noise[:, 300] += 0.7
    assert standing_out(noise.reshape(-1), 800) == (0.0, 0.0)
