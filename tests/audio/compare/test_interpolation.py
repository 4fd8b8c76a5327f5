import numpy as np
import pytest

from voicelab.audio.compare.interpolation import rows, shifted


def tone(at):
    return 10000 * np.sin(2 * np.pi * 0.11 * at)


def test_a_tone_is_moved_by_parts_of_a_sample():
    ref = np.rint(tone(np.arange(8000))).astype(np.int16)
    got = shifted(ref, 1000, 3000, 12.37, 1e-4)
    at = np.arange(1000, 3000)
    assert np.abs(got - tone(at - 12.37 - 1e-4 * at)).max() < 100
    assert got.dtype == np.float32


@pytest.mark.parametrize("lag", [0, 7, -7])
def test_whole_samples_are_the_references_own(lag):
    ref = np.arange(100, dtype=np.int16)
    assert shifted(ref, 10, 20, lag, 0.0).tolist() == list(range(10 - lag, 20 - lag))


def test_outside_there_is_silence():
    ref = np.full(300, 1000, np.int16)
    assert not shifted(ref, 400, 700, 0.5, 0.0)[:200].any()
    assert not shifted(ref, -900, -600, 0.5, 0.0).any()
    assert shifted(ref, 5, 5, 0.5, 0.0).shape == (0,)


def test_rows_begin_where_they_are_asked_to():
    ref = np.rint(tone(np.arange(4000))).astype(np.int16)
    places = np.array([100.25, 2000.5])
    got = rows(ref, places, 256)
    for row, place in zip(got, places, strict=True):
        assert np.abs(row - tone(place + np.arange(256))).max() < 100
