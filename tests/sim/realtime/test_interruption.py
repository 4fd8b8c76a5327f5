"""Somebody speaks while the model does, or the client stops it."""

from __future__ import annotations

import base64

import pytest

from voicelab.sim.realtime.outputs import Sound

CLOSING = [
    "response.output_audio.done",
    "response.output_audio_transcript.done",
    "response.content_part.done",
    "conversation.item.done",
    "response.output_item.done",
    "response.done",
]


@pytest.fixture
def talk(session):
    """A session whose agent is in the middle of ten seconds of sound."""
    talk = session(speed=1.0)
    talk.listen()
    asks = talk.hold_answers()
    talk.send("response.create")
    talk.answer(asks[0].response_id, Sound(bytes(480_000), asks[0].format, "one two three four"))
    talk.pass_s(3.0)
    talk.events.clear()
    return talk


def speak(talk, prompt) -> None:
    talk.say(prompt("yes", talk.format)[:48_000])


def test_speech_cancels_what_is_being_said(talk, prompt):
    speak(talk, prompt)
    (done,) = [each["response"] for each in talk.of("response.done")]
    assert done["status"] == "cancelled"
    assert done["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
    assert done["output"][0]["status"] == "incomplete"
    assert talk.dismissed == [done["id"]]
    assert talk.types() == ["input_audio_buffer.speech_started", *CLOSING]
    talk.pass_s(8.0)
    assert talk.events == []


def test_speech_that_may_not_interrupt_does_not(session, prompt):
    talk = session(speed=1.0)
    talk.listen(interrupt_response=False)
    asks = talk.hold_answers()
    talk.send("response.create")
    talk.answer(asks[0].response_id, Sound(bytes(480_000), asks[0].format))
    talk.pass_s(1.0)
    talk.events.clear()
    talk.say(prompt("yes", talk.format))
    assert talk.errors() == [("conversation_already_has_active_response", None)]
    talk.pass_s(10.0)
    assert talk.of("response.done")[0]["response"]["status"] == "completed"


def test_the_client_cancels(talk):
    talk.send("response.cancel")
    (done,) = [each["response"] for each in talk.of("response.done")]
    assert done["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}
    assert talk.types() == CLOSING
    talk.send("response.cancel", event_id="mine")
    (error,) = talk.of("error")
    assert error["error"]["message"] == "Cancellation failed: no active response found"
    assert error["error"]["event_id"] == "mine"
    assert talk.errors() == [("response_cancel_not_active", None)]


def test_a_response_is_cancelled_by_its_id(talk):
    response_id = talk.asks[0].response_id
    talk.send("response.cancel", response_id="resp_other")
    assert talk.errors() == [("response_cancel_not_active", None)]
    talk.send("response.cancel", response_id=response_id)
    assert talk.types() == CLOSING


def test_a_response_that_has_said_nothing_ends_with_nothing_open(session):
    talk = session()
    talk.hold_answers()
    talk.send("response.create")
    talk.events.clear()
    talk.send("response.cancel")
    assert talk.of("response.done")[0]["response"]["output"] == []
    assert talk.types() == ["response.done"]


def test_what_comes_from_an_agent_too_late_is_dropped(talk):
    response_id = talk.asks[0].response_id
    talk.send("response.cancel")
    talk.events.clear()
    assert talk.answer(response_id, Sound(bytes(960), talk.asks[0].format)) == []


def test_a_second_response_is_refused(talk):
    talk.send("response.create")
    (error,) = talk.of("error")
    assert talk.asks[0].response_id in error["error"]["message"]
    assert error["error"]["message"].startswith("Conversation already has an active response")
    assert talk.errors() == [("conversation_already_has_active_response", None)]


def test_truncation_keeps_what_was_heard(talk, prompt):
    speak(talk, prompt)
    item_id = talk.of("response.output_item.done")[0]["item"]["id"]
    talk.events.clear()
    talk.send("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=1500)
    (truncated,) = talk.events
    assert truncated["type"] == "conversation.item.truncated"
    assert (truncated["item_id"], truncated["audio_end_ms"]) == (item_id, 1500)
    (retrieved,) = talk.send("conversation.item.retrieve", item_id=item_id)
    (part,) = retrieved["item"]["content"]
    assert len(base64.b64decode(part["audio"])) == 1500 * 48
    assert "transcript" not in part


def test_the_agent_is_told_that_it_was_cut_off(talk, prompt):
    talk.say(prompt("yes", talk.format))
    assert talk.asks[1].turn.interrupted
    cut, _ = talk.asks[1].turn.history
    assert (cut.who, cut.cut) == ("assistant", True)
    talk.answer(talk.asks[1].response_id)
    talk.say(prompt("yes", talk.format))
    assert not talk.asks[2].turn.interrupted


def test_history_ends_where_the_hearing_did(session):
    talk = session()
    asks = talk.hold_answers()
    talk.send("response.create")
    talk.answer(asks[0].response_id, Sound(bytes(96_000), asks[0].format, "one two three four"))
    item_id = talk.of("response.output_item.done")[0]["item"]["id"]
    talk.send("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=1000)
    talk.send("response.create")
    (said,) = asks[1].turn.history
    assert (said.text, said.ms, said.cut) == ("one two", 1000, True)
    assert asks[1].turn.interrupted


def test_truncation_fails_as_the_real_one_does(talk, prompt):
    speak(talk, prompt)
    item_id = talk.of("response.output_item.done")[0]["item"]["id"]
    talk.events.clear()
    beyond = {"item_id": item_id, "content_index": 0, "audio_end_ms": 9000}
    talk.send("conversation.item.truncate", **beyond)
    held_ms = len(base64.b64decode(_audio(talk, item_id))) // 48
    message = talk.of("error")[0]["error"]["message"]
    assert message == f"Audio content of {held_ms}ms is already shorter than 9000ms"
    talk.events.clear()
    talk.send("conversation.item.truncate", item_id="item_none", content_index=0, audio_end_ms=1)
    talk.send("conversation.item.truncate", **{**beyond, "content_index": 1, "audio_end_ms": 1})
    talk.send("conversation.item.truncate", **{**beyond, "audio_end_ms": -1})
    text = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "a"}]}
    talk.send("conversation.item.create", item={"id": "mine", **text})
    talk.send("conversation.item.truncate", item_id="mine", content_index=0, audio_end_ms=1)
    assert talk.errors() == [
        ("item_truncate_invalid_item_id", "item_id"),
        ("invalid_value", "content_index"),
        ("invalid_value", "audio_end_ms"),
        ("unsupported_content_type", "item_id"),
    ]


def _audio(talk, item_id: str) -> str:
    (retrieved,) = talk.send("conversation.item.retrieve", item_id=item_id)
    return retrieved["item"]["content"][0]["audio"]


def test_two_turns_that_nobody_answered_are_answered_together(session, prompt):
    talk = session()
    talk.listen()
    asks = talk.hold_answers()
    talk.say(prompt("yes", talk.format))
    talk.say(prompt("no", talk.format))
    assert talk.of("response.done")[0]["response"]["status"] == "cancelled"
    assert asks[1].turn.text == "Yes, that is right. No, thank you, nothing else."
    assert [sound.transcript for sound in asks[1].heard] == [
        "Yes, that is right.",
        "No, thank you, nothing else.",
    ]
    assert len(asks[1].turn.audio) * 2 == sum(len(sound.payload) for sound in asks[1].heard)
