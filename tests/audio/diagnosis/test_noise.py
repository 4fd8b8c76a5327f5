"""What loud noise hides, and what it gives away."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import uniform_filter1d
from scipy.signal import resample_poly

from tests.audio.diagnosis.voices import as_int16, noisy, prompt
from voicelab.audio.diagnosis import diagnose
from voicelab.audio.diagnosis.faults import break_audio
from voicelab.audio.g711 import alaw_decode, alaw_encode, ulaw_decode, ulaw_encode


def whispered(name):
    """Noise as loud as a voice, moment by moment, in a room that is not quiet."""
    rng = np.random.default_rng(4)
    loud = uniform_filter1d(np.abs(prompt(name).astype(np.float64)), 160)
    return loud * rng.standard_normal(loud.size) + 300 * rng.standard_normal(loud.size)


@pytest.mark.parametrize("chunk_ms", [10, 60, 100])
def test_noise_that_was_stretched_chunk_by_chunk_is_suspected(chunk_ms):
    rng = np.random.default_rng(2)
    wide = resample_poly(prompt("greeting").astype(np.float64), 3, 1)
    wide += 1500 * rng.standard_normal(wide.size)
    step = 24 * chunk_ms
    chunks = wide[: wide.size // step * step].reshape(-1, step)
    places = np.linspace(0, step - 1, step // 3)
    heard = np.concatenate([np.interp(places, np.arange(step), chunk) for chunk in chunks])
    found = diagnose(as_int16(heard)).hypotheses[0]
    assert found.fault in ("chunk-clicks", "unknown")
    assert "chunks" in found.evidence


@pytest.mark.parametrize("gain", [8, 16])
def test_a_clipped_whisper_is_not_inverted(gain):
    assert (
        diagnose(ulaw_decode(ulaw_encode(as_int16(whispered("order") * gain)))).fault == "clipped"
    )


@pytest.mark.parametrize("spread", [0.5, 1.5, 6.0])
def test_an_inverted_pause_with_a_little_noise_is_inverted(spread):
    rng = np.random.default_rng(5)
    quiet = np.pad(prompt("order").astype(np.float64), (8000, 8000))
    samples = as_int16(quiet + spread * rng.standard_normal(quiet.size))
    inverted = ulaw_decode(bytes(np.frombuffer(ulaw_encode(samples), np.uint8) ^ 0xFF))
    assert diagnose(inverted).fault == "bits-inverted"


def test_the_lowest_notes_of_a_noise_are_no_offset():
    rng = np.random.default_rng(0)
    voice = prompt("greeting").astype(np.float64)
    sway = np.cumsum(rng.standard_normal(voice.size))
    sway *= 400 / np.abs(sway).max()
    assert diagnose(as_int16(noisy(prompt("greeting"), 8, rng) + sway)).fault == "none"


def test_what_is_cut_off_on_both_sides_is_clipped_beside_an_offset():
    loud = np.clip(prompt("order") * 8.0, -20_000, 20_000)
    assert diagnose(as_int16(loud + 6000)).fault == "clipped"


@pytest.mark.parametrize("level", [10_000, 2000])
@pytest.mark.parametrize("law", ["mulaw", "alaw"])
def test_white_noise_does_not_hide_which_law_it_was(law, level):
    rng = np.random.default_rng(6)
    voice = prompt("greeting").astype(np.float64)
    samples = as_int16((voice / 5000 + 0.3 * rng.standard_normal(voice.size)) * level)
    encode, decode, other = {
        "mulaw": (ulaw_encode, ulaw_decode, alaw_decode),
        "alaw": (alaw_encode, alaw_decode, ulaw_decode),
    }[law]
    assert diagnose(decode(encode(samples))).fault in ("none", "clipped")
    swapped = "mulaw-as-alaw" if law == "mulaw" else "alaw-as-mulaw"
    assert diagnose(other(encode(samples))).fault == swapped


def test_what_is_cut_off_in_noise_has_not_slipped():
    rng = np.random.default_rng(7)
    loud = np.clip(noisy(prompt("order"), 8, rng) * 6.0, -9000, 30_000)
    assert diagnose(as_int16(loud)).fault == "clipped"


@pytest.mark.parametrize("mains_hz", [50, 60])
@pytest.mark.parametrize("severity", [0, 1, 2])
def test_hum_does_not_hide_moved_frames_nor_make_seams_of_them(mains_hz, severity):
    said = np.concatenate((prompt("greeting"), prompt("order"))).astype(np.float64)
    time_s = np.arange(said.size) / 8000
    said += 1500 * sum(np.sin(2 * np.pi * mains_hz * n * time_s + n) / n for n in (1, 2, 3, 5, 7))
    said += 100 * np.random.default_rng(2).standard_normal(said.size)
    heard, _ = break_audio("reordering", as_int16(said), 8000, severity, seed=1)
    assert diagnose(heard).fault == "reordering"


@pytest.mark.parametrize("severity", [1, 2])
def test_the_colour_of_a_whisper_tells_moved_frames(severity):
    good = as_int16(whispered("order"))
    assert diagnose(good).fault == "none"
    heard, _ = break_audio("reordering", good, 8000, severity, seed=1)
    assert diagnose(heard).fault == "reordering"


@pytest.mark.parametrize("times", [2, 3])
def test_white_noise_does_not_hide_how_a_resampler_rings(times):
    said = np.concatenate((prompt("greeting"), prompt("order")))
    good = noisy(said, 8, np.random.default_rng(3)).astype(np.float64)
    chunks = resample_poly(good[: good.size // 320 * 320], times, 1).reshape(-1, 320 * times)
    heard = as_int16(np.concatenate([resample_poly(chunk, 1, times) for chunk in chunks]))
    found = diagnose(heard).hypotheses[0]
    assert found.fault in ("chunk-clicks", "unknown")
    assert "every 40 ms the sound is weaker" in found.evidence


@pytest.mark.parametrize("snr_db", [None, 20])
def test_a_small_offset_of_a_loud_voice_shows_in_its_pauses(snr_db):
    good = noisy(prompt("greeting"), snr_db, np.random.default_rng(3))
    loud = as_int16(good * 1.9)
    assert diagnose(loud).fault == "none"
    found = diagnose(as_int16(loud - 550.0))
    assert found.fault == "dc-offset"
    assert abs(float(found.repaired.samples.mean())) < 30
