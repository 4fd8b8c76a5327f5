from __future__ import annotations

from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicelab.audio import FORMATS, AudioFormat
from voicelab.errors import FormatError

L16 = AudioFormat("l16", 8000)
MULAW = AudioFormat("mulaw", 8000)
ALAW = AudioFormat("alaw", 8000)


def test_the_vocabulary_is_these_five():
    names = [str(format_) for format_ in FORMATS]
    assert names == ["l16/8000", "l16/16000", "l16/24000", "mulaw/8000", "alaw/8000"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("l16/8000", "l16/8000"),
        ("L16/24000", "l16/24000"),
        ("audio/x-l16;rate=8000", "l16/8000"),
        ("audio/l16; rate=16000", "l16/16000"),
        (" Audio/X-L16 ; Rate = 24000 ", "l16/24000"),
        ("audio/x-mulaw;rate=8000", "mulaw/8000"),
        ("audio/x-mulaw", "mulaw/8000"),
        ("mulaw", "mulaw/8000"),
        ("PCMU/8000", "mulaw/8000"),
        ("pcmu", "mulaw/8000"),
        ("PCMA", "alaw/8000"),
        ("audio/x-alaw", "alaw/8000"),
    ],
)
def test_parse_reads_every_spelling(text, name):
    assert str(AudioFormat.parse(text)) == name


@pytest.mark.parametrize("format_", FORMATS, ids=str)
def test_a_format_reads_its_own_names(format_):
    assert AudioFormat.parse(format_) is format_
    assert AudioFormat.parse(str(format_)) == format_
    assert AudioFormat.parse(format_.content_type) == format_
    assert AudioFormat.of_wire(format_.mime, format_.rate_hz) == format_


@pytest.mark.parametrize(
    "text",
    [
        "",
        "l16",
        "audio/x-l16",
        "l16/44100",
        "mulaw/16000",
        "audio/basic",
        "opus/48000",
        "l16/8000 extra",
        "l16/８０００",
        "l16/" + "9" * 5000,
        None,
        8000,
    ],
)
def test_parse_refuses_anything_else_and_names_the_five(text):
    with pytest.raises(FormatError) as refusal:
        AudioFormat.parse(text)
    message = str(refusal.value)
    assert str(text) in message
    assert "l16/8000, l16/16000, l16/24000, mulaw/8000, alaw/8000" in message


@pytest.mark.parametrize("pair", [("l16", 11025), ("mulaw", 16000), ("pcm", 8000), (None, None)])
def test_a_format_outside_the_vocabulary_cannot_be_built(pair):
    with pytest.raises(FormatError):
        AudioFormat(*pair)


def test_a_format_is_a_value():
    assert len({L16, AudioFormat.parse("l16/8000")}) == 1
    with pytest.raises(FrozenInstanceError):
        L16.rate_hz = 16000


@pytest.mark.parametrize(
    ("encoding", "rate_hz", "name"),
    [
        ("audio/x-mulaw", 8000, "mulaw/8000"),
        ("audio/x-l16;rate=8000", 16000, "l16/16000"),
        ("audio/x-l16;rate=16000", None, "l16/16000"),
        ("audio/x-alaw", None, "alaw/8000"),
    ],
)
def test_of_wire_reads_a_media_format(encoding, rate_hz, name):
    assert str(AudioFormat.of_wire(encoding, rate_hz)) == name


@pytest.mark.parametrize(
    ("encoding", "rate_hz"),
    [(None, 8000), (None, None), ("audio/x-l16", None), ("audio/x-mulaw", 16000)],
)
def test_of_wire_refuses_what_is_incomplete_or_unknown(encoding, rate_hz):
    with pytest.raises(FormatError):
        AudioFormat.of_wire(encoding, rate_hz)


def test_names_on_the_wire():
    assert L16.mime == "audio/x-l16"
    assert L16.content_type == "audio/x-l16;rate=8000"
    assert MULAW.content_type == "audio/x-mulaw;rate=8000"


@pytest.mark.parametrize(
    ("name", "samples", "nbytes"),
    [
        ("l16/8000", 160, 320),
        ("l16/16000", 320, 640),
        ("l16/24000", 480, 960),
        ("mulaw/8000", 160, 160),
        ("alaw/8000", 160, 160),
    ],
)
def test_a_frame_is_20_ms(name, samples, nbytes):
    format_ = AudioFormat.parse(name)
    assert (format_.frame_samples(), format_.frame_bytes()) == (samples, nbytes)
    assert format_.duration_ms(nbytes) == 20.0
    assert format_.frame_bytes(60) == 3 * nbytes


def test_pcm_of_l16():
    data = bytes([0x01, 0x02, 0xFF, 0x80])
    assert L16.to_pcm(data) is data
    assert L16.to_pcm(data, "big") == bytes([0x02, 0x01, 0x80, 0xFF])
    assert L16.to_int16(data).tolist() == [0x0201, -0x7F01]
    assert L16.to_int16(data, "big").tolist() == [0x0102, -0x80]


@pytest.mark.parametrize("order", ["big", "little"])
def test_pcm_of_the_laws_knows_no_byte_order(order):
    assert MULAW.to_int16(b"\xff\x00", order).tolist() == [0, -32124]
    assert MULAW.to_pcm(b"\xff\x00", order) == np.array([0, -32124], "<i2").tobytes()
    assert ALAW.to_pcm(b"\xd5", order) == b"\x08\x00"
    assert MULAW.from_int16(np.array([0], np.int16), order) == b"\xff"


@pytest.mark.parametrize("order", ["big", "little"])
@pytest.mark.parametrize("format_", FORMATS, ids=str)
@given(data=st.binary(max_size=64).filter(lambda data: len(data) % 2 == 0))
def test_samples_and_pcm_agree_and_come_back(format_, order, data):
    samples = format_.to_int16(data, order)
    assert samples.dtype == np.int16
    assert format_.to_pcm(data, order) == samples.astype("<i2").tobytes()
    again = format_.from_int16(samples, order)
    if format_ == MULAW:  # two codes of mu-law mean 0
        data = data.replace(b"\x7f", b"\xff")
    assert again == data


@pytest.mark.parametrize("read", [L16.to_pcm, L16.to_int16])
def test_half_a_sample_is_refused(read):
    with pytest.raises(FormatError, match="3 bytes"):
        read(b"\0\0\0")


@pytest.mark.parametrize("format_", FORMATS, ids=str)
@pytest.mark.parametrize("samples", [np.array([0.5]), np.array([40000]), np.array([1], ">i2"), [1]])
def test_only_int16_becomes_wire_bytes(format_, samples):
    with pytest.raises(FormatError, match="int16"):
        format_.from_int16(samples)


def test_silence():
    assert L16.silence(2) == b"\0\0\0\0"
    assert MULAW.silence(2) == b"\xff\xff"
    assert ALAW.silence(2) == b"\xd5\xd5"
    for format_ in FORMATS:
        assert np.abs(format_.to_int16(format_.silence(160))).max() <= 8
