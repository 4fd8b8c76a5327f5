"""The parts of a long recording are laid where they belong, whatever was cut out of it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import resample_poly

from tests.audio.diagnosis.voices import noisy, prompt
from voicelab.audio.clip import Audio
from voicelab.audio.diagnosis import diagnose
from voicelab.audio.diagnosis.against.laid import lay
from voicelab.audio.diagnosis.against.matching import best_fit
from voicelab.audio.diagnosis.against.reference import Reference
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.g711 import ulaw_decode, ulaw_encode

RATE_HZ = 8000
FRAME = 160
NAMES = ("greeting", "order", "question", "please_wait", "sorry", "goodbye")


@pytest.fixture(scope="module")
def said():
    """Three minutes, no sentence twice alike."""
    rng = np.random.default_rng(1)
    parts = []
    for n in range(9):
        for name in NAMES:
            spoken = resample_poly(prompt(name).astype(np.float64), 100, 88 + 3 * n)
            parts += [spoken, np.zeros(int(rng.uniform(0.2, 1.2) * RATE_HZ))]
    return np.clip(np.rint(np.concatenate(parts)), -32768, 32767).astype(np.int16)


def cut(samples, seed=1):
    """Without 5 % of all frames, through G.711, and of each sample which one it was."""
    kept = np.random.default_rng(seed).random(len(samples) // FRAME) >= 0.05
    kept[:2] = True
    place = np.arange(kept.size * FRAME).reshape(-1, FRAME)[kept].ravel()
    return ulaw_decode(ulaw_encode(samples[place])), place


def in_place(heard, said, place):
    """How many parts are laid, and how many of these for the most part where they belong."""
    laid = lay(Heard(heard, RATE_HZ), Reference(said, RATE_HZ))
    right = 0
    for part in laid:
        good = 0
        for segment in part.segments:
            n = (segment.begin + segment.end) // 2
            told = part.begin + n - part.ahead - part.alignment.lag_samples(n)
            true = place[min(part.begin + n, place.size - 1)]
            good += (segment.end - segment.begin) * (abs(told - true) < FRAME / 4)
        right += good > 0.7 * np.count_nonzero(part.known)
    return len(laid), right


@pytest.mark.parametrize("seed", [1, 2, 4])
def test_frames_that_were_cut_out_of_all_of_it_are_lost_and_nothing_else(said, seed):
    heard, place = cut(said, seed)
    assert in_place(heard, said, place)[1] >= 8
    told = diagnose(Audio(heard, RATE_HZ), Audio(said, RATE_HZ))
    assert [each.fault for each in told.hypotheses] == ["packet-loss"]


def test_so_they_are_forty_seconds_late_and_in_noise(said):
    late = 40 * RATE_HZ
    heard, place = cut(np.concatenate((np.zeros(late, np.int16), said)))
    heard = noisy(heard, 20, np.random.default_rng(2))
    count, right = in_place(heard, said, place - late)
    assert right >= count - 1 >= 7


def test_a_minute_out_of_a_long_reference_is_found_in_it(said):
    begin = 130 * RATE_HZ
    heard, place = cut(said[begin : begin + 65 * RATE_HZ])
    assert in_place(heard, said, place + begin)[1] >= 8


@pytest.mark.parametrize("late_s", [-30, -2, 0, 2, 40])
def test_what_was_not_cut_is_laid_at_any_delay(said, late_s):
    late = late_s * RATE_HZ
    heard = np.concatenate((np.zeros(max(late, 0), np.int16), said[max(-late, 0) :]))
    count, right = in_place(heard, said, np.arange(heard.size) - late)
    assert count == right >= 8
    assert diagnose(Audio(heard, RATE_HZ), Audio(said, RATE_HZ)).fault == "none"


def test_silence_is_laid_nowhere(said):
    assert not lay(Heard(np.zeros_like(said), RATE_HZ), Reference(said, RATE_HZ))


def test_a_piece_fits_best_where_it_was_taken_from(said):
    wide = said[: 20 * RATE_HZ].astype(np.float64)
    clear, begin = best_fit(wide[30_000:50_000], wide, RATE_HZ)
    assert begin == 30_000
    assert clear > 30
    assert best_fit(wide[2000:9000], wide[3000:], RATE_HZ)[1] == -1000
    assert best_fit(np.zeros(9000), wide, RATE_HZ) == (0.0, 0)
    assert best_fit(wide[::-1][:50_000], wide, RATE_HZ)[0] < 20


def test_one_part_alone_is_found_anywhere(said):
    begin = 120 * RATE_HZ
    heard, place = cut(said[begin : begin + 40 * RATE_HZ])
    assert in_place(heard, said, place + begin) == (1, 1)
