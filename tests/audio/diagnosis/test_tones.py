"""A few steady frequencies are no speech, and nothing is wrong with them."""

from __future__ import annotations

import numpy as np
import pytest

from tests.audio.diagnosis.voices import prompt
from voicelab.audio.diagnosis import diagnose
from voicelab.audio.diagnosis.faults import break_audio
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.diagnosis.tones import is_tones, without_tones
from voicelab.audio.g711 import alaw_decode, alaw_encode, ulaw_decode, ulaw_encode

LAWS = {
    "l16": lambda samples: samples,
    "mulaw": lambda samples: ulaw_decode(ulaw_encode(samples)),
    "alaw": lambda samples: alaw_decode(alaw_encode(samples)),
}


def tone(freqs, seconds=3.0, level=9000):
    time_s = np.arange(round(seconds * 8000)) / 8000
    wide = sum(np.sin(2 * np.pi * freq * time_s) for freq in freqs) / len(freqs)
    return np.rint(level * wide).astype(np.int16)


@pytest.mark.parametrize("freqs", [(1000,), (425,), (350, 440), (697, 1209), (2713.5,)])
@pytest.mark.parametrize("law", LAWS)
def test_a_tone_without_a_pause_has_nothing(freqs, law):
    samples = LAWS[law](tone(freqs))
    assert is_tones(Heard(samples, 8000))
    assert diagnose(samples).fault == "none"


@pytest.mark.parametrize(("freqs", "on_s", "off_s"), [((425,), 0.5, 0.5), ((440, 480), 2, 3)])
@pytest.mark.parametrize("law", LAWS)
def test_a_tone_that_is_cut_off_hard_has_nothing(freqs, on_s, off_s, law):
    once = np.concatenate((tone(freqs, on_s), np.zeros(round(off_s * 8000), np.int16)))
    assert diagnose(LAWS[law](np.tile(once, 3))).fault == "none"


def test_a_tone_off_zero_has_an_offset():
    assert diagnose(tone((440,)) + np.int16(3000)).fault == "dc-offset"


@pytest.mark.parametrize("name", ["greeting", "order", "yes"])
def test_speech_is_no_tone(name):
    assert not is_tones(Heard(prompt(name), 8000))


@pytest.mark.parametrize("size", [800, 1])
def test_too_short_to_tell(size):
    assert not is_tones(Heard(tone((440,))[:size], 8000))


KEYS = ((697, 1209), (770, 1336), (852, 1477), (941, 1336), (697, 1477))


def silence(seconds):
    return np.zeros(round(seconds * 8000), np.int16)


def keyed(on_s, off_s):
    return [part for key in KEYS for part in (tone(key, on_s), silence(off_s))]


def rung(freqs, on_s, off_s, times):
    return [tone(freqs, on_s), silence(off_s)] * times


BEFORE = {
    "ring-back": rung((425,), 1, 4, 2),
    "American ring-back": rung((440, 480), 2, 4, 1),
    "British ring-back": [*rung((400, 450), 0.4, 0.2, 2), silence(2)],
    "dial tone": [tone((350, 440), 2)],
    "busy": rung((480, 620), 0.5, 0.5, 4),
    "congestion": rung((480, 620), 0.25, 0.25, 6),
    "fax": rung((1100,), 0.5, 3, 2),
    "short keys": keyed(0.05, 0.05),
    "keys": keyed(0.1, 0.1),
    "uneven keys": keyed(0.07, 0.05),
    "slow keys": keyed(0.06, 0.1),
}


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("law", LAWS)
def test_speech_after_tones_has_nothing(before, law):
    samples = np.concatenate((*BEFORE[before], prompt("order")))
    assert diagnose(LAWS[law](samples)).fault == "none"


@pytest.mark.parametrize("law", LAWS)
def test_keys_between_words_are_not_lost(law):
    keys = np.concatenate((silence(0.1), *keyed(0.08, 0.08), silence(0.2)))
    samples = np.concatenate((prompt("order"), keys, prompt("sorry")))
    assert diagnose(LAWS[law](samples)).fault == "none"


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("severity", [0, 1, 2])
def test_frames_that_are_lost_after_tones_are_found(before, severity):
    lost, _ = break_audio("packet-loss", prompt("order"), 8000, severity, seed=2)
    tones = np.concatenate(BEFORE[before])
    whole = tones[: tones.size // 800 * 800]
    assert diagnose(np.concatenate((whole, lost))).fault == "packet-loss"


@pytest.mark.parametrize("hz", [1000, 2000])
@pytest.mark.parametrize("law", LAWS)
def test_a_whistle_behind_speech_stays(hz, law):
    said = prompt("order")
    samples = said // 2 + tone((hz,), said.size / 8000, 1600)[: said.size]
    assert diagnose(LAWS[law](samples)).fault == "none"


@pytest.mark.parametrize("name", ["greeting", "order", "yes"])
def test_speech_keeps_what_rings_in_it(name):
    heard = Heard(prompt(name), 8000)
    assert without_tones(heard) is heard


def test_tones_are_silenced_and_nothing_else():
    samples = np.concatenate((*BEFORE["keys"], prompt("order"))) + np.int16(40)
    left = without_tones(Heard(samples, 8000)).samples
    size = samples.size - prompt("order").size
    assert np.ptp(left[:size]) <= 4
    assert np.array_equal(left[size:], samples[size:])


def test_what_is_silenced_leaves_the_levels_of_a_law():
    keys = np.concatenate(keyed(0.1, 0.1)) + np.int16(3)
    samples = np.concatenate((keys, silence(0.5), prompt("greeting"), prompt("order")))
    heard, rate_hz = break_audio("continuous-mulaw", samples, 8000, 0)
    silenced = without_tones(Heard(heard, rate_hz)).samples
    assert not np.array_equal(silenced, heard)
    assert set(silenced) <= set(heard)
    assert diagnose(heard).fault == "continuous-mulaw"
