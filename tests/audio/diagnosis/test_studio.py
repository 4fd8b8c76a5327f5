"""44100 taken for 48000, or the other way: told where something other than speech tells it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import resample_poly

from tests.audio.diagnosis.voices import noisy, prompt
from voicelab.audio.clip import Audio
from voicelab.audio.diagnosis import diagnose
from voicelab.audio.diagnosis.faults import break_audio
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.diagnosis.studio import USUAL_HZ, find_studio

FAULT = "rate-44100-48000"


def converted(samples, up, down):
    return np.clip(np.rint(resample_poly(samples.astype(float), up, down)), -32768, 32767).astype(
        np.int16
    )


def speech(rate_hz):
    return np.concatenate((prompt("order", rate_hz), prompt("sorry", rate_hz)))


def with_hum(samples, rate_hz, hum_hz):
    t = np.arange(samples.size) / rate_hz
    hum = sum(400 / n * np.sin(2 * np.pi * n * hum_hz * t + n) for n in range(1, 9))
    return np.rint(samples + hum).astype(np.int16)


@pytest.mark.parametrize(("odd_hz", "usual_hz"), [(7350, 8000), (8707, 8000), (17_415, 16_000)])
def test_a_rate_that_nobody_uses(odd_hz, usual_hz):
    samples = speech(usual_hz)
    diagnosis = diagnose(Audio(samples, odd_hz))
    assert diagnosis.fault == FAULT
    assert diagnosis.repaired.rate_hz == usual_hz
    assert f"{odd_hz} Hz" in diagnosis.hypotheses[0].evidence


@pytest.mark.parametrize("rate_hz", [8000, 16_000])
@pytest.mark.parametrize("snr_db", [30, 20, 8])
def test_a_conversion_leaves_its_trace(rate_hz, snr_db):
    samples = noisy(prompt("order", rate_hz), snr_db, np.random.default_rng(5))
    diagnosis = diagnose(Audio(converted(samples, 160, 147), rate_hz))
    assert diagnosis.fault == FAULT
    assert diagnosis.repaired.rate_hz == rate_hz
    assert diagnosis.repaired.samples.size == pytest.approx(samples.size, abs=2)


@pytest.mark.parametrize(("up", "down"), [(147, 160), (160, 147)])
def test_straight_lines_between_samples_leave_it_both_ways(up, down):
    samples = noisy(prompt("order"), 20, np.random.default_rng(5)).astype(float)
    between = np.interp(np.arange(0, samples.size - 1, down / up), np.arange(samples.size), samples)
    assert diagnose(np.rint(between).astype(np.int16)).fault == FAULT


@pytest.mark.parametrize("rate_hz", [24_000, 44_100, 48_000])
def test_a_right_conversion_between_usual_rates_is_none(rate_hz):
    true_hz = {24_000: 22_050, 44_100: 48_000, 48_000: 44_100}[rate_hz]
    samples = noisy(speech(true_hz), 20, np.random.default_rng(6))
    up, down = (147, 160) if rate_hz == 44_100 else (160, 147)
    assert find_studio(Heard(converted(samples, up, down), rate_hz)) == []


@pytest.mark.parametrize(("true_hz", "played_hz"), [(44_100, 48_000), (48_000, 44_100)])
@pytest.mark.parametrize("mains", [50.0, 60.02])
def test_the_mains_tell(true_hz, played_hz, mains):
    samples = with_hum(noisy(speech(true_hz), 20, np.random.default_rng(7)), true_hz, mains)
    diagnosis = diagnose(Audio(samples, played_hz))
    assert diagnosis.fault == FAULT
    assert diagnosis.repaired.rate_hz == true_hz


@pytest.mark.parametrize("hum_hz", [49.9, 50.0, 52.0, 55.0, 60.0, 63.0])
def test_other_hum_is_none(hum_hz):
    samples = with_hum(speech(8000), 8000, hum_hz)
    assert find_studio(Heard(samples, 8000)) == []


@pytest.mark.parametrize("rate_hz", sorted(USUAL_HZ))
def test_good_speech_is_none(rate_hz):
    assert find_studio(Heard(speech(rate_hz), rate_hz)) == []


@pytest.mark.parametrize("rate_hz", [4000, 5512, 6000, 10_000, 37_800])
def test_other_rates_that_nobody_uses_are_not_this(rate_hz):
    assert find_studio(Heard(speech(8000), rate_hz)) == []


def test_tones_leave_no_trace():
    t = np.arange(80_000) / 8000
    for pair in ((3675, 3675), (3350, 3999), (3600, 3700), (650, 1300)):
        tones = 5000 * (np.sin(2 * np.pi * pair[0] * t) + np.sin(2 * np.pi * pair[1] * t))
        assert find_studio(Heard(np.rint(tones).astype(np.int16), 8000)) == []


@pytest.mark.parametrize("severity", [0, 1])
@pytest.mark.parametrize("snr_db", [40, 8])
def test_a_wrong_label_is_not_called_right(severity, snr_db):
    samples = noisy(speech(8000), snr_db, np.random.default_rng(8))
    found = diagnose(Audio(*break_audio(FAULT, samples, 8000, severity)))
    assert [hypothesis.fault for hypothesis in found.hypotheses] == ["unknown", "none", FAULT]
    assert "44100" in found.verdict
    assert "48000" in found.verdict


@pytest.mark.parametrize("rate_hz", [44_100, 48_000])
def test_good_speech_at_either_rate_may_be_at_the_other(rate_hz):
    samples = speech(rate_hz)
    assert diagnose(Audio(samples, rate_hz)).fault == "unknown"
    assert diagnose(Audio(samples, rate_hz), hint="none").fault == "none"
    assert diagnose(Audio(samples, rate_hz), Audio(samples, rate_hz)).fault == "none"
    hum = with_hum(noisy(samples, 20, np.random.default_rng(9)), rate_hz, 50.01)
    assert diagnose(Audio(hum, rate_hz)).fault == "none"


@pytest.mark.parametrize("rate_hz", [44_100, 48_000])
def test_what_is_no_speech_has_no_doubt(rate_hz):
    t = np.arange(3 * rate_hz) / rate_hz
    tone = np.rint(5000 * np.sin(2 * np.pi * 425 * t)).astype(np.int16)
    assert diagnose(Audio(tone, rate_hz)).fault == "none"


@pytest.mark.parametrize("rate_hz", sorted(USUAL_HZ - {44_100, 48_000}))
def test_other_rates_are_in_no_doubt(rate_hz):
    assert diagnose(Audio(speech(rate_hz), rate_hz)).fault == "none"


@pytest.mark.parametrize("name", ["greeting", "yes", "question", "goodbye"])
@pytest.mark.parametrize("silence_s", [3, 9, 20])
def test_a_word_in_a_long_silence_leaves_no_trace(name, silence_s):
    for rate_hz in (8000, 16_000):
        samples = np.zeros(silence_s * rate_hz, np.int16)
        word = prompt(name, rate_hz)[rate_hz // 10 : rate_hz // 2]
        samples[-len(word) - 1000 : -1000] = word
        assert find_studio(Heard(samples, rate_hz)) == []
