"""When a stream waits no longer, and whose fault a wait was."""

import pytest

from voicelab.call.stream import StreamState

from .rig import Rig, law


def test_the_watchdogs(rig: Rig):
    rig.now_s += 9.9
    rig.stream.tick()
    assert rig.socket.closed is None
    rig.now_s += 0.2
    rig.stream.tick()
    assert rig.socket.closed == (1008, "no start within 10 s")
    rig.stream.on_close(1008)
    assert rig.ears.ends[0].why == "open-timeout"


def test_a_stream_without_media_is_closed(rig: Rig):
    rig.start()
    rig.now_s += 29
    rig.media(law(1), 1)
    rig.now_s += 29
    rig.stream.tick()
    assert rig.socket.closed is None
    rig.now_s += 2
    rig.stream.tick()
    assert rig.socket.closed == (1001, "no media for 30 s")


def test_a_peer_that_ignores_stop_is_closed(rig: Rig):
    rig.start()
    rig.stream.stop()
    rig.now_s += 1
    rig.stream.tick()
    assert rig.socket.closed is None
    rig.now_s += 1.5
    rig.stream.tick()
    assert rig.socket.closed is not None
    assert rig.socket.closed[0] == 1000


def test_a_flood_without_start_does_not_wait(rig: Rig):
    for _ in range(40):
        rig.text(event="noise", filler="x" * 40_000)
    assert rig.stream.state is StreamState.OPEN


def test_a_flood_of_bytes_without_start_does_not_wait_either(rig: Rig):
    for _ in range(40):
        rig.stream.on_binary(bytes(40_000))
    assert rig.stream.state is StreamState.OPEN


def test_a_stall_is_a_moment_of_the_call_and_spoils_no_figure():
    rig = Rig()
    rig.start()
    zero_ms = 1_778_574_000_000
    for n in range(1, 51):
        rig.now_s += 0.02
        rig.media(b"\xff" * 160, n, timestamp=str(zero_ms + 20 * n))
    begin_s = rig.now_s + 0.01
    rig.now_s += 2.0
    rig.stream.on_stall(int(begin_s * 1e9), int(rig.now_s * 1e9))
    for n in range(51, 151):
        rig.media(b"\xff" * 160, n, timestamp=str(zero_ms + 20 * n))
    health = rig.stream.health
    assert rig.ears.facts("stall") == [{"name": "stall", "ms": 1990.0, "at": 50 * 160}]
    (moment,) = [m for m in rig.ears.moments if m.name == "stall"]
    assert moment.t_s == pytest.approx(begin_s - 100)
    assert (health.stalls, health.stalled_ms) == (1, 1990.0)
    assert health.arrivals.stalled_frames == 99
    assert health.as_dict()["jitter_ms"] < 0.01
    assert health.lost == 0
    assert rig.stream.samples == 150 * 160


def test_a_stall_before_the_call_and_one_after_it_are_not_its_own():
    rig = Rig()
    rig.stream.on_stall(int(98e9), int(99e9))
    assert rig.stream.health.stalls == 0
    rig.now_s = 101.0
    rig.stream.on_stall(int(99e9), int(101e9))
    assert rig.stream.health.stalled_ms == 1000.0
    rig.stream.on_close(1000)
    rig.stream.on_stall(int(101e9), int(102e9))
    assert rig.stream.health.stalls == 1


def test_the_watchdogs_do_not_count_a_stall():
    rig = Rig(media_timeout_s=5, stop_timeout_s=2)
    rig.start()
    rig.now_s += 1
    rig.media(b"\xff" * 160, 1)
    rig.now_s += 60
    rig.stream.on_stall(int((rig.now_s - 60) * 1e9), int(rig.now_s * 1e9))
    rig.stream.tick()
    assert rig.socket.closed is None
    rig.now_s += 6
    rig.stream.tick()
    assert rig.socket.closed[0] == 1001
