"""Loud and coarse sound is not read otherwise; what nobody can read is not named."""

from __future__ import annotations

import numpy as np
import pytest

from tests.audio.diagnosis.voices import noisy, prompt
from voicelab.audio.diagnosis import diagnose
from voicelab.audio.g711 import alaw_decode, alaw_encode, ulaw_decode, ulaw_encode


def mulaw(samples):
    return ulaw_decode(ulaw_encode(samples))


def alaw(samples):
    return alaw_decode(alaw_encode(samples))


def louder(samples, gain_db):
    return np.clip(np.rint(samples * 10 ** (gain_db / 20)), -32768, 32767).astype(np.int16)


@pytest.mark.parametrize("law", [mulaw, alaw])
@pytest.mark.parametrize("gain_db", [14, 17, 20])
def test_g711_amplified_into_the_limit_is_clipped(law, gain_db):
    assert diagnose(louder(law(prompt("order")), gain_db)).fault == "clipped"


@pytest.mark.parametrize("name", ["order", "greeting"])
def test_clipped_before_mulaw_in_noise_is_not_inverted(name):
    loud = louder(noisy(prompt(name), 8, np.random.default_rng(1)), 14)
    assert diagnose(mulaw(loud)).fault == "clipped"


@pytest.mark.parametrize("law", [mulaw, alaw])
@pytest.mark.parametrize("name", ["order", "greeting"])
def test_swapped_bytes_behind_a_law_cannot_be_told(law, name):
    found = diagnose(law(prompt(name).byteswap()))
    assert found.fault in ("unknown", "l16-byte-order")


@pytest.mark.parametrize("law", [mulaw, alaw])
@pytest.mark.parametrize("gain_db", [5, 0, -12, -20, -36])
@pytest.mark.parametrize("snr_db", [None, 20, 8])
def test_swapped_bytes_of_what_was_g711(law, gain_db, snr_db):
    said = law(louder(noisy(prompt("order"), snr_db, np.random.default_rng(2)), gain_db))
    found = diagnose(said.byteswap())
    assert found.fault == "l16-byte-order"
    assert np.array_equal(found.repaired.samples, said)


@pytest.mark.parametrize("law", [mulaw, alaw])
def test_slipped_bytes_of_loud_g711(law):
    said = law(louder(prompt("order"), 5)).tobytes()
    assert diagnose(np.frombuffer(said[1:-1], "<i2").copy()).fault == "odd-byte-slip"


@pytest.mark.parametrize("gain", [1.0, 0.71])
@pytest.mark.parametrize("name", ["order", "greeting"])
def test_samples_of_8_bits_are_not_g711(gain, name):
    coarse = np.rint(prompt(name) / 256.0) * 256 * gain
    assert diagnose(np.rint(coarse).astype(np.int16)).fault == "none"


def test_evidence_counts_the_seconds_that_sound_better():
    found = diagnose(prompt("order").byteswap())
    evidence = found.hypotheses[0].evidence
    assert "seconds sound more like speech, by up to" in evidence
    assert "-" not in evidence.split("by up to")[1]
