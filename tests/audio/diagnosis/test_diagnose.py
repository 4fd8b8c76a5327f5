"""What can be given to a diagnosis, and what it answers to nonsense."""

from __future__ import annotations

import numpy as np
import pytest

from tests.audio.diagnosis.voices import prompt
from voicelab.audio.clip import Audio
from voicelab.audio.diagnosis import diagnose
from voicelab.audio.diagnosis.faults import FAULTS, break_audio
from voicelab.audio.diagnosis.words import MEANINGS, REMEDIES
from voicelab.audio.format import AudioFormat
from voicelab.audio.g711 import ulaw_encode
from voicelab.audio.wav import wav_bytes, wav_header
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


def test_three_hours_are_looked_at_in_parts():
    heard, _ = break_audio("packet-loss", np.tile(prompt("order"), 16), 8000)
    call = np.tile(heard, 3 * 3600 * 8000 // heard.size)
    assert diagnose(call).fault == "packet-loss"


@pytest.mark.parametrize("size", [1, 2, 79, 400, 799, 800, 1600, 4001])
@pytest.mark.parametrize("kind", ["zeros", "ones", "noise", "ramp"])
def test_any_length_has_an_answer(size, kind):
    rng = np.random.default_rng(size)
    samples = {
        "zeros": np.zeros(size),
        "ones": np.ones(size),
        "noise": rng.normal(0, 3000, size),
        "ramp": np.linspace(-9000, 9000, size),
    }[kind]
    found = diagnose(samples.astype(np.int16))
    assert found.hypotheses[0].evidence
    assert found.repaired.samples.size


@pytest.mark.parametrize("rate_hz", [1, 50, 500, 1999])
def test_a_rate_too_low_for_speech(rate_hz):
    with pytest.raises(FormatError, match=f"It has {rate_hz} samples a second"):
        diagnose(Audio(prompt("yes"), rate_hz))


def test_floats_on_the_scale_of_16_bits():
    with pytest.raises(FormatError, match="divide them by 32768"):
        diagnose(prompt("yes").astype(float))
    assert diagnose(prompt("yes") / 32768).fault == diagnose(prompt("yes")).fault


def test_channels_first():
    with pytest.raises(FormatError, match="transpose them"):
        diagnose(np.stack([prompt("yes"), prompt("yes")]))


@pytest.mark.parametrize("encoding", ["l16", "mulaw", "alaw"])
def test_a_header_far_into_the_call(encoding):
    form = AudioFormat.parse(f"{encoding}/8000")
    sound = form.from_int16(np.tile(prompt("order"), 5))
    data = sound[:150_000] + wav_header(len(sound) // 2 * 2, 8000) + sound[150_000:]
    assert diagnose(data, format=form).fault == "wav-header"
    found = diagnose(form.to_int16(data))
    assert found.fault == "wav-header"
    assert "150,000" in found.hypotheses[0].evidence


def test_what_cannot_be_told_says_what_would_settle_it():
    silent = Audio(np.zeros(16_000, np.int16), 8000)
    order, yes = Audio(prompt("order"), 8000), Audio(prompt("yes"), 8000)
    assert "longer recording" in diagnose(prompt("yes")[:50]).verdict
    assert "give one with sound in it" in diagnose(order, silent).verdict
    assert "reference" not in diagnose(prompt("yes")[:50]).verdict
    elsewhere = diagnose(order, yes).verdict
    assert elsewhere.count("give") == 0
    assert "leave it out" in elsewhere


@pytest.mark.parametrize("form", ["mulaw/8000", "l16/8000", None])
def test_encrypted_bytes_are_not_taken_for_a_fault(form):
    data = np.random.default_rng(4).bytes(16_000)
    found = diagnose(data, format=form)
    assert found.fault == "unknown"
    assert "encrypted or compressed" in found.verdict


def test_a_reference_that_is_buried_is_not_called_fine():
    said = prompt("order")
    t = np.arange(len(said)) / 8000
    hum = 1.5 * np.std(said) * np.sin(2 * np.pi * 50 * t)
    heard = np.rint(0.5 * (said + hum)).astype(np.int16)
    found = diagnose(Audio(heard, 8000), Audio(said, 8000))
    assert found.fault == "unknown"
    assert "alike" in found.verdict


def test_silence_that_is_put_in_is_not_a_repeat():
    said = prompt("order")
    place = len(said) // 2
    heard = np.concatenate((said[:place], np.zeros(480, np.int16), said[place:]))
    found = diagnose(Audio(heard, 8000), Audio(said, 8000))
    assert found.fault == "packet-loss"
    assert "repeats" not in [hypothesis.fault for hypothesis in found.hypotheses]


def test_a_rate_that_is_taken_for_granted_is_said():
    samples = prompt("order")
    found = diagnose(samples)
    assert found.heard.rate_hz == 8000
    assert "taken for 8000 Hz" in found.assumed
    assert found.assumed in str(found)
    assert found.assumed in found._repr_html_()
    assert "taken for l16/8000" in diagnose(samples.tobytes()).assumed


def test_a_rate_that_is_given_is_used():
    samples = np.repeat(prompt("order"), 2)
    found = diagnose(samples, samples, rate_hz=16_000)
    assert (found.heard.rate_hz, found.fault, found.assumed) == (16_000, "none", "")
    assert "assumed" not in found.as_json()
    of_bytes = diagnose(
        samples.tobytes(), Audio(samples, 16_000), format="l16/8000", rate_hz=16_000
    )
    assert (of_bytes.heard.rate_hz, of_bytes.fault) == (16_000, "none")
    for given in (Audio(samples, 16_000), wav_bytes(samples, 16_000)):
        assert diagnose(given).assumed == ""
        with pytest.raises(FormatError, match=r"16000 Hz. If that is wrong"):
            diagnose(given, rate_hz=8000)
    for rate_hz in (0, -8000, 8000.0, "8000", 10**7):
        with pytest.raises(FormatError, match="A rate is a whole number"):
            diagnose(samples, rate_hz=rate_hz)


def test_a_reference_that_is_too_short_is_not_called_silent():
    samples = prompt("order")
    found = diagnose(Audio(samples, 8000), Audio(samples[:1], 8000))
    assert found.fault == "unknown"
    assert "the reference is too short: 1 sample" in found.verdict


@pytest.mark.parametrize("left_over", [1, 79, 700])
def test_a_last_stretch_shorter_than_a_frame_is_no_trouble(left_over):
    said = np.concatenate((prompt("greeting"), prompt("order")))
    size = 48 * 8000 + left_over
    heard = np.resize(said, size) + np.random.default_rng(1).integers(-20, 21, size)
    assert diagnose(heard.astype(np.int16)).fault in MEANINGS
