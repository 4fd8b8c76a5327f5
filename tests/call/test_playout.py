"""Audio goes out ahead of time by the lead, in whole frames, and can be taken back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from voicelab.call.playout import Playout

MS = 1_000_000
FRAME = 160
SILENCE = b"\xff" * FRAME


def playout(lead_ms: int = 240) -> Playout:
    return Playout(FRAME, SILENCE, lead_ms)


def sent(frames):
    return b"".join(frame.audio for frame in frames)


def test_at_first_the_lead_goes_out_at_once_and_then_a_frame_each_20_ms():
    out = playout()
    out.add("a", bytes(FRAME * 100))
    assert len(out.due(0)) == 12
    assert len(out.due(10 * MS)) == 1
    assert out.due(20 * MS) == []
    assert len(out.due(100 * MS)) == 4


def test_it_says_when_the_next_frame_is_due():
    out = playout()
    assert out.wake_ns is None
    out.add("a", bytes(FRAME * 100))
    out.due(0)
    assert 0 < out.wake_ns <= 20 * MS
    assert out.due(out.wake_ns - 1) == []
    assert len(out.due(out.wake_ns)) == 1


def test_the_first_and_the_last_frame_are_marked_and_the_last_is_filled_up():
    out = playout()
    out.add("a", b"\x01" * (FRAME + 10))
    assert [frame.first for frame in out.due(0)] == [True]
    out.close("a")
    (last,) = out.due(1)
    assert (last.first, last.last, last.audio) == (False, True, b"\x01" * 10 + SILENCE[10:])
    assert out.due(2) == []


def test_an_item_that_ends_on_a_frame_is_ended_by_an_empty_one():
    out = playout()
    out.add("a", bytes(FRAME))
    assert [frame.last for frame in out.due(0)] == [False]
    out.close("a")
    assert [(frame.audio, frame.last) for frame in out.due(1)] == [(b"", True)]


def test_half_a_frame_waits_for_the_rest():
    out = playout()
    out.add("a", bytes(FRAME // 2))
    assert out.due(0) == []
    assert out.wake_ns is None
    out.add("a", bytes(FRAME // 2))
    assert len(out.due(0)) == 1


def test_the_next_item_ends_the_one_before():
    out = playout()
    out.add("a", bytes(10))
    out.add("b", bytes(FRAME))
    frames = out.due(0)
    assert [(frame.item, frame.last) for frame in frames] == [("a", True), ("b", False)]


def test_an_item_without_sound_is_never_heard_of():
    out = playout()
    out.add("a", b"")
    out.close("a")
    assert out.due(0) == []
    assert out.items == []


def test_after_a_pause_nothing_is_owed():
    out = playout(lead_ms=40)
    out.add("a", bytes(2 * FRAME))
    assert len(out.due(0)) == 2
    out.add("a", bytes(10 * FRAME))
    assert len(out.due(5000 * MS)) == 2


def test_a_flush_drops_all_that_waits_and_names_it():
    out = playout(lead_ms=20)
    out.add("a", bytes(3 * FRAME))
    out.add("b", bytes(FRAME))
    out.due(0)
    assert out.flush() == ["a", "b"]
    assert out.due(9000 * MS) == []


def test_while_it_is_held_nothing_goes_out():
    out = playout()
    out.hold(1000 * MS)
    out.add("a", bytes(FRAME))
    assert out.due(999 * MS) == []
    assert out.wake_ns == 1000 * MS
    assert len(out.due(1000 * MS)) == 1


def test_held_audio_goes_out_as_soon_as_the_flush_is_known():
    out = playout()
    out.hold(1000 * MS)
    out.add("a", bytes(FRAME))
    out.resume()
    assert len(out.due(3 * MS)) == 1


@given(st.lists(st.binary(max_size=700), max_size=20), st.lists(st.integers(0, 60), max_size=80))
def test_every_byte_goes_out_once_and_in_order(pieces, steps):
    out, now, frames = playout(), 0, []
    for index, piece in enumerate(pieces):
        out.add("a", piece)
        now += steps[index] * MS if index < len(steps) else 0
        frames += out.due(now)
    out.close("a")
    for _ in range(1000):
        now += 20 * MS
        frames += out.due(now)
    whole = b"".join(pieces)
    assert sent(frames)[: len(whole)] == whole
    assert set(sent(frames)[len(whole) :]) <= {0xFF}
    assert all(len(frame.audio) in (0, FRAME) for frame in frames)
