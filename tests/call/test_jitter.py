import pytest

from voicelab.call.jitter import Jitter


def test_a_steady_stream_has_none():
    jitter = Jitter()
    assert jitter.add(1000) is None
    assert {jitter.add(1000) for _ in range(50)} == {0}
    assert jitter.ms == 0


def test_the_estimate_is_that_of_rfc_3550():
    jitter = Jitter()
    jitter.add(0)
    assert jitter.add(16) == 16
    assert jitter.ms == pytest.approx(16 / 16)
    assert jitter.add(0) == 16
    assert jitter.ms == pytest.approx(1 + (16 - 1) / 16)


def test_a_restart_forgets_the_distance_but_not_the_estimate():
    jitter = Jitter()
    jitter.add(0)
    jitter.add(16)
    jitter.restart()
    assert jitter.add(10**6) is None
    assert jitter.ms == 1.0
