"""The agent's side of the recording, of a whole conversation."""

from __future__ import annotations

import numpy as np
import pytest

from voicelab.protocol import vobiz

from .bridged import MS, MULAW, Bridged

CALLER = b"\xff" * 160


def noise(seed: int) -> bytes:
    return np.random.default_rng(seed).integers(0, 100, 8000, np.uint8).tobytes()


def all_heard(call: Bridged) -> None:
    for name in call.checkpoints("end"):
        call.phone_says(vobiz.PlayedStream(name))


def test_an_item_in_which_the_model_pauses_for_long_is_recorded_whole():
    call = Bridged()
    call.caller(CALLER)
    first, second = noise(1), noise(2)
    call.audio("a", first)
    call.run(3000)
    call.audio("a", second)
    call.audio_done("a")
    call.run(3000)
    all_heard(call)
    call.run(2000)
    assert b"".join(pcm for _, pcm in call.agent_sound) == MULAW.to_pcm(first + second)
    ends = [offset + len(pcm) // 2 for offset, pcm in call.agent_sound]
    pauses = [offset - end for end, (offset, _) in zip(ends, call.agent_sound[1:], strict=False)]
    assert sum(pause > 0 for pause in pauses) == 1
    assert len(call.noted("item_placed")) == 1


def test_last_words_are_placed_though_nothing_else_happens():
    call = Bridged()
    call.caller(CALLER)
    call.audio("a", noise(1)[:1600])
    call.audio_done("a")
    call.run(300)
    all_heard(call)
    while (wake_ns := call.conversation.wake_ns) is not None:
        assert call.now < 3000 * MS
        call.now = max(call.now + 1, wake_ns)
        call.conversation.tick()
    assert sum(len(pcm) for _, pcm in call.agent_sound) == 2 * 1600
    assert call.noted("item_over")


def listening(call: Bridged, seconds: float) -> None:
    for _ in range(round(seconds * 50)):
        call.now += 20 * MS
        call.caller(CALLER)
        call.conversation.tick()


@pytest.mark.parametrize("lost_chunks", [0, 1000], ids=["the line paused", "frames were lost"])
def test_after_a_hole_in_the_callers_audio_both_sides_are_aligned_again(lost_chunks):
    call = Bridged()
    listening(call, 2)
    call.now += 20_000 * MS
    call._chunk += lost_chunks
    listening(call, 1)
    at = call.stream.samples
    call.audio("a", noise(1))
    call.audio_done("a")
    listening(call, 3)
    assert call.agent_sound[0][0] == pytest.approx(at, abs=200)


def test_short_pauses_of_the_line_do_not_add_up():
    call = Bridged()
    for _ in range(10):
        listening(call, 1)
        call.now += 500 * MS
    listening(call, 7)
    at = call.stream.samples
    call.audio("a", noise(1))
    call.audio_done("a")
    listening(call, 3)
    assert call.agent_sound[0][0] == pytest.approx(at, abs=200)


def test_one_frame_without_delay_among_many_late_ones_tells_the_axis():
    call = Bridged()
    for index in range(200):
        call.now = (index + 1) * 20 * MS + (0 if index % 50 == 0 else 15 * MS)
        call.caller(CALLER)
    call.audio("a", noise(1))
    call.audio_done("a")
    call.run(1500)
    assert call.agent_sound[0][0] == pytest.approx(200 * 160 + 15 * 8, abs=8)
