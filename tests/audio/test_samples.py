from __future__ import annotations

import numpy as np
import pytest

from voicelab.audio.samples import require_int16, scaled, type_of
from voicelab.errors import FormatError


def test_int16_of_any_shape_passes():
    require_int16(np.zeros((2, 3), np.int16))
    require_int16(np.zeros(0, np.int16))


@pytest.mark.parametrize(
    "value", [np.zeros(1), np.zeros(1, ">i2"), np.zeros(1, np.int32), [0], b"", 0]
)
def test_anything_else_is_refused_by_its_name(value):
    with pytest.raises(FormatError, match=str(type_of(value))):
        require_int16(value)


def test_type_of():
    assert str(type_of(np.zeros(1))) == "float64"
    assert type_of([1]) == "list"


def test_floats_are_shares_of_full_scale_and_clipped_beyond_it():
    wide = np.array([[0.0, 0.5], [-1.0, 1.0], [1.5, -1.5]])
    assert scaled(wide).tolist() == [[0, 16384], [-32768, 32767], [32767, -32768]]
    assert scaled(wide.astype(np.float32)).dtype == np.int16
    assert scaled(np.zeros(0)).size == 0


def test_int16_is_left_alone_and_of_this_machine():
    samples = np.array([1, -2], np.int16)
    assert scaled(samples) is samples
    assert scaled(samples.astype(">i2")).tolist() == [1, -2]


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        (np.array([0, np.nan, np.inf]), "x.wav cannot be used: 2 of 3 samples are no numbers"),
        (np.array([16_000.0]), "x.wav holds floats that reach 16,000, and full scale is 1"),
        (np.zeros(1, np.int32), "x.wav holds samples of int32: give int16, or floats"),
    ],
)
def test_what_cannot_be_scaled_is_refused_by_its_name(samples, words):
    with pytest.raises(FormatError, match=words):
        scaled(samples, "x.wav")
