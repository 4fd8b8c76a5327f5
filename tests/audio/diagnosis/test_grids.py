"""Frames may begin anywhere: the place is found by the breaks, and what was moved goes back."""

from __future__ import annotations

import numpy as np
import pytest

from tests.audio.diagnosis.voices import noisy, prompt
from voicelab.audio.diagnosis.clicks import find_clicks
from voicelab.audio.diagnosis.diagnose import diagnose
from voicelab.audio.diagnosis.faults import break_audio
from voicelab.audio.diagnosis.grids import breaks, likely_starts
from voicelab.audio.diagnosis.heard import Heard

STEP = {0: 160, 1: 320, 2: 240}


def said(snr_db=None):
    samples = np.concatenate((prompt("greeting"), prompt("order")))
    return noisy(samples, snr_db, np.random.default_rng(4))


@pytest.mark.parametrize(("severity", "snr_db"), [(0, None), (1, None), (2, None), (1, 20), (2, 8)])
@pytest.mark.parametrize("missing", [8, 77, 133])
def test_moved_frames_are_found_where_the_beginning_is_missing(severity, snr_db, missing):
    good = said(snr_db)
    heard, _ = break_audio("reordering", good, 8000, severity, seed=2)
    wrong = np.count_nonzero((heard != good)[missing:])
    found = diagnose(heard[missing:])
    assert found.fault == "reordering"
    if snr_db is None:
        assert f"begin {STEP[severity] - missing} samples in" in found.hypotheses[0].evidence
    assert np.count_nonzero(found.repaired.samples != good[missing:]) < 0.65 * wrong


@pytest.mark.parametrize("late", [1, 2, 3, -2, -3])
def test_a_frame_may_come_several_frames_late_or_early(late):
    good = said()
    heard = good.copy()
    wrong = 0
    for at in range(20, 330, 30):
        group = good[at * 160 : (at + abs(late) + 1) * 160]
        moved = np.roll(group, -160 * late // abs(late))
        heard[at * 160 : at * 160 + group.size] = moved
        wrong += np.count_nonzero(moved != group)
    found = diagnose(heard)
    assert found.fault == "reordering"
    assert np.count_nonzero(found.repaired.samples != good) < 0.5 * wrong


def test_a_break_is_where_the_wave_does_not_go_on():
    samples = prompt("order").astype(np.float64)
    usual = breaks(samples, 8000)
    odd = []
    for at in range(10_000, 30_000, 400):
        cut = np.concatenate((samples[:at], samples[at + 437 :]))
        if np.abs(cut[at - 100 : at + 100]).mean() > 1000:
            odd.append(breaks(cut, 8000)[at])
    assert len(odd) > 10
    assert np.mean(odd) > 5 * usual.mean()


@pytest.mark.parametrize("length", [80, 160, 240, 800])
def test_the_likeliest_start_is_that_of_the_breaks(length):
    groups = np.arange(length + 33, 40 * length, 7 * length)
    piece = np.random.default_rng(1).uniform(0, 4, 60 * length)
    piece[(groups[:, None] + np.array([0, 1, 2]) * length).ravel()] += 20
    starts = likely_starts([piece], length, 8000, 4)
    assert starts[0] == 33
    assert len(set(starts)) == 4


@pytest.mark.parametrize("size", [0, 1, 159, 400])
def test_nothing_begins_in_too_little(size):
    odd = breaks(np.ones(size), 8000)
    assert odd.size == size // 160 * 160
    assert likely_starts([odd], 160, 8000, 3) == []


def test_the_rough_seams_of_moved_frames_are_gone_once_they_are_put_back():
    good = said()
    heard, _ = break_audio("reordering", good, 8000, 2, seed=5)
    chunked, _ = break_audio("chunk-clicks", good, 8000, 0)
    assert find_clicks(Heard(heard, 8000))[0]
    assert diagnose(heard).fault == "reordering"
    assert diagnose(chunked).fault == "chunk-clicks"
