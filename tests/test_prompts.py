"""The spoken sentences in data/prompts are what their list and their README say."""

from __future__ import annotations

import json
import wave
from pathlib import Path

import numpy as np
import pytest

PROMPTS = Path(__file__).parents[1] / "data" / "prompts"
LISTED = json.loads((PROMPTS / "prompts.json").read_text("utf-8"))
FRAME_SAMPLES = 320


@pytest.fixture(params=sorted(LISTED["files"]))
def name(request):
    return request.param


@pytest.fixture
def samples(name):
    with wave.open(str(PROMPTS / name)) as wav:
        assert (wav.getframerate(), wav.getnchannels(), wav.getsampwidth()) == (16_000, 1, 2)
        return np.frombuffer(wav.readframes(wav.getnframes()), "<i2").astype(float)


def test_files_and_list_agree():
    assert sorted(path.name for path in PROMPTS.glob("*.wav")) == sorted(LISTED["files"])


def test_texts_and_readme_agree(name):
    row = f"| `{name}` | {LISTED['files'][name]['speaker']} | {LISTED['files'][name]['text']} |"
    assert row in (PROMPTS / "README.md").read_text("utf-8")


def test_caller_and_agent_have_different_voices():
    voices = {LISTED["speakers"][prompt["speaker"]]["voice"] for prompt in LISTED["files"].values()}
    assert len(voices) == 2


def test_size(name):
    assert (PROMPTS / name).stat().st_size < 200_000


def test_peak_is_6_db_below_full_scale(samples):
    assert 20 * np.log10(np.abs(samples).max() / 32_768) == pytest.approx(-6, abs=0.01)


def test_speech_is_about_as_long_as_its_text(name, samples):
    words = len(LISTED["files"][name]["text"].split())
    assert 0.18 < len(samples) / 16_000 / words < 0.45


def test_edges_are_silent_and_no_pause_ends_a_turn(samples):
    assert not samples[:600].any()
    assert not samples[-600:].any()
    frames = samples[: len(samples) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    loud = np.flatnonzero(np.sqrt((frames**2).mean(axis=1)) > 100)  # -50 dBFS
    assert np.diff(loud).max() * 20 <= 400
