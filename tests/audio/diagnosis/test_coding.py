"""What a speech codec or a gate does is no chunk's seam and no lost frame."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile
from scipy.signal import lfilter, resample_poly

from tests.audio.diagnosis.voices import VOICES, noisy, prompt, voice
from voicelab.audio.clip import Audio
from voicelab.audio.diagnosis import diagnose
from voicelab.audio.diagnosis.against.coding import is_coded
from voicelab.audio.diagnosis.against.laid import lay
from voicelab.audio.diagnosis.against.reference import Reference
from voicelab.audio.diagnosis.heard import Heard

RATE_HZ = 8000


def sound(name):
    if name == "prompt":
        return np.concatenate((prompt("greeting"), prompt("order")))
    spoken = voice(name)
    if spoken is None:
        pytest.skip("espeak-ng is missing")
    return spoken


def named(heard, said):
    whole = np.clip(np.rint(heard), -32768, 32767).astype(np.int16)
    return diagnose(Audio(whole, RATE_HZ), Audio(said, RATE_HZ)).fault


def through(samples, subtype):
    file = io.BytesIO()
    soundfile.write(file, samples, RATE_HZ, format="WAV", subtype=subtype)
    file.seek(0)
    return soundfile.read(file, dtype="int16")[0][: len(samples)]


def gated(samples, share, release_s=0.0025):
    """Closed gently wherever it is quiet, as against noise."""
    loud = np.sqrt(lfilter([0.01], [1, -0.99], samples.astype(float) ** 2))
    opened = (loud > share * loud.mean()).astype(float)
    keep = 1 / (release_s * RATE_HZ)
    return samples * lfilter([keep], [1, keep - 1], opened)


@pytest.mark.parametrize("name", ["prompt", *VOICES])
@pytest.mark.parametrize("subtype", ["GSM610", "IMA_ADPCM"])
def test_a_speech_codec_is_no_chunk_fault(name, subtype):
    said = sound(name)
    assert named(through(said, subtype), said) == "none"


def is_coded_of(heard, said):
    return is_coded(lay(Heard(heard, RATE_HZ), Reference(said, RATE_HZ)))


def test_what_a_speech_codec_leaves_follows_the_speech():
    said = sound("prompt")
    rng = np.random.default_rng(5)
    assert is_coded_of(through(said, "GSM610"), said)
    assert not is_coded_of(through(said, "ULAW"), said)
    assert not is_coded_of(said, said)
    for snr_db in (20, 8):
        assert not is_coded_of(noisy(said, snr_db, rng), said)


@pytest.mark.parametrize("snr_db", [None, 20, 8])
def test_seams_of_chunks_are_not_a_speech_codecs(snr_db):
    wide = noisy(np.concatenate((prompt("greeting", 24_000), prompt("order", 24_000))), snr_db,
                 np.random.default_rng(5))  # fmt: skip
    chunks = [resample_poly(wide[k : k + 480], 1, 3) for k in range(0, len(wide) - 480, 480)]
    heard = np.rint(np.concatenate(chunks)).astype(np.int16)
    assert not is_coded_of(heard, sound("prompt"))


@pytest.mark.parametrize("name", ["prompt", *VOICES[:5]])
@pytest.mark.parametrize("share", [0.1, 0.3, 0.6])
def test_a_gate_that_closes_gently_is_no_loss(name, share):
    said = sound(name)
    heard = gated(noisy(said, 30, np.random.default_rng(3)), share)
    assert named(heard, said) == "none"


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_frames_that_a_gate_did_not_take_are_lost(share):
    said = sound("prompt")
    heard = gated(said, share)
    loud = np.flatnonzero(np.abs(said[: len(said) // 160 * 160]).reshape(-1, 160).mean(1) > 1500)
    for frame in loud[10::40]:
        heard[frame * 160 : (frame + 1) * 160] = 0
    assert named(heard, said) == "packet-loss"


@pytest.mark.parametrize("frames", [1, 3])
def test_loss_behind_a_filter_is_still_one(frames):
    said = sound("prompt")
    heard = said.astype(float)
    loud = np.flatnonzero(np.abs(said[: len(said) // 160 * 160]).reshape(-1, 160).mean(1) > 1500)
    for frame in loud[30 : 30 + 40 * frames : 40]:
        heard[frame * 160 : (frame + 1) * 160] = 0
    heard = np.convolve(heard, np.hanning(9) / np.hanning(9).sum(), "same")
    assert named(heard, said) == "packet-loss"
