"""Speech at another speed is told by how speech is, or it is not known; never the wrong speed."""

from __future__ import annotations

import numpy as np
import pytest

from tests.audio.diagnosis.voices import VOICES, noisy, prompt, voice
from voicelab.audio.clip import Audio
from voicelab.audio.diagnosis import diagnose
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.diagnosis.pace import find_pace, judge_pace
from voicelab.audio.diagnosis.speech import measure_speech
from voicelab.audio.g711 import ulaw_decode, ulaw_encode

PLAYED = {
    "rate-half": [(16_000, 8000), (16_000, 24_000 // 3), (8000, 4000)],
    "rate-double": [(8000, 16_000), (16_000, 32_000)],
    "rate-triple": [(8000, 24_000), (16_000, 48_000)],
}
PAIRS = [(fault, *pair) for fault, pairs in PLAYED.items() for pair in pairs]


def speech(rate_hz):
    """Say what is longest of the bundled prompts: two sentences with a pause between them."""
    pause = np.zeros(rate_hz // 4, np.int16)
    return np.concatenate((prompt("order", rate_hz), pause, prompt("sorry", rate_hz)))


@pytest.mark.parametrize(("fault", "true_hz", "played_hz"), PAIRS)
@pytest.mark.parametrize("snr_db", [None, 20, 8])
def test_speed_is_named_or_not_known(fault, true_hz, played_hz, snr_db):
    samples = noisy(speech(true_hz), snr_db, np.random.default_rng(1))
    assert diagnose(Audio(samples, played_hz)).fault in (fault, "unknown")


@pytest.mark.parametrize(
    ("fault", "true_hz", "played_hz"),
    [("rate-half", 16_000, 8000), ("rate-double", 8000, 16_000), ("rate-triple", 8000, 24_000)],
)
def test_plain_speech_is_named_and_played_at_its_rate(fault, true_hz, played_hz):
    samples = speech(true_hz)
    diagnosis = diagnose(Audio(samples, played_hz))
    assert diagnosis.fault == fault
    assert diagnosis.repaired.rate_hz == true_hz
    assert np.array_equal(diagnosis.repaired.samples, samples)
    assert f"{true_hz} Hz" in diagnosis.hypotheses[0].evidence


@pytest.mark.parametrize("rate_hz", [8000, 11_025, 16_000, 22_050, 24_000, 44_100, 48_000])
@pytest.mark.parametrize("snr_db", [None, 20, 8])
def test_good_speech_has_its_pace(rate_hz, snr_db):
    samples = noisy(speech(rate_hz), snr_db, np.random.default_rng(2))
    found = [finding.fault for finding in find_pace(Heard(samples, rate_hz))]
    confused = rate_hz in (44_100, 48_000)  # half, double and triple of it are ruled out
    assert found == (["unknown", "none", "rate-44100-48000"] if confused else [])


@pytest.mark.parametrize("name", VOICES)
@pytest.mark.parametrize("rate_hz", [8000, 16_000])
def test_other_voices_have_their_pace(name, rate_hz):
    samples = voice(name, rate_hz)
    if samples is None:
        pytest.skip("espeak-ng is not installed")
    assert find_pace(Heard(samples, rate_hz)) == []


@pytest.mark.parametrize("name", VOICES)
@pytest.mark.parametrize(("fault", "true_hz", "played_hz"), PAIRS)
def test_other_voices_at_another_speed(name, fault, true_hz, played_hz):
    samples = voice(name, true_hz)
    if samples is None:
        pytest.skip("espeak-ng is not installed")
    found = find_pace(Heard(samples, played_hz))
    assert found[0].fault in (fault, "unknown")


def test_mulaw_has_its_pace_too():
    samples = ulaw_decode(ulaw_encode(speech(8000)))
    assert diagnose(Audio(samples, 8000)).fault == "none"
    assert diagnose(Audio(samples, 16_000)).fault == "rate-double"


def tone(hz, seconds, rate_hz):
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    return 8000 * np.sin(2 * np.pi * hz * t)


@pytest.mark.parametrize("rate_hz", [8000, 16_000, 48_000])
def test_no_speech_has_no_pace(rate_hz):
    rng = np.random.default_rng(4)
    ringing = np.concatenate([tone(425, 1, rate_hz), np.zeros(4 * rate_hz)] * 3)
    pause = np.zeros(rate_hz // 10)
    keys = []
    for low in (697, 770, 852, 941) * 6:
        keys += [tone(low, 0.1, rate_hz) + tone(1336, 0.1, rate_hz), pause]
    notes = [tone(220 * 2 ** (n / 12), 0.4, rate_hz) for n in (0, 4, 7, 12, 7, 4, 0, 5, 9, 5) * 2]
    hiss = 2000 * rng.standard_normal(8 * rate_hz)
    for sound in (ringing, np.concatenate(keys), np.concatenate(notes), hiss):
        sound = sound + 5 * rng.standard_normal(sound.size)
        assert find_pace(Heard(np.rint(sound).astype(np.int16), rate_hz)) == []


@pytest.mark.parametrize("size", [0, 1, 799, 4000])
def test_too_little_is_not_judged(size):
    assert find_pace(Heard(speech(8000)[:size], 16_000)) == []


@pytest.mark.parametrize("rate_hz", [1, 50, 700, 8000])
def test_silence_is_not_judged(rate_hz):
    for samples in (np.zeros(80_000), np.tile((1, -1), 40_000), np.arange(80_000) % 2 * 3):
        assert measure_speech(Heard(samples.astype(np.int16), rate_hz)) is None


def test_a_clicking_line_is_not_judged():
    samples = np.zeros(80_000, np.int16)
    samples[::4000] = 20_000
    assert find_pace(Heard(samples, 8000)) == []


def test_an_hour_is_judged_by_a_part_of_it():
    samples = np.tile(speech(8000), 60)
    assert find_pace(Heard(samples, 8000)) == []
    assert find_pace(Heard(samples, 16_000))[0].fault == "rate-double"


def test_odds_are_shares_of_one():
    measured = measure_speech(Heard(speech(8000), 8000))
    odds = judge_pace(measured.measures)
    assert odds.shape == (5,)
    assert odds.sum() == pytest.approx(1)
    assert odds[1] == odds.max()


def test_a_voice_has_its_pitch():
    measured = measure_speech(Heard(speech(16_000), 16_000))
    twice = measure_speech(Heard(speech(16_000), 32_000))
    assert twice.pitch_hz / measured.pitch_hz == pytest.approx(2, rel=0.1)


def test_a_voice_as_small_and_quick_as_a_cartoons_is_not_called_double():
    text = "Buenos días, llamo porque mi paquete no ha llegado todavía. ¿Puede mirar dónde está?"
    samples = voice("es+zac", text=text, options=("-s", "206", "-p", "81"))
    if samples is None:
        pytest.skip("espeak-ng is not installed")
    assert diagnose(Audio(samples, 8000)).fault in ("none", "unknown")
