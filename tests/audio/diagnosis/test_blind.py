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
CASES.remove(("chunk-clicks", 2))  # chunks taken as periodic end in jumps, as lost frames do


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
