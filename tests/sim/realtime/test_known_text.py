"""The words of a bundled prompt are known through a telephone; of nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from voicelab.audio.format import AudioFormat
from voicelab.sim.prompts import prompt_names, prompt_text
from voicelab.sim.realtime.known_text import SURE, known_text

LINES = [AudioFormat("l16", 24000), AudioFormat("mulaw", 8000), AudioFormat("alaw", 8000)]
RNG = np.random.default_rng(5)


def noisy(samples: np.ndarray, dbfs: float) -> np.ndarray:
    noise = RNG.standard_normal(len(samples)) * 32768 * 10 ** (dbfs / 20)
    return (samples + noise).clip(-32768, 32767).astype(np.int16)


@pytest.mark.parametrize("line", LINES, ids=str)
@pytest.mark.parametrize("name", sorted(prompt_names()))
def test_a_prompt_is_known(prompt, line, name):
    heard = line.to_int16(prompt(name, line, before_ms=300, after_ms=500))
    for variant in (
        heard,
        noisy(heard, -45),
        (heard / 8).astype(np.int16),
        heard[line.rate_hz // 3 :],
    ):
        found = known_text(variant, line.rate_hz)
        assert found
        assert (found.name, found.text) == (name, prompt_text(name))
        assert SURE <= found.sureness <= 1


def test_nothing_else_is(prompt):
    line = LINES[1]
    two = line.to_int16(prompt("yes", line) + prompt("no", line))
    order = line.to_int16(prompt("order", line))
    assert known_text(two, 8000) is None
    assert known_text(order[::-1].copy(), 8000) is None
    assert known_text(order[: len(order) // 2], 8000) is None
    assert known_text(noisy(np.zeros(16_000), -20), 8000) is None


@pytest.mark.parametrize("length", [0, 1, 100, 8000, 8000 * 600])
def test_silence_of_any_length_is_nothing(length):
    assert known_text(np.zeros(length, np.int16), 8000) is None
