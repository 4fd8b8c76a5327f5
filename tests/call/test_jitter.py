import pytest

from voicelab.call.jitter import Jitter


def test_a_steady_stream_has_none():
    jitter = Jitter()
    for n in range(50):
        jitter.add(1000 + 20 * n, 20 * n)
    assert jitter.ms == 0


def test_the_estimate_is_that_of_rfc_3550():
    jitter = Jitter()
    jitter.add(0, 0)
    assert jitter.add(36, 20) == pytest.approx(16 / 16)
    assert jitter.add(40, 40) == pytest.approx(1 + (16 - 1) / 16)


def test_a_restart_forgets_the_distance_but_not_the_estimate():
    jitter = Jitter()
    jitter.add(0, 0)
    jitter.add(36, 20)
    jitter.restart()
    assert jitter.add(10**6, 0) == 1.0
