"""Each fault is named without a reference; good speech is left alone."""

from __future__ import annotations

import numpy as np
import pytest

from tests.audio.diagnosis.voices import noisy, prompt
from voicelab.audio.diagnosis import diagnose
from voicelab.audio.diagnosis.faults import FAULTS, break_audio
from voicelab.audio.g711 import alaw_decode, alaw_encode, ulaw_decode, ulaw_encode

# Good speech at another speed is good speech to anyone who does not know the speaker.
TOLD_BLIND = [fault for fault in FAULTS if not fault.startswith("rate-") and fault != "none"]
CASES = [(fault, severity) for fault in TOLD_BLIND for severity in (0, 1, 2)]


@pytest.mark.parametrize(("fault", "severity"), CASES)
def test_fault_is_named(fault, severity):
    heard, _ = break_audio(fault, prompt("sorry"), 8000, severity, seed=7)
    assert diagnose(heard).fault == fault


@pytest.mark.parametrize("name", ["greeting", "order", "yes"])
@pytest.mark.parametrize("snr_db", [None, 20, 8])
@pytest.mark.parametrize("law", ["l16", "mulaw", "alaw"])
def test_good_speech_has_nothing(name, snr_db, law):
    samples = noisy(prompt(name), snr_db, np.random.default_rng(3))
    if law == "mulaw":
        samples = ulaw_decode(ulaw_encode(samples))
    elif law == "alaw":
        samples = alaw_decode(alaw_encode(samples))
    assert diagnose(samples).fault == "none"


@pytest.mark.parametrize(
    "fault", ["l16-byte-order", "base64-twice", "wav-header", "stereo-as-mono"]
)
def test_repair_gives_every_sample_back(fault):
    samples = prompt("order")
    heard, _ = break_audio(fault, samples, 8000, 0)
    assert np.array_equal(diagnose(heard).repaired.samples[: samples.size], samples)


@pytest.mark.parametrize("fault", ["mulaw-as-alaw", "mulaw-as-pcm8", "mulaw-as-pcm16"])
def test_repair_gives_every_code_back(fault):
    samples = prompt("order")
    heard, _ = break_audio(fault, samples, 8000, 0)
    repaired = diagnose(heard).repaired.samples
    wanted = ulaw_decode(ulaw_encode(samples))
    assert np.array_equal(repaired[: wanted.size], wanted[: repaired.size])


def test_a_slip_in_the_middle_is_mended_on_both_sides():
    samples = prompt("order")
    data = samples.tobytes()
    slipped = np.frombuffer(data[:40_001] + data[40_002:-1], "<i2")
    found = diagnose(slipped.copy())
    assert found.fault == "odd-byte-slip"
    assert (found.repaired.samples[:20_000] == samples[:20_000]).mean() > 0.99
    later = found.repaired.samples[20_800:31_800]
    assert max((later == samples[20_800 + n : 31_800 + n]).mean() for n in (-1, 0, 1)) > 0.95


def test_moved_frames_go_back():
    samples = prompt("greeting")
    heard, _ = break_audio("reordering", samples, 8000, 0, seed=3)
    found = diagnose(heard)
    assert found.fault == "reordering"
    wrong = np.count_nonzero(heard != samples)
    assert np.count_nonzero(found.repaired.samples != samples) < wrong / 2


@pytest.mark.parametrize("freqs", [(425,), (440, 480), (697, 1209), (350, 440)])
@pytest.mark.parametrize("law", ["l16", "mulaw", "alaw"])
def test_tones_are_not_repeats(freqs, law):
    time_s = np.arange(8000) / 8000
    tone = sum(np.sin(2 * np.pi * freq * time_s) for freq in freqs) / len(freqs)
    tone *= np.minimum(1, np.minimum(time_s, time_s[::-1]) / 0.005)
    tones = np.rint(np.concatenate((tone * 7000, np.zeros(4000), tone * 7000))).astype(np.int16)
    samples = np.concatenate((tones, prompt("order")))
    if law == "mulaw":
        samples = ulaw_decode(ulaw_encode(samples))
    elif law == "alaw":
        samples = alaw_decode(alaw_encode(samples))
    assert diagnose(samples).fault == "none"


@pytest.mark.parametrize("level_db", [-40, -30, -6])
@pytest.mark.parametrize(
    "fault", ["l16-byte-order", "mulaw-as-alaw", "alaw-as-mulaw", "mulaw-as-pcm8", "double-encoded"]
)
def test_quiet_and_short(fault, level_db):
    samples = prompt("order")[4000:12_000] / 16_000 * 32_767 * 10 ** (level_db / 20)
    heard, _ = break_audio(fault, np.rint(samples).astype(np.int16), 8000, 0)
    assert diagnose(heard).fault == fault


@pytest.mark.parametrize("seed", range(4))
def test_music_is_not_in_chunks(seed):
    """Every half second a chord begins, and one that is cut off 0.9 s later."""
    rng = np.random.default_rng(seed)
    t = np.arange(7200) / 8000
    music = np.zeros(8 * 8000)
    for at in range(0, music.size - t.size, 4000):
        first = 110 * 2 ** (rng.integers(0, 24) / 12)
        tones = [first * step * n for step in (1, 1.26, 1.5, 2) for n in range(1, 6)]
        chord = sum(np.sin(2 * np.pi * hz * t) / hz for hz in tones if hz < 3300)
        music[at : at + t.size] += chord * np.exp(-3 * t) * np.minimum(1, t / 0.01)
    heard = np.rint(music * (13_000 / np.abs(music).max())).astype(np.int16)
    assert diagnose(ulaw_decode(ulaw_encode(heard))).fault == "none"


@pytest.mark.parametrize("side", [-1, 1])
def test_what_is_cut_off_is_not_of_another_law(side):
    samples = side * noisy(prompt("order"), 8, np.random.default_rng(5)).astype(np.int32)
    cut = np.minimum(samples, int(np.percentile(samples, 88)))
    assert diagnose((side * cut).astype(np.int16)).fault == "clipped"
