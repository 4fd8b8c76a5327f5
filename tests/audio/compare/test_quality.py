"""Scores: what they are taken of, and what they leave alone."""

from __future__ import annotations

import warnings
from threading import Thread

import numpy as np
import pytest

from tests.audio.diagnosis.voices import prompt
from voicelab.audio.clip import Audio
from voicelab.audio.compare import check


def test_scores_leave_the_warnings_of_the_process_alone():
    before = list(warnings.filters)
    sound = Audio(prompt("order"), 8000)

    def score():
        for _ in range(3):
            check(sound, sound)

    threads = [Thread(target=score) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(warnings.filters) == before


def test_a_window_with_hardly_a_word_has_no_score():
    samples = np.zeros(16_000, np.int16)
    samples[4000:8400] = prompt("order")[8000:12_400]
    report = check(Audio(samples, 8000), Audio(samples, 8000))
    assert report.exact
    assert report.quality is None or report.quality.stoi is None or report.quality.stoi > 0.9


@pytest.mark.parametrize("rate_hz", [8000, 16_000, 24_000, 48_000])
def test_pesq_at_every_rate(rate_hz):
    pytest.importorskip("pesq")
    sound = Audio(prompt("order", rate_hz), rate_hz)
    report = check(sound, sound)
    assert report.quality is not None
    assert report.quality.pesq is not None
    assert report.quality.pesq > 4
