"""Speech is told from silence and from the noise of a line."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from voicelab.audio.format import AudioFormat
from voicelab.audio.resample import resample
from voicelab.audio.vad import SpeechDetector, Strength, level_dbfs
from voicelab.errors import FormatError, SettingError
from voicelab.sim.prompts import prompt_names

RATES_HZ = (8000, 16000, 24000, 48000)


def noise(kind: str, dbfs: float, seconds: float = 5.0) -> np.ndarray:
    """Noise of a telephone line at 8 kHz, from silence on."""
    rng, n = np.random.default_rng(7), int(seconds * 8000)
    time = np.arange(n) / 8000
    wave = rng.standard_normal(n)
    if kind == "pink":
        spectrum, hz = np.fft.rfft(wave), np.fft.rfftfreq(n, 1 / 8000)
        wave = np.fft.irfft(spectrum / np.sqrt(np.maximum(hz, 50)), n)
    elif kind == "hum":
        wave = sum(np.sin(2 * np.pi * 50 * k * time) / k for k in (1, 3, 5))
    scaled = wave / wave.std() * 32768 * 10 ** (dbfs / 20)
    return np.concatenate([np.zeros(4000, np.int16), scaled.astype(np.int16)])


def prompt(name: str, rate_hz: int) -> np.ndarray:
    samples, native_hz = soundfile.read(prompt_names()[name], dtype="int16")
    return resample(samples, native_hz, rate_hz)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("name", sorted(prompt_names()))
def test_a_prompt_is_speech_at_every_rate(name, rate_hz):
    strengths = SpeechDetector(rate_hz).process(prompt(name, rate_hz))
    assert np.mean([each >= Strength.FAINT for each in strengths]) > 0.6
    assert strengths.count(Strength.CLEAR) >= 5


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_silence_is_not(rate_hz):
    assert not any(SpeechDetector(rate_hz).process(np.zeros(rate_hz, np.int16)))


@pytest.mark.parametrize("law", ["l16", "mulaw", "alaw"])
@pytest.mark.parametrize("dbfs", [-70, -60, -50, -45, -40])
@pytest.mark.parametrize("kind", ["white", "pink", "hum"])
def test_line_noise_is_doubted_for_four_frames_at_most(kind, dbfs, law):
    line = AudioFormat(law, 8000)
    heard = line.to_int16(line.from_int16(noise(kind, dbfs)))
    strengths = SpeechDetector(8000).process(heard)
    assert sum(each >= Strength.SPEECH for each in strengths) <= 4
    assert Strength.CLEAR not in strengths


@pytest.mark.parametrize("step", [(-58, -45), (-52, -42), (-45, -35)])
@pytest.mark.parametrize("kind", ["white", "pink", "hum"])
def test_noise_that_grows_is_doubted_for_half_a_second(kind, step):
    before, after = (noise(kind, dbfs)[4000:] for dbfs in step)
    strengths = SpeechDetector(8000).process(np.concatenate([before, after]))
    assert sum(each >= Strength.SPEECH for each in strengths) <= 30


def test_a_tone_is_no_speech_for_long():
    tone = (8000 * np.sin(2 * np.pi * 425 * np.arange(40_000) / 8000)).astype(np.int16)
    assert sum(map(bool, SpeechDetector(8000).process(tone))) <= 25


def test_speech_in_noise_is_speech():
    speech = prompt("order", 8000)
    noisy = speech + noise("pink", -50)[4000 : 4000 + len(speech)]
    strengths = SpeechDetector(8000).process(noisy.astype(np.int16))
    assert np.mean([each >= Strength.SPEECH for each in strengths]) > 0.5


def test_the_threshold_is_a_level():
    quiet = (prompt("order", 8000) * 10 ** (-20 / 20)).astype(np.int16)
    counts = [
        sum(each >= Strength.SPEECH for each in SpeechDetector(8000, threshold).process(quiet))
        for threshold in (0.0, 0.25, 0.5, 0.75, 1.0)
    ]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[2] > counts[4]


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_it_does_not_matter_how_the_sound_is_cut(rate_hz):
    samples = prompt("yes", rate_hz)
    whole = SpeechDetector(rate_hz).process(samples)
    detector, pieces = SpeechDetector(rate_hz), []
    for start in range(0, len(samples), 333):
        pieces += detector.process(samples[start : start + 333])
    assert pieces == whole
    assert len(whole) == len(samples) // (rate_hz // 50)


def test_levels():
    assert level_dbfs(np.zeros(160, np.int16)) == float("-inf")
    assert level_dbfs(np.zeros(0, np.int16)) == float("-inf")
    assert level_dbfs(np.full(160, -32768, np.int16)) == pytest.approx(0)
    assert level_dbfs(np.full(160, 3277, np.int16)) == pytest.approx(-20, abs=0.01)


def test_what_it_cannot_do():
    with pytest.raises(FormatError, match="11025"):
        SpeechDetector(11025)
    with pytest.raises(SettingError, match="0 to 1"):
        SpeechDetector(8000, 1.5)
