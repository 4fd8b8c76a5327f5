from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicelab.audio.g711 import alaw_decode, alaw_encode, ulaw_decode, ulaw_encode
from voicelab.errors import FormatError

SWEEP = np.arange(-32768, 32768).astype(np.int16)
CODES = bytes(range(256))
LAWS = [(ulaw_encode, ulaw_decode), (alaw_encode, alaw_decode)]

# SHA-256 of what the ITU-T G.191 reference gives: wire bytes of all samples in ascending order,
# their decoded samples, and the samples of codes 0 to 255, each as int16 little-endian.
REFERENCE = {
    ulaw_encode: (
        "90c29de505fb68e766118303bd552a16005dcf810873698bee1d8f3b247ce28c",
        "cf9f90195534a105f211b1fb5c511ab45ee76827ac0987d6cc804afb897ef0f6",
        "3dab54339e520bb2c924826e3b72a917a2b612e9fd12fc867500f1d983a75827",
    ),
    alaw_encode: (
        "38488f6fd710f4686360edc4d38639f96c491595ef93f8eb8d62d5e07ca6ce7b",
        "faf8570479a0e7d0e1da55d48c42e76961d0e5c285c35d42e9f6dafbafae8a35",
        "e04788d110e58ff8c70c93b8480190d973e3b67876b6119abbaec766cc75c174",
    ),
}


def sha256(array):
    return hashlib.sha256(array.astype(array.dtype.newbyteorder("<")).tobytes()).hexdigest()


@pytest.mark.parametrize(("encode", "decode"), LAWS)
def test_every_sample_and_code_is_as_in_the_reference(encode, decode):
    wire = encode(SWEEP)
    assert (sha256(wire), sha256(decode(wire)), sha256(decode(CODES))) == REFERENCE[encode]


def test_where_older_encoders_differ():
    assert ulaw_encode(np.array([-31612], np.int16)).tolist() == [1]


@pytest.mark.parametrize(("encode", "decode"), LAWS)
def test_decoded_levels_are_fixed_points(encode, decode):
    levels = decode(CODES)
    assert decode(encode(levels)).tolist() == levels.tolist()


@pytest.mark.parametrize(("encode", "decode"), LAWS)
def test_decoding_is_monotonic_and_close(encode, decode):
    decoded = decode(encode(SWEEP)).astype(int)
    assert (np.diff(decoded) >= 0).all()
    error = np.abs(decoded - SWEEP)
    assert (error <= np.maximum(16, np.abs(SWEEP.astype(int)) / 25)).all()


@pytest.mark.parametrize(("encode", "decode"), LAWS)
@given(shape=st.lists(st.integers(0, 4), min_size=1, max_size=3), seed=st.integers(0, 99))
def test_shape_and_type_are_kept(encode, decode, shape, seed):
    samples = np.random.default_rng(seed).integers(-32768, 32768, shape).astype(np.int16)
    wire = encode(samples)
    assert (wire.shape, wire.dtype) == (samples.shape, np.uint8)
    assert (decode(wire).shape, decode(wire).dtype) == (samples.shape, np.int16)


def test_a_strided_array_is_taken():
    assert ulaw_encode(SWEEP[::-2]).tolist() == ulaw_encode(SWEEP)[::-2].tolist()


@pytest.mark.parametrize("view", [bytes, bytearray, memoryview])
def test_any_bytes_are_decoded(view):
    assert ulaw_decode(view(CODES)).tolist() == ulaw_decode(np.arange(256, dtype=np.uint8)).tolist()


@pytest.mark.parametrize("encode", [ulaw_encode, alaw_encode])
@pytest.mark.parametrize(
    "samples", [np.array([0.5]), np.array([40000]), np.array([1], np.uint16), [1, 2], b"\0\0"]
)
def test_only_int16_is_encoded(encode, samples):
    with pytest.raises(FormatError, match="int16"):
        encode(samples)


@pytest.mark.parametrize("decode", [ulaw_decode, alaw_decode])
@pytest.mark.parametrize("codes", [np.array([1]), np.array([-1], np.int8), [1, 2], "text"])
def test_only_bytes_are_decoded(decode, codes):
    with pytest.raises(FormatError, match="uint8"):
        decode(codes)
