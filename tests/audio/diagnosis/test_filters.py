"""A line that lets low tones not pass is no fault, and hides none."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import butter, ellip, firwin, lfilter, resample_poly, sosfilt

from tests.audio.diagnosis.voices import as_int16, noisy, prompt
from voicelab.audio.clip import Audio
from voicelab.audio.diagnosis import diagnose
from voicelab.audio.diagnosis.against import Reference
from voicelab.audio.diagnosis.against.filters import fitted, through
from voicelab.audio.diagnosis.against.laid import lay
from voicelab.audio.diagnosis.against.moments import steps
from voicelab.audio.diagnosis.faults import FAULTS, break_audio
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.g711 import alaw_decode, alaw_encode

RATE_HZ = 8000
AT_OTHER_RATES = {"rate-half": 16_000, "rate-44100-48000": 44_100, "chunk-clicks": 16_000}


def deep(rate_hz=RATE_HZ):
    """A voice a third deeper than the prompts', which has much below what a line lets pass."""
    said = np.concatenate((prompt("greeting", rate_hz), prompt("order", rate_hz)))
    return as_int16(0.9 * resample_poly(said.astype(np.float64), 3, 2))


def butterworth(order, low_hz, high_hz):
    def line(samples, rate_hz):
        sos = butter(order, (low_hz, high_hz), "bandpass", fs=rate_hz, output="sos")
        return sosfilt(sos, samples)

    return line


def elliptic(samples, rate_hz):
    return sosfilt(ellip(4, 0.2, 30, (250, 3500), "bandpass", fs=rate_hz, output="sos"), samples)


def finite(samples, rate_hz):
    return lfilter(firwin(129, (300, 3400), pass_zero=False, fs=rate_hz), 1.0, samples)


LINES = {
    "Butterworth, 4": butterworth(4, 300, 3400),
    "Butterworth, 6": butterworth(6, 300, 3400),
    "wider": butterworth(4, 200, 3600),
    "wider, 6": butterworth(6, 200, 3600),
    "narrow": butterworth(5, 350, 3000),
    "elliptic": elliptic,
    "FIR": finite,
}


def over(line, samples, rate_hz=RATE_HZ):
    return as_int16(LINES[line](samples.astype(np.float64), rate_hz))


@pytest.mark.parametrize("snr_db", [None, 8])
@pytest.mark.parametrize("line", LINES)
def test_a_line_is_nothing_wrong(line, snr_db):
    said = deep()
    heard = over(line, noisy(said, snr_db, np.random.default_rng(4)))
    for each in (heard, -heard, alaw_decode(alaw_encode(heard)), as_int16(0.2 * heard)):
        assert diagnose(Audio(each, RATE_HZ), Audio(said, RATE_HZ)).fault == "none"


@pytest.mark.parametrize("line", LINES)
def test_the_lag_does_not_step_with_the_pitch(line):
    laid = lay(Heard(over(line, deep()), RATE_HZ), Reference(deep(), RATE_HZ))
    assert len(laid[0].segments) == 1
    assert laid[0].likeness > 0.99


@pytest.mark.parametrize("snr_db", [None, 20])
@pytest.mark.parametrize("line", ["Butterworth, 4", "wider, 6"])
@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_named_behind_a_line(fault, line, snr_db):
    rate_hz = AT_OTHER_RATES.get(fault, RATE_HZ)
    said = deep(rate_hz)
    sent = over(line, noisy(said, snr_db, np.random.default_rng(5)), rate_hz)
    heard, heard_hz = break_audio(fault, sent, rate_hz, 1, seed=3)
    assert diagnose(Audio(heard, heard_hz), Audio(said, rate_hz)).fault == fault


@pytest.mark.parametrize(("frame", "every"), [(160, 40), (160, 25), (320, 12), (1344, 25)])
def test_frames_that_are_cut_out_behind_a_line(frame, every):
    sent = over("Butterworth, 4", deep())
    frames = sent[: sent.size // frame * frame].reshape(-1, frame)
    kept = np.arange(len(frames)) % every != every // 2
    laid = lay(Heard(frames[kept].ravel(), RATE_HZ), Reference(deep(), RATE_HZ))
    left_out = [step.length for step in steps(laid[0]) if step.length < 0]
    assert -sum(left_out) == pytest.approx(frame * np.count_nonzero(~kept), abs=frame)
    assert laid[0].likeness > 0.97
    found = diagnose(Audio(frames[kept].ravel(), RATE_HZ), Audio(deep(), RATE_HZ))
    assert found.fault == "packet-loss"


@pytest.mark.parametrize("ppm", [-200, 120])
@pytest.mark.parametrize("line", ["wider", "Butterworth, 6"])
def test_another_clock_behind_a_line_is_nothing_wrong(line, ppm):
    finer = resample_poly(over(line, deep()).astype(np.float64), 8, 1)
    at = np.arange(int(deep().size / (1 + abs(ppm) * 1e-6))) * (1 + ppm * 1e-6)
    heard = as_int16(np.interp(8 * at, np.arange(finer.size), finer))
    assert diagnose(Audio(heard, RATE_HZ), Audio(deep(), RATE_HZ)).fault == "none"


def test_the_other_polarity_is_said_of_a_high_pass_that_tells_it():
    said = deep()
    high = sosfilt(butter(1, 200, "highpass", fs=RATE_HZ, output="sos"), said.astype(np.float64))
    for sign in (1, -1):
        found = diagnose(Audio(as_int16(sign * high), RATE_HZ), Audio(said, RATE_HZ))
        assert found.fault == "none"
        assert ("inverted" in found.verdict) == (sign < 0)


def test_a_filter_is_told_by_what_went_through_it():
    rng = np.random.default_rng(6)
    said = rng.normal(0, 1000, 9000)
    taps = np.array([0.0, 0.5, -1.0, 0.25, 0.1])
    heard = lfilter(taps, 1.0, said)
    found = fitted([(heard[10:-10], said[10 - 6 : -10 + 6])], 6)
    assert np.allclose(found[6 : 6 + taps.size], taps, atol=0.01)
    loud = np.where(np.arange(4000) < 2000, heard[1000:5000], rng.normal(0, 20_000, 4000))
    filtered = through(loud, said, 1000, RATE_HZ, 0.002)
    assert np.corrcoef(filtered, heard)[0, 1] > 0.95


def test_a_piece_that_hardly_overlaps_tells_no_filter():
    said = np.arange(100.0)
    assert through(said, said, 90, RATE_HZ, 0.005) is said
