"""The order of events, literally."""

from __future__ import annotations

import base64
import math

import pytest

from voicelab.call.turn import HangUp, ToolCall
from voicelab.sim.realtime.outputs import Sound

ANSWER = [
    "response.created",
    "response.output_item.added",
    "conversation.item.added",
    "response.content_part.added",
    "response.…delta",
    "response.output_audio.done",
    "response.output_audio_transcript.done",
    "response.content_part.done",
    "conversation.item.done",
    "response.output_item.done",
    "response.done",
]
TURN = [
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.committed",
    "conversation.item.added",
    "conversation.item.done",
]
CALL = [
    "response.output_item.added",
    "conversation.item.added",
    "response.function_call_arguments.delta",
    "response.function_call_arguments.done",
    "conversation.item.done",
    "response.output_item.done",
]
FORMATS = [{"type": "audio/pcm", "rate": 24000}, {"type": "audio/pcmu"}, {"type": "audio/pcma"}]


def test_the_first_event_is_the_session(session):
    talk = session(model="m-1", epoch_s=1000.5, session_s=60)
    (created,) = talk.events
    assert created["type"] == "session.created"
    found = created["session"]
    assert found["model"] == "m-1"
    assert found["expires_at"] == 1060
    assert found["object"] == "realtime.session"
    assert found["output_modalities"] == ["audio"]
    assert found["audio"]["input"]["turn_detection"] == {
        "type": "server_vad",
        "threshold": 0.5,
        "prefix_padding_ms": 300,
        "silence_duration_ms": 200,
        "idle_timeout_ms": None,
        "create_response": True,
        "interrupt_response": True,
    }
    assert found["audio"]["input"]["transcription"] is None
    assert found["audio"]["output"] == {"format": FORMATS[0], "voice": "marin", "speed": 1}


@pytest.mark.parametrize("format", FORMATS, ids=lambda format: format["type"][6:])
def test_a_turn_by_voice(session, prompt, format):
    talk = session()
    talk.listen(format)
    sent = prompt("question", talk.format)
    talk.say(sent)
    said = [base64.b64decode(each["delta"]) for each in talk.of("response.output_audio.delta")]
    assert all(talk.format.duration_ms(len(each)) <= 200 for each in said)
    assert b"".join(said) in sent
    assert talk.types() == [*TURN, *ANSWER]


def test_the_events_of_a_turn_name_each_other(session, prompt):
    talk = session()
    talk.listen()
    talk.say(prompt("yes", talk.format))
    (started,) = talk.of("input_audio_buffer.speech_started")
    (committed,) = talk.of("input_audio_buffer.committed")
    user, answer = talk.of("conversation.item.done")
    (created,) = talk.of("response.created")
    (done,) = talk.of("response.done")
    assert started["item_id"] == committed["item_id"] == user["item"]["id"]
    assert "previous_item_id" not in committed
    assert answer["previous_item_id"] == user["item"]["id"]
    assert user["item"]["content"] == [{"type": "input_audio", "transcript": None}]
    assert created["response"]["id"] == done["response"]["id"]
    assert done["response"]["output"] == [answer["item"]]
    assert answer["item"]["content"] == [
        {"type": "output_audio", "transcript": "Yes, that is right."}
    ]
    deltas = [each for each in talk.events if each["type"].endswith("delta")]
    assert {each["item_id"] for each in deltas} == {answer["item"]["id"]}
    assert {each["response_id"] for each in deltas} == {created["response"]["id"]}
    ids = [each["event_id"] for each in talk.events]
    assert len(ids) == len(set(ids))
    (part,) = talk.of("response.content_part.done")
    assert part["part"] == {"type": "audio", "transcript": "Yes, that is right."}


def test_usage_counts_both_directions(session, prompt):
    talk = session()
    talk.listen()
    talk.say(prompt("yes", talk.format))
    usage = talk.of("response.done")[0]["response"]["usage"]
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
    assert usage["input_token_details"]["audio_tokens"] > 10
    assert usage["output_token_details"]["audio_tokens"] > 20


def test_words_are_spread_over_the_sound(session, prompt):
    talk = session()
    talk.listen()
    talk.say(prompt("order", talk.format))
    kinds = [each["type"] for each in talk.events if each["type"].endswith("delta")]
    words = [i for i, kind in enumerate(kinds) if "transcript" in kind]
    assert words[0] == 0
    assert words[-1] > len(kinds) / 2
    told = "".join(e["delta"] for e in talk.of("response.output_audio_transcript.delta"))
    assert told == "I would like two large mushroom pizzas and a bottle of water, please."


def test_transcription_comes_where_it_is_asked_for(session, prompt):
    talk = session()
    talk.listen()
    talk.update(audio={"input": {"transcription": {"model": "gpt-transcribe"}}})
    talk.events.clear()
    talk.say(prompt("no", talk.format))
    (completed,) = talk.of("conversation.item.input_audio_transcription.completed")
    assert completed["transcript"] == "No, thank you, nothing else."
    assert completed["usage"]["type"] == "tokens"
    assert [each for each in talk.types() if "transcription" in each] == [
        "conversation.item.input_audio_transcription.delta",
        "conversation.item.input_audio_transcription.completed",
    ]


