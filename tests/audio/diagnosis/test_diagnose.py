"""What can be given to a diagnosis, and what it answers to nonsense."""

from __future__ import annotations

import numpy as np
import pytest

from tests.audio.diagnosis.voices import prompt
from voicelab.audio.clip import Audio
from voicelab.audio.diagnosis import diagnose
from voicelab.audio.diagnosis.faults import FAULTS, break_audio
from voicelab.audio.diagnosis.words import MEANINGS, REMEDIES
from voicelab.audio.g711 import ulaw_encode
from voicelab.audio.wav import wav_bytes
from voicelab.errors import FormatError, SettingError


def test_every_fault_has_words():
    assert {*FAULTS, "unknown"} == set(MEANINGS) == set(REMEDIES)


def test_the_verdict_says_what_to_do():
    found = diagnose(break_audio("clipped", prompt("order"), 8000)[0])
    assert found.verdict.startswith("It is clipped: lower the level")
    assert diagnose(prompt("yes")).verdict.endswith("nothing to do.")


def test_wire_bytes_wav_clip_and_array_say_the_same():
    samples, _ = break_audio("l16-byte-order", prompt("order"), 8000)
    given = (samples, Audio(samples, 8000), wav_bytes(samples, 8000), samples / 32768.0)
    assert [diagnose(one).fault for one in given] == ["l16-byte-order"] * 4
    assert diagnose(samples.tobytes(), format="l16/8000").fault == "l16-byte-order"


def test_a_wav_where_raw_bytes_should_be():
    data = wav_bytes(prompt("order"), 8000)
    assert diagnose(data).fault == "none"
    assert diagnose(data, format="l16/8000").fault == "wav-header"
    assert diagnose(ulaw_encode(prompt("order")).tobytes(), format="mulaw/8000").fault == "none"


def test_json_has_the_best_first():
    found = diagnose(break_audio("clipped", prompt("order"), 8000)[0]).as_json()
    assert set(found) == {"verdict", "hypotheses"}
    assert found["hypotheses"][0]["fault"] == "clipped"
    assert set(found["hypotheses"][0]) == {"fault", "confidence", "evidence"}


def test_it_shows_itself():
    found = diagnose(prompt("yes"))
    assert "Nothing is wrong" in str(found)
    assert found._repr_html_().count("<audio") == 2


@pytest.mark.parametrize("given", [b"", np.zeros(0, np.int16), np.zeros((0, 2), np.int16)])
def test_nothing(given):
    with pytest.raises(FormatError, match="no audio"):
        diagnose(given)


def test_one_sample_cannot_be_told():
    assert diagnose(np.array([5], np.int16)).fault == "unknown"


def test_not_a_number():
    with pytest.raises(FormatError, match="1 of 800 samples are no numbers"):
        diagnose(np.where(np.arange(800) == 7, np.nan, 0.0))


def test_text_file():
    with pytest.raises(FormatError, match="text, not audio"):
        diagnose(b"Dear diary, today nobody called.\n" * 50)


def test_truncated_header():
    with pytest.raises(FormatError, match="cannot be read"):
        diagnose(wav_bytes(prompt("yes"), 8000)[:20])


def test_six_channels_of_studio_sound():
    wide = np.repeat(prompt("yes", 48_000), 2)
    channels = np.stack([wide * 0] * 5 + [wide], axis=1)
    found = diagnose(wav_bytes(channels, 96_000))
    assert found.heard.rate_hz == 96_000
    assert found.heard.channels == 1


def test_unknown_hint():
    with pytest.raises(SettingError, match="No fault is called"):
        diagnose(prompt("yes"), hint="gremlins")


@pytest.mark.parametrize("fault", ["rate-half", "rate-double", "rate-triple", "rate-44100-48000"])
def test_a_reference_tells_the_rate(fault):
    rate_hz = 16_000 if fault == "rate-half" else 8000
    samples = prompt("order", rate_hz)
    heard, played_hz = break_audio(fault, samples, rate_hz)
    found = diagnose(Audio(heard, played_hz), Audio(samples, rate_hz))
    assert found.fault == fault
    assert found.repaired.duration_s == pytest.approx(samples.size / rate_hz, rel=0.001)


@pytest.mark.parametrize("fault", ["mulaw-as-alaw", "stereo-as-mono", "odd-byte-slip", "none"])
def test_a_reference_does_no_harm(fault):
    samples = prompt("order")
    heard, _ = break_audio(fault, samples, 8000)
    assert diagnose(Audio(heard, 8000), Audio(samples, 8000)).fault == fault


def test_a_long_call_costs_what_a_short_one_does():
    call = np.tile(prompt("order"), 60)
    heard, _ = break_audio("l16-byte-order", call, 8000)
    best = diagnose(heard).hypotheses[0]
    assert best.fault == "l16-byte-order"
    assert "of 40 seconds" in best.evidence
