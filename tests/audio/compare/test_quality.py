"""Scores: what they are taken of, and what they leave alone."""

from __future__ import annotations

import sys
import warnings
from importlib.util import find_spec
from threading import Thread
from types import SimpleNamespace

import numpy as np
import pytest

from tests.audio.diagnosis.voices import prompt
from voicelab.audio.clip import Audio
from voicelab.audio.compare import check, quality


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


@pytest.mark.parametrize(
    ("rate_hz", "asked"),
    [(8000, (8000, "nb")), (16_000, (16_000, "wb")), (24_000, (16_000, "wb"))],
)
def test_pesq_is_asked_at_the_rates_it_has(rate_hz, asked, monkeypatch):
    calls = []

    def pesq(hz, said, heard, mode):
        calls.append((hz, mode))
        assert len(said) == len(heard)
        assert np.abs(said).max() <= 1.2
        return 4.5

    module = SimpleNamespace(pesq=pesq, PesqError=ValueError)
    monkeypatch.setitem(sys.modules, "pesq", module)
    monkeypatch.setattr(quality, "has_pesq", lambda: True)
    sound = Audio(prompt("order", rate_hz), rate_hz)
    report = check(sound, sound)
    assert report.quality is not None
    assert report.quality.pesq == 4.5
    assert set(calls) == {asked}


def test_a_folder_called_pesq_is_no_package(tmp_path, monkeypatch):
    (tmp_path / "pesq").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    spec = find_spec("pesq")
    assert spec is not None
    assert quality.has_pesq() is (spec.origin is not None)
    assert quality.has_pesq() is False or "site-packages" in str(spec.origin)
