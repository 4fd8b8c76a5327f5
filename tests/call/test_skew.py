import random

import pytest

from voicelab.call.skew import Skew


def fed(ppm: float, seconds: float, *, noise_ms: float = 0.0, seed: int = 1) -> Skew:
    """Twenty milliseconds by their clock, which is faster than ours by so much."""
    chance = random.Random(seed)
    skew = Skew()
    for n in range(int(seconds * 50)):
        arrived_ms = 20 * n / (1 + ppm * 1e-6)
        late_ms = chance.expovariate(1 / noise_ms) if noise_ms else 0.0
        skew.add(arrived_ms + late_ms, arrived_ms + late_ms - 20 * n)
    return skew


def test_it_is_unknown_until_enough_was_measured():
    assert Skew().ppm() is None
    assert fed(50, 20).ppm() is None
    assert fed(50, 22).ppm() is not None


@pytest.mark.parametrize("ppm", [-200.0, 0.0, 35.0, 1000.0])
def test_it_is_found_on_a_quiet_line(ppm):
    assert fed(ppm, 60).ppm() == pytest.approx(ppm, abs=0.2)


@pytest.mark.parametrize("seed", range(5))
def test_it_is_found_through_noise(seed):
    assert fed(100, 120, noise_ms=5, seed=seed).ppm() == pytest.approx(100, abs=15)


def test_windows_of_late_frames_do_not_turn_it():
    skew = Skew()
    for n in range(50 * 60):
        late_ms = 300.0 if 1000 < n < 1500 else 0.0
        skew.add(20 * n + late_ms, late_ms - 20 * n * 80e-6)
    assert skew.ppm() == pytest.approx(80, abs=1)


def test_its_memory_is_bounded_over_a_day():
    skew = Skew()
    for second in range(24 * 3600):
        skew.add(second * 1000.0, -second * 0.05)
    assert len(skew._quickest) <= 64
    assert skew.ppm() == pytest.approx(50, abs=0.2)


def test_a_restart_begins_anew():
    skew = fed(50, 60)
    skew.restart()
    assert skew.ppm() is None
