import numpy as np

from voicelab.analysis.exact import compare_samples

RAMP = np.arange(100, dtype=np.int16)


def test_equal_is_exact():
    assert compare_samples(RAMP, RAMP.copy()).exact


def test_a_difference_is_located():
    other = RAMP.copy()
    other[[40, 50]] += 1
    verdict = compare_samples(other, RAMP)
    assert not verdict.exact
    assert "2 of 100 samples" in verdict.reason
    assert "sample 40" in verdict.reason


def test_a_difference_of_length_is_told():
    verdict = compare_samples(RAMP[:90], RAMP)
    assert (verdict.exact, "90" in verdict.reason) == (False, True)


def test_nothing_is_not_exact():
    assert not compare_samples(RAMP[:0], RAMP[:0]).exact
