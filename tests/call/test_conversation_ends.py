"""How a response, an agent and a call come to their ends, whatever the other side leaves out."""

from __future__ import annotations

import tracemalloc

import numpy as np

from voicelab.protocol import realtime, vobiz

from .bridged import Bridged
from .test_interruption import SECOND, cleared, speaking


def test_a_response_that_ends_without_naming_its_items_ends_them():
    call = Bridged()
    call.created()
    call.audio("a", SECOND[:1700])
    call.calls("hang_up")
    call.conversation.on_tool("c1", "", hang_up=True)
    call.done()
    call.run(4000)
    assert len(call.played()) == 1760
    assert call.events()[-1] == "stop"


def test_what_was_heard_whole_is_kept_when_the_rest_of_its_response_is_cut():
    call = Bridged()
    call.created()
    call.audio("preamble", SECOND)
    call.audio_done("preamble")
    call.run(1300)
    call.phone_says(vobiz.PlayedStream(call.checkpoints("end")[0]))
    call.audio("b", SECOND)
    call.run(300)
    call.speech_started()
    cleared(call)
    messages = [{"id": name, "type": "message"} for name in ("preamble", "b")]
    call.done("r1", "cancelled", output=messages)
    assert [event.item_id for event in call.told(realtime.ConversationItemTruncate)] == ["b"]
    assert call.told(realtime.ConversationItemDelete) == []


def test_an_agent_that_was_given_up_says_and_asks_nothing_more():
    call = Bridged(fallback={8000: np.full(1600, 1000, "<i2").tobytes()})
    call.conversation.inject(realtime.user_text("hello"), respond=True)
    call.error("insufficient_quota", "You have no credit.")
    call.to_model.clear()
    call.created("r7")
    call.audio("late", SECOND, "r7")
    call.run(15_000)
    assert len(call.played()) == 1600
    assert call.events()[-1] == "stop"
    assert call.told(realtime.ResponseCreate) == []


def test_nothing_is_due_any_more_once_the_line_ends():
    call = speaking(500)
    call.stream.on_text('{"event":"stop","streamId":"s"}')
    assert call.conversation.wake_ns is None


def test_a_call_that_is_over_and_remembered_keeps_no_sound():
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        call = speaking(500)
        call.to_phone.clear()
        call.stream.on_close(1000)
        call.agent_sound.clear()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept - before < 300_000
    assert call.conversation.wake_ns is None