def test_a_turn_in_text(session):
    talk = session()
    talk.update(output_modalities=["text"])
    talk.send(
        "conversation.item.create",
        item={
            "type": "message",
            "role": "user",
            "content": [{"type": "input_text", "text": "a b c"}],
        },
    )
    talk.events.clear()
    talk.send("response.create")
    (done,) = talk.of("response.output_text.done")
    assert done["text"] == "a b c"
    assert [each["delta"] for each in talk.of("response.output_text.delta")] == ["a", " b", " c"]
    assert talk.of("response.content_part.added")[0]["part"] == {"type": "text", "text": ""}
    assert talk.types() == [
        *ANSWER[:4],
        "response.output_text.delta",
        "response.output_text.done",
        *ANSWER[7:],
    ]


def test_a_turn_by_hand(session, prompt):
    talk = session()
    talk.update(audio={"input": {"turn_detection": None}})
    talk.events.clear()
    sound = prompt("yes", talk.format)
    talk.say(sound)
    assert talk.events == []
    talk.send("input_audio_buffer.commit")
    assert talk.types() == TURN[2:]
    talk.send("response.create")
    said = [base64.b64decode(each["delta"]) for each in talk.of("response.output_audio.delta")]
    assert b"".join(said) == sound
    assert talk.types() == ANSWER


def test_a_function_is_called_and_answered(session):
    talk = session()
    asks = talk.hold_answers()
    talk.send("response.create")
    talk.events.clear()
    talk.answer(asks[0].response_id, ToolCall("price", {"of": "pizza"}))
    (done,) = talk.of("response.function_call_arguments.done")
    assert (done["name"], done["arguments"]) == ("price", '{"of": "pizza"}')
    added, finished = talk.of("response.output_item.added")[0], talk.of("response.output_item.done")
    assert (added["item"]["arguments"], added["item"]["status"]) == ("", "in_progress")
    assert finished[0]["item"]["status"] == "completed"
    assert talk.types() == [*CALL, "response.done"]
    output = {"type": "function_call_output", "call_id": done["call_id"], "output": "12"}
    talk.send("conversation.item.create", item=output)
    assert talk.types() == ["conversation.item.added", "conversation.item.done"]
    talk.send("response.create")
    assert asks[1].turn.history[-1].text == "12"
    assert asks[1].turn.history[-1].who == "tool"


def test_words_before_a_call_are_an_item_of_their_own(session):
    talk = session()
    asks = talk.hold_answers()
    talk.send("response.create")
    talk.events.clear()
    sound = Sound(bytes(9600), asks[0].format, "One moment.")
    talk.answer(asks[0].response_id, sound, ToolCall("a"), ToolCall("b"), HangUp("done"))
    assert [each["output_index"] for each in talk.of("response.output_item.done")] == [0, 1, 2, 3]
    hang_up = talk.of("response.function_call_arguments.done")[-1]
    assert (hang_up["name"], hang_up["arguments"]) == ("hang_up", '{"reason": "done"}')
    assert talk.types() == [*ANSWER[1:-1], *CALL, *CALL, *CALL, "response.done"]


def test_sound_that_comes_piece_by_piece_is_one_item(session):
    talk = session()
    asks = talk.hold_answers()
    talk.send("response.create")
    talk.events.clear()
    first, second = (Sound(bytes([n]) * 9600, asks[0].format, f"Part {n}.") for n in (1, 2))
    talk.answer(asks[0].response_id, first, finish=False)
    assert talk.types() == ANSWER[1:5]
    talk.answer(asks[0].response_id, second)
    assert talk.of("response.output_audio_transcript.done")[0]["transcript"] == "Part 1. Part 2."
    assert talk.types() == ANSWER[4:]


def test_sound_is_sent_faster_than_it_plays(session):
    talk = session(speed=10.0)
    asks = talk.hold_answers()
    talk.send("response.create")
    talk.answer(asks[0].response_id, Sound(bytes(48_000), asks[0].format))
    at_once = len(talk.of("response.output_audio.delta"))
    assert at_once == 1
    assert not talk.of("response.done")
    talk.pass_s(0.05)
    assert len(talk.of("response.output_audio.delta")) == 3
    talk.pass_s(0.06)
    assert len(talk.of("response.output_audio.delta")) == 5
    assert talk.of("response.done")


def test_a_response_thinks_before_it_speaks(session):
    talk = session(delay_s=lambda: 0.3)
    asks = talk.hold_answers()
    talk.send("response.create")
    talk.answer(asks[0].response_id, Sound(bytes(960), asks[0].format))
    talk.pass_s(0.29)
    assert talk.events[-1]["type"] == "response.created"
    talk.pass_s(0.02)
    assert talk.events[-1]["type"] == "response.done"
    assert talk.core.next_wake_s < math.inf
