"""What WAV headers promise."""

import io
import struct

import numpy as np
import pytest
import soundfile

from voicelab.audio.wav import wav_bytes
from voicelab.store.riff import read_promise


def promise(data: bytes):
    return read_promise(io.BytesIO(data))


def with_length(data: bytes, length: int) -> bytes:
    return data[:40] + struct.pack("<I", length) + data[44:]


WHOLE = wav_bytes(np.arange(8000, dtype=np.int16), 8000)


def test_a_whole_file_lacks_nothing():
    assert promise(WHOLE).missing_s == 0
    assert promise(WHOLE + b"LIST\4\0\0\0abcd").missing_s == 0


def test_what_is_missing_is_told_in_seconds():
    assert promise(WHOLE[: 44 + 4000]).missing_s == 0.75
    assert promise(WHOLE[:-1]).missing_s == 1 / 16000
    assert promise(WHOLE[:44]).missing_s == 1.0


@pytest.mark.parametrize("length", [0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000])
def test_a_length_that_whoever_wrote_it_did_not_know_promises_nothing(length):
    found = promise(with_length(WHOLE, length))
    assert found.data_bytes is None
    assert found.missing_s == 0


def test_a_header_that_was_never_finished():
    assert promise(with_length(WHOLE, 0)).unfinished
    assert not promise(WHOLE).unfinished
    assert not promise(with_length(WHOLE[:44], 0)).unfinished


@pytest.mark.parametrize("kind", [("WAVEX", "PCM_24"), ("RF64", "PCM_16"), ("WAV", "DOUBLE")])
def test_other_kinds_of_wav(kind):
    file = io.BytesIO()
    soundfile.write(file, np.zeros((8000, 2)), 8000, format=kind[0], subtype=kind[1])
    whole = file.getvalue()
    assert promise(whole).missing_s == 0
    begin = len(whole) - promise(whole).there_bytes
    half = whole[: begin + promise(whole).data_bytes // 2]
    assert promise(half).missing_s == pytest.approx(0.5)


@pytest.mark.parametrize(
    "data",
    [b"", b"RIFF", WHOLE[:12], WHOLE[:30], WHOLE[:36], b"fLaC" + bytes(40), b"RIFF\0\0\0\0AVI "],
)
def test_what_is_no_wav_or_has_no_samples_promises_nothing(data):
    assert promise(data) is None


def test_a_rate_of_nothing_is_no_division():
    assert promise(WHOLE[:28] + bytes(4) + WHOLE[32:50]).missing_s == 0
