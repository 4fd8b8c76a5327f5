from __future__ import annotations

import math

import pytest

from voicelab.sim.clock import CallClock


def test_call_time_runs_speed_times_faster():
    now_ns = 5_000
    clock = CallClock(lambda: now_ns, speed=10)
    now_ns += 200_000_000
    assert clock.now_s() == pytest.approx(2.0)
    assert clock.until_s(3.0) == pytest.approx(0.1)
    assert clock.until_s(1.0) == pytest.approx(-0.1)
    assert clock.until_s(math.inf) == math.inf
    clock.restart()
    assert clock.now_s() == 0
