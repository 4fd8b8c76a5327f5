"""The meter on a clock of its own: no test waits for time to pass."""

import pytest

from voicelab.net import loop_lag as module
from voicelab.net.loop_lag import LoopLag

MS = 1_000_000


class Loop:
    """Calls back when its clock is moved on."""

    def __init__(self) -> None:
        self.now_ns = 0
        self.due: tuple[float, object] | None = None

    def call_later(self, delay_s, callback):
        self.due = (self.now_ns + delay_s * 1e9, callback)
        return self

    def cancel(self) -> None:
        self.due = None

    def beat(self, *, late_ms: float = 0.0) -> None:
        at_ns, callback = self.due
        self.now_ns = round(at_ns + late_ms * MS)
        callback()


@pytest.fixture
def loop(monkeypatch):
    loop = Loop()
    monkeypatch.setattr(module.asyncio, "get_running_loop", lambda: loop)
    return loop


@pytest.fixture
def stalls():
    return []


@pytest.fixture
def lag(loop, stalls):
    lag = LoopLag(lambda: loop.now_ns, lambda begin, end: stalls.append((begin, end)))
    lag.start()
    return lag


def test_an_idle_loop_has_none(loop, lag, stalls):
    for _ in range(2000):
        loop.beat()
    assert (lag.now_ms, lag.p50_ms, lag.p99_ms, lag.max_ms) == (0, 0, 0, 0)
    assert loop.now_ns == 2000 * 20 * MS
    assert stalls == []


def test_a_late_beat_does_not_make_the_next_one_late(loop, lag):
    loop.beat(late_ms=5)
    assert lag.now_ms == 5
    loop.beat()
    assert loop.now_ns == 40 * MS
    assert lag.now_ms == 0
    assert lag.max_ms == 5


def test_a_stall_is_told_with_its_beginning_and_end(loop, lag, stalls):
    loop.beat()
    loop.beat(late_ms=50)
    assert stalls == []
    loop.beat(late_ms=1990)
    assert stalls == [(100 * MS, 2090 * MS)]
    assert lag.stalls == 1


def test_a_stall_counts_for_every_beat_it_kept_from_coming(loop, lag):
    for _ in range(900):
        loop.beat()
    loop.beat(late_ms=2000)
    assert lag.percentile_ms(0.95) == pytest.approx(1000, abs=25)
    assert lag.p50_ms == 0
    assert lag.p99_ms == pytest.approx(1800, abs=25)
    loop.beat()
    assert lag.now_ms == 0


def test_the_window_slides_and_its_memory_is_bounded(loop, lag):
    loop.beat(late_ms=8 * 3600 * 1000)  # a computer that slept
    assert len(lag._lags_ms) == 1500
    for _ in range(1500):
        loop.beat(late_ms=1)
    assert lag.p99_ms == 1
    assert lag.max_ms == 8 * 3600 * 1000


def test_the_lag_grows_while_the_loop_stands_still(loop, lag):
    loop.beat()
    loop.now_ns += 520 * MS
    assert lag.now_ms == pytest.approx(500)
    assert "now 500.0 ms" in repr(lag)


def test_a_stopped_meter_is_still(loop, lag):
    loop.beat()
    lag.stop()
    lag.stop()
    assert not lag.running
    assert loop.due is None
    assert lag.now_ms == 0


def test_how_late_is_a_stall_can_be_said(loop, stalls):
    lag = LoopLag(lambda: loop.now_ns, lambda *span: stalls.append(span), stall_ms=5)
    lag.start()
    loop.beat(late_ms=6)
    assert len(stalls) == 1


def test_it_beats_slowly_while_nobody_calls(loop, stalls):
    calls = []
    lag = LoopLag(lambda: loop.now_ns, lambda *span: stalls.append(span), busy=lambda: bool(calls))
    lag.start()
    loop.beat()
    loop.beat()
    assert loop.now_ns == 220 * MS
    loop.now_ns += 50 * MS
    calls.append("one")
    lag.quicken()
    loop.beat()
    loop.beat()
    lag.quicken()
    loop.beat()
    assert loop.now_ns == 330 * MS
    assert lag.max_ms == 0
