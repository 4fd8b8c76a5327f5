"""A rate that is raised by lines, chunk by chunk, and one that is raised as a whole."""

from __future__ import annotations

import numpy as np
import pytest

from tests.audio.diagnosis.voices import noisy, prompt
from voicelab.audio.clip import Audio
from voicelab.audio.diagnosis import diagnose
from voicelab.audio.diagnosis.faults import break_audio
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.diagnosis.restarts import find_restarts

SAID = np.concatenate((prompt("greeting"), prompt("order")))


def raised(samples, times):
    """Samples, and the lines from each to the next."""
    at = np.arange(times * (samples.size - 1) + 1) / times
    return np.floor(np.interp(at, np.arange(samples.size), samples)).astype(np.int16)


def in_chunks(samples, times, chunk_ms):
    step = 8 * chunk_ms
    chunks = np.split(samples, range(step, samples.size, step))
    return np.concatenate([raised(chunk, times) for chunk in chunks])


@pytest.mark.parametrize("times", [2, 3])
@pytest.mark.parametrize("chunk_ms", [10, 20, 40, 60, 100])
def test_lines_that_begin_anew(times, chunk_ms):
    heard = Audio(in_chunks(SAID, times, chunk_ms), 8000 * times)
    found = diagnose(heard)
    assert found.fault == "chunk-clicks"
    assert f"chunks of {chunk_ms} ms" in found.hypotheses[0].evidence
    assert diagnose(heard, Audio(SAID, 8000)).fault == "chunk-clicks"


@pytest.mark.parametrize("fault", ["packet-loss", "repeats", "reordering"])
@pytest.mark.parametrize("severity", [0, 1, 2])
def test_frames_that_are_moved_do_not_begin_anew(fault, severity):
    heard, _ = break_audio(fault, raised(SAID, 2), 16_000, severity, seed=1)
    assert find_restarts(Heard(heard, 16_000)) == []


@pytest.mark.parametrize("times", [2, 3, 6])
@pytest.mark.parametrize("snr_db", [None, 20, 8])
def test_lines_that_go_on(times, snr_db):
    said = noisy(SAID, snr_db, np.random.default_rng(1))
    assert find_restarts(Heard(raised(said, times), 8000 * times)) == []
    assert find_restarts(Heard(said, 8000)) == []
