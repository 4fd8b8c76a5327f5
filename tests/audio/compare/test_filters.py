"""A recording through a telephone's band, against a reference that has all of it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from voicelab.audio.clip import Audio
from voicelab.audio.compare import check
from voicelab.audio.compare.filters import line_filter
from voicelab.audio.compare.tracking import track
from voicelab.audio.g711 import ulaw_decode, ulaw_encode

FILTERS = {
    "telephone": signal.butter(4, [300, 3400], "band", fs=8000, output="sos"),
    "G.712": signal.ellip(5, 0.25, 35, [300, 3400], "band", fs=8000, output="sos"),
    "gentle": signal.butter(2, [300, 3400], "band", fs=8000, output="sos"),
    "high-pass": signal.butter(4, 300, "high", fs=8000, output="sos"),
}


def filtered(samples, name, delay=800):
    late = np.concatenate((np.zeros(delay), samples))
    return np.clip(np.rint(signal.sosfilt(FILTERS[name], late)), -32768, 32767).astype(np.int16)


def mulaw(samples):
    return ulaw_decode(ulaw_encode(samples))


def report(heard, said):
    return check(Audio(heard, 8000), Audio(said, 8000), scores=False)


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_filter_is_no_fault(speech, name, sign):
    got = report(mulaw(filtered(sign * speech, name)), speech)
    assert got.faults == ()
    assert len(got.alignment.segments) == 1
    assert got.alignment.delay_ms == pytest.approx(100, abs=0.5)
    assert got.alignment.drift_ppm == 0
    assert got.inverted in (sign < 0, None)
    assert "a filter is on the way" in got.verdict
    assert got.line.low_hz == pytest.approx(270, abs=60)


def test_the_band_is_told_and_polarity_with_it(speech):
    got = report(filtered(speech, "telephone"), speech)
    assert got.inverted is False
    assert got.line.high_hz == pytest.approx(3450, abs=100)
    told = got.as_dict()
    assert told["filtered"]
    assert (told["low_hz"], told["high_hz"]) == (round(got.line.low_hz), round(got.line.high_hz))
    rows = dict(row[:2] for row in got.rows())
    assert rows["polarity"] == "the same"
    assert rows["filter"].endswith("Hz")


def test_polarity_that_cannot_be_told_is_not_told(speech):
    turning = signal.butter(8, 300, "high", fs=8000, output="sos")
    heard = np.rint(signal.sosfilt(turning, speech.astype(float))).astype(np.int16)
    got = report(heard, speech)
    assert got.inverted is None
    assert got.as_dict()["inverted"] is None
    assert "polarity cannot be told" in got.verdict
    assert got.faults == ()


def test_gaps_and_drift_are_found_behind_a_filter(speech, through, loud_frames):
    heard = filtered(through(speech, 0.0, 60), "telephone", delay=0)
    lost = loud_frames[10:-10:12]
    for frame in lost:
        heard[frame * 160 : (frame + 1) * 160] = 0
    got = report(mulaw(heard), speech)
    assert got.line is not None
    assert got.alignment.drift_ppm == pytest.approx(60, abs=1)
    gaps = [fault for fault in got.faults if fault.kind == "gap"]
    assert len(gaps) == len(lost)
    assert len(got.alignment.segments) == 1


@pytest.mark.parametrize("kind", ["mulaw", "noise", "late", "drift", "inverted", "quiet"])
def test_what_is_no_filter_is_not_taken_for_one(speech, through, noisy, kind):
    heard = {
        "mulaw": lambda: mulaw(speech),
        "noise": lambda: noisy(speech, 8),
        "late": lambda: through(speech, 0.10006, 0),
        "drift": lambda: through(speech, -0.2, 100),
        "inverted": lambda: -speech,
        "quiet": lambda: speech // 30,
    }[kind]()
    assert line_filter(heard, speech, track(heard, speech, 8000), 8000) is None


@pytest.mark.parametrize("frame_ms", [20, 40])
@pytest.mark.parametrize("seconds", [4, 10])
@pytest.mark.parametrize("every", [4, 8])
def test_what_is_lost_is_no_filter(speech, frame_ms, seconds, every):
    said = speech[: seconds * 8000]
    frames = said[: len(said) // (frame_ms * 8) * frame_ms * 8].reshape(-1, frame_ms * 8).copy()
    power = (frames.astype(float) ** 2).mean(axis=1)
    loud = np.flatnonzero(power > power.mean())
    frames[loud[::every]] = 0
    got = report(frames.ravel(), said)
    assert got.line is None
    assert "filter" not in got.verdict


def test_a_loud_reference_is_not_clipped(speech):
    loud = np.clip(speech.astype(int) * 4, -32768, 32767).astype(np.int16)
    heard = filtered(loud // 2, "telephone")
    line = line_filter(heard, loud, track(heard, loud, 8000), 8000)
    said = line.apply(loud)
    assert len(said) == len(loud)
    assert np.abs(said.astype(int)).max() <= 32767
    assert report(heard, loud).gain_db == pytest.approx(-6, abs=0.5)


def test_too_little_tells_no_filter(speech):
    short = speech[16000:24000]
    heard = filtered(short, "telephone", delay=0)
    assert line_filter(heard, short, track(heard, short, 8000), 8000) is None
