from __future__ import annotations

import io
import struct
import wave

import numpy as np
import pytest
import soundfile

from voicelab.audio.wav import HEADER_BYTES, wav_bytes, wav_header
from voicelab.errors import FormatError


def sizes(header):
    return struct.unpack_from("<I", header, 4)[0], struct.unpack_from("<I", header, 40)[0]


def test_the_header_byte_for_byte():
    assert wav_header(320, 8000) == (
        b"RIFF\x64\x01\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00"
        b"\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data\x40\x01\x00\x00"
    )
    assert len(wav_header(320, 8000)) == HEADER_BYTES == 44


@pytest.mark.parametrize(("rate_hz", "channels"), [(8000, 1), (16000, 2), (24000, 1)])
def test_independent_readers_agree(rate_hz, channels):
    rng = np.random.default_rng(3)
    samples = rng.integers(-32768, 32768, (rate_hz // 10, channels)).astype(np.int16)
    data = wav_bytes(samples, rate_hz)
    read, read_hz = soundfile.read(io.BytesIO(data), dtype="int16", always_2d=True)
    assert read_hz == rate_hz
    assert np.array_equal(read, samples)
    with wave.open(io.BytesIO(data)) as reader:
        assert reader.getparams()[:4] == (channels, 2, rate_hz, rate_hz // 10)


def test_mono_is_one_dimensional_or_one_column():
    samples = np.arange(10, dtype=np.int16)
    assert wav_bytes(samples, 8000) == wav_bytes(samples[:, None], 8000)
    assert wav_bytes(samples[:0], 8000) == wav_header(0, 8000)


def test_a_strided_view_is_written_in_its_order():
    samples = np.arange(10, dtype=np.int16)
    assert wav_bytes(samples[::2], 8000)[44:] == samples[::2].tobytes()


def test_sizes_stay_at_their_limit():
    limit = 0xFFFFFFFF
    assert sizes(wav_header(limit - 37, 8000)) == (limit - 1, limit - 37)
    assert sizes(wav_header(limit - 1, 8000)) == (limit, limit - 1)
    assert sizes(wav_header(limit + 1, 8000)) == (limit, limit)
    assert sizes(wav_header(1 << 40, 8000)) == (limit, limit)


@pytest.mark.parametrize(
    "numbers", [(-2, 8000, 1), (1, 8000, 1), (2, 8000, 2), (0, 0, 1), (0, 8000, 0)]
)
def test_impossible_numbers_are_refused(numbers):
    with pytest.raises(FormatError):
        wav_header(*numbers)


@pytest.mark.parametrize("samples", [np.zeros(4), np.int16(3), np.zeros((1, 1, 1), np.int16)])
def test_other_arrays_are_refused(samples):
    with pytest.raises(FormatError):
        wav_bytes(samples, 8000)
