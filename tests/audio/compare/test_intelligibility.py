"""STOI, beside the package pystoi."""

from __future__ import annotations

import numpy as np
import pytest
from pystoi import stoi as known

from tests.audio.diagnosis.voices import prompt
from voicelab.audio.compare.intelligibility import stoi


@pytest.mark.parametrize("rate_hz", [8000, 11_025, 16_000, 24_000, 48_000])
@pytest.mark.parametrize("noise", [0, 300, 3000])
def test_it_is_what_pystoi_gives(rate_hz, noise):
    rng = np.random.default_rng(noise)
    said = prompt("order", 8000 if rate_hz == 11_025 else rate_hz).astype(np.float32)
    heard = (0.5 * said + rng.normal(0, noise, len(said))).astype(np.float32)
    expected = known(said.astype(np.float64), heard.astype(np.float64), rate_hz)
    assert stoi(said, heard, rate_hz) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("samples", [0, 100, 255, 256, 257, 2000])
def test_too_little_has_no_score(samples):
    some = prompt("order")[8000 : 8000 + samples].astype(np.float32)
    assert stoi(some, some, 8000) is None


def test_silence_is_not_intelligible():
    said = prompt("order").astype(np.float32)
    assert stoi(said, np.zeros_like(said), 8000) == pytest.approx(0.0, abs=1e-3)
