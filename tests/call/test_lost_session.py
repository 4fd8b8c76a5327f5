"""A session is lost in the middle of things, and another one takes the call on."""

from __future__ import annotations

from voicelab.call.history import UNSPOKEN
from voicelab.protocol import realtime, vobiz

from .bridged import Bridged
from .test_interruption import SECOND, cleared, speaking


def lost(call: Bridged) -> None:
    call.conversation.on_lost()
    call.to_model.clear()
    call.conversation.resume(call.send)


def committed(call: Bridged, item: str = "u1") -> None:
    call.model_says("input_audio_buffer.committed", item_id=item)


def texts(call: Bridged) -> list[str]:
    told = call.told(realtime.ConversationItemCreate)
    return [event.item["content"][0]["text"] for event in told]


def test_words_of_which_no_transcript_came_are_marked_and_not_answered_again():
    call = Bridged()
    committed(call)
    call.created()
    call.audio("a", SECOND)
    call.audio_done("a")
    call.done()
    lost(call)
    call.agree()
    assert texts(call)[1:] == [UNSPOKEN]
    assert call.told(realtime.ResponseCreate) == []


def test_while_a_tool_runs_the_new_session_is_not_asked_to_answer():
    call = Bridged()
    committed(call)
    call.created()
    call.calls("weather", "c1")
    call.done()
    lost(call)
    call.agree()
    call.run(500)
    assert call.told(realtime.ResponseCreate) == []
    call.conversation.on_tool("c1", "sunny")
    call.run(500)
    assert len(call.told(realtime.ResponseCreate)) == 1


def test_what_was_cut_short_just_before_is_told_as_far_as_it_was_heard():
    call = speaking(2500)
    call.model_says(
        "response.output_audio_transcript.delta",
        response_id="r1",
        item_id="a",
        output_index=0,
        content_index=0,
        delta="one two three four five six seven eight nine ten",
    )
    call.speech_started()
    lost(call)
    assert texts(call) == ["one two three four five six …"]


def test_keys_that_come_between_two_sessions_reach_the_second():
    call = Bridged()
    call.model_is_open = False
    for key in "1#":
        call.phone_says(vobiz.Dtmf(key, sequence=1, timestamp_ms=1, stream_id="s"))
    call.model_is_open = True
    lost(call)
    call.agree()
    assert texts(call) == ["The caller pressed the keys 1#"]
    assert len(call.told(realtime.ResponseCreate)) == 1


def test_a_server_may_use_the_same_names_in_every_session():
    call = speaking(500)
    call.speech_started()
    cleared(call)
    lost(call)
    call.agree()
    before = len(call.played())
    call.created("r1")
    call.audio("a", SECOND)
    call.audio_done("a")
    call.run(2000)
    assert len(call.played()) == before + len(SECOND)
    assert call.conversation.counts["late_deltas"] == 0


def test_a_turn_that_the_new_session_does_not_take_is_no_refusal_of_the_session():
    call = Bridged()
    committed(call)
    lost(call)
    (told,) = call.told(realtime.ConversationItemCreate)
    for _ in range(3):
        call.error("invalid_value", "Invalid item.", event_id=told.event_id)
    assert call.noted("session_refused") == []
    call.agree()
    assert len(call.noted("model_ready")) == 2
