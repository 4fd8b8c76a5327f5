from __future__ import annotations

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from voicelab.audio.format import FORMATS, AudioFormat
from voicelab.errors import FormatError
from voicelab.sim.caller import Caller

L16 = AudioFormat("l16", 8000)
MULAW = AudioFormat("mulaw", 8000)


def tone(samples: int, rate_hz: int, hz: float = 440.0) -> np.ndarray:
    return np.rint(8000 * np.sin(2 * np.pi * hz * np.arange(samples) / rate_hz)).astype(np.int16)


def test_l16_of_the_same_rate_is_carried_bit_for_bit(tmp_path):
    said = tone(400, 8000)
    soundfile.write(tmp_path / "a.wav", said, 8000, subtype="PCM_16")
    caller = Caller.from_file(tmp_path / "a.wav", L16)
    assert caller.notes == ()
    assert caller.duration_s == 0.05
    assert caller.frames == 3
    wire = b"".join(caller.frame(i) for i in range(4))
    assert wire == said.astype("<i2").tobytes() + bytes(2 * 240)
    assert np.array_equal(caller.pcm(4), np.concatenate([said, np.zeros(240, np.int16)]))
    assert repr(caller) == "<Caller 0.05 s at l16/8000>"


def test_the_byte_order_is_the_lines():
    caller = Caller.from_samples(np.array([1, -2] * 80, np.int16), 8000, L16)
    assert caller.frame(0, "little")[:4] == b"\x01\x00\xfe\xff"
    assert caller.frame(0, "big")[:4] == b"\x00\x01\xff\xfe"


@pytest.mark.parametrize("format", FORMATS, ids=str)
def test_pcm_is_what_the_frames_decode_to(format):
    caller = Caller.from_samples(tone(1111, format.rate_hz), format.rate_hz, format)
    for frames in (0, 1, caller.frames, caller.frames + 5):
        wire = b"".join(caller.frame(i) for i in range(frames))
        assert np.array_equal(caller.pcm(frames), format.to_int16(wire))
        assert len(wire) == frames * format.frame_bytes(20)


def test_what_the_line_loses_is_told():
    assert Caller.from_samples(tone(800, 8000), 8000, MULAW).notes == (
        "mu-law encoding of 16-bit audio",
    )
    assert Caller.from_samples(tone(800, 16_000), 16_000, L16).notes == (
        "16,000 Hz resampled to 8,000 Hz",
    )
    already = MULAW.to_int16(bytes(range(256)))
    assert Caller.from_samples(already, 8000, MULAW).notes == ()


@pytest.mark.parametrize("rate_hz", [11_025, 16_000, 22_050, 32_000, 44_100, 48_000])
@pytest.mark.parametrize("to", ["l16/8000", "l16/16000"])
def test_any_rate_becomes_the_lines_at_the_same_level(rate_hz, to):
    format = AudioFormat.parse(to)
    caller = Caller.from_samples(tone(25 * rate_hz, rate_hz), rate_hz, format)
    assert caller.duration_s == 25
    samples = caller.samples[1000 : 24 * format.rate_hz]
    expected = tone(25 * format.rate_hz, format.rate_hz)[1000 : 24 * format.rate_hz]
    assert np.abs(samples.astype(int) - expected).max() <= 80  # 1 % of the level, no seam


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 400), st.integers(4000, 96_000))
def test_any_length_and_rate_gives_whole_frames(samples, rate_hz):
    caller = Caller.from_samples(np.ones(samples, np.int16), rate_hz, L16)
    assert caller.frames >= 1
    assert len(caller.samples) == caller.frames * 160
    assert caller.duration_s == pytest.approx(samples / rate_hz, abs=1 / 8000)


def test_samples_that_are_no_caller_are_refused():
    with pytest.raises(FormatError, match="one-dimensional int16"):
        Caller.from_samples(np.zeros(10), 8000, L16)
    with pytest.raises(FormatError, match="makes no sense"):
        Caller.from_samples(np.zeros(10, np.int16), 0, L16)
    with pytest.raises(FormatError, match="longer than 3 hours"):
        Caller.from_samples(np.zeros(10_801, np.int16), 1, L16)
