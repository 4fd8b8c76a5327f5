from itertools import pairwise

import pytest

from voicelab.call.arrivals import BOUNDS_MS, Arrivals


def steady(arrivals: Arrivals, first: int, count: int, *, late_ms: float = 7.0) -> None:
    for n in range(first, first + count):
        arrivals.add(20 * n + late_ms, 20 * n)


def histogram(arrivals: Arrivals) -> dict[str, int]:
    return arrivals.as_dict()["deviation_ms"]["histogram"]


def test_deviations_are_counted_by_their_upper_bound():
    arrivals = Arrivals()
    for n, late_ms in enumerate([0.0, 0.05, 1.05, 1.05, 31.05, 99_999.0]):
        arrivals.add(20 * n + late_ms, 20 * n)
    assert histogram(arrivals) == {"0.1": 2, "1": 1, "33": 1, "8200": 1}


def test_percentiles_are_the_bounds_that_hold_them():
    arrivals = Arrivals()
    assert arrivals.as_dict()["deviation_ms"] == {
        "p50": None,
        "p95": None,
        "p99": None,
        "histogram": {},
    }
    transit_ms = 0.0
    for n in range(101):
        transit_ms = transit_ms + (50.0 if n in (50, 51) else 1.0) * (-1) ** n
        arrivals.add(20 * n + transit_ms, 20 * n)
    found = arrivals.as_dict()["deviation_ms"]
    assert (found["p50"], found["p95"], found["p99"]) == (1.0, 1.0, 56.0)


def test_the_bounds_rise_by_a_fifth_or_so():
    ratios = [b / a for a, b in pairwise(BOUNDS_MS)]
    assert len(BOUNDS_MS) == 60
    assert all(1.1 < ratio < 1.3 for ratio in ratios)


def test_what_a_stall_kept_waiting_is_left_out_and_counted():
    arrivals = Arrivals()
    steady(arrivals, 0, 50)
    arrivals.stalled(3007.0)  # from 1007 ms: the frames 50 to 149 waited
    for n in range(50, 150):
        arrivals.add(3008.0, 20 * n)
    steady(arrivals, 150, 50)
    assert arrivals.stalled_frames == 100
    assert arrivals.jitter.ms == 0
    assert histogram(arrivals) == {"0.1": 98}
    assert arrivals.longest_wait_ms == 20


def test_without_the_stall_being_told_the_same_frames_spoil_it():
    arrivals = Arrivals()
    steady(arrivals, 0, 50)
    for n in range(50, 150):
        arrivals.add(3008.0, 20 * n)
    assert arrivals.jitter.ms > 10
    assert arrivals.longest_wait_ms > 2000


def test_a_call_that_begins_in_a_stall():
    arrivals = Arrivals()
    arrivals.stalled(1000.0)
    for n in range(40):
        arrivals.add(1001.0, 20 * n)
    steady(arrivals, 60, 50)
    assert arrivals.stalled_frames == 40
    assert arrivals.jitter.ms == 0


def test_frames_that_do_not_say_when_they_were_sent():
    arrivals = Arrivals()
    for n in range(10):
        arrivals.add(20.0 * n, None)
    arrivals.stalled(1000.0)
    arrivals.add(1001.0, None)
    arrivals.add(1030.0, None)
    assert arrivals.stalled_frames == 1
    assert arrivals.longest_wait_ms == 20
    assert arrivals.jitter.ms == 0


def test_a_restart_takes_new_times_for_what_they_are():
    arrivals = Arrivals()
    steady(arrivals, 0, 50)
    arrivals.restart()
    for n in range(50, 100):
        arrivals.add(20 * n + 7.0, 10**12 + 20 * n)
    assert arrivals.jitter.ms == pytest.approx(0)
