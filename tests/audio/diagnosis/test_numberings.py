"""Bytes of the continuous law as numeric libraries number them, on either side of G.711."""

from __future__ import annotations

import numpy as np
import pytest

from tests.audio.diagnosis.voices import as_int16, noisy, prompt
from voicelab.audio.diagnosis import diagnose
from voicelab.audio.diagnosis.continuous import compress, expand
from voicelab.audio.g711 import alaw_decode, alaw_encode, ulaw_decode, ulaw_encode


def numbers(samples):
    """As librosa.mu_compress(quantize=True) gives them."""
    edges = np.linspace(-1, 1, 256)
    return np.digitize(compress(samples / 32768.0), edges, right=True) - 128


def levels(of):
    """As librosa.mu_expand(quantize=True) takes them."""
    return np.rint(expand(of / 128.0) * 32768).clip(-32768, 32767).astype(np.int16)


def sent_around_0(samples):
    return ulaw_decode(numbers(samples).astype(np.int8).view(np.uint8))


def sent_around_128(samples):
    return ulaw_decode((numbers(samples) + 128).astype(np.uint8))


def heard_around_0(samples):
    return levels(ulaw_encode(samples).view(np.int8))


def heard_around_128(samples):
    return levels(ulaw_encode(samples).astype(np.int16) - 128)


SIDES = [sent_around_0, sent_around_128, heard_around_0, heard_around_128]


def below_db(mended, said):
    """How far below what was said all else lies."""
    rest = mended.astype(np.float64) - said
    return 10 * np.log10(np.mean(said.astype(np.float64) ** 2) / np.mean(rest**2))


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("gain", [1.0, 0.16])
def test_named_and_mended(side, gain):
    said = np.rint(prompt("order") * gain).astype(np.int16)
    found = diagnose(side(said))
    assert found.fault == "continuous-mulaw"
    assert below_db(found.repaired.samples, said) > 25


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("snr_db", [20, 8])
def test_named_in_noise(side, snr_db):
    heard = side(noisy(prompt("greeting"), snr_db, np.random.default_rng(3)))
    assert diagnose(heard).fault == "continuous-mulaw"


@pytest.mark.parametrize("side", SIDES)
def test_named_beside_the_reference(side):
    said = prompt("order")
    found = diagnose(side(noisy(said, 20, np.random.default_rng(4))), said)
    assert found.fault == "continuous-mulaw"


@pytest.mark.parametrize("zero", [0, 128])
@pytest.mark.parametrize("gain", [1.0, 0.4])
def test_samples_of_8_bits_are_no_numbers_of_the_law(zero, gain):
    said = prompt("order")
    linear = np.rint(said * gain / 256).astype(np.int16) + zero
    assert diagnose(ulaw_decode((linear & 0xFF).astype(np.uint8)), said).fault == "linear-as-mulaw"


def test_what_came_through_both_laws_is_not_of_the_continuous_one():
    voice = np.concatenate([prompt("sorry"), prompt("order")]).astype(np.float64)
    t = np.arange(voice.size) / 8000
    hum = sum(np.sin(2 * np.pi * 60 * n * t + n) / n for n in (1, 2, 3, 4, 5, 7))
    abroad = alaw_decode(alaw_encode(as_int16(0.1511 * voice + 147.8 * hum)))
    assert diagnose(ulaw_decode(ulaw_encode(abroad))).fault == "none"
