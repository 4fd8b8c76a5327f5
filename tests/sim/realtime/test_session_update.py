"""A session.update changes what it names, all of it or nothing, with the real errors."""

from __future__ import annotations

import pytest


def settings(talk) -> dict:
    return talk.core.session


def test_only_what_is_named_changes(session):
    talk = session()
    before = settings(talk)
    talk.update(audio={"input": {"turn_detection": {"type": "server_vad", "threshold": 0.7}}})
    after = settings(talk)
    assert after["audio"]["input"]["turn_detection"]["threshold"] == 0.7
    assert after["audio"]["input"]["turn_detection"]["silence_duration_ms"] == 200
    assert after["audio"]["input"]["format"] == before["audio"]["input"]["format"]
    assert after["audio"]["output"] == before["audio"]["output"]
    talk.update(audio={"input": {"turn_detection": {"type": "server_vad", "threshold": 0.6}}})
    talk.update(instructions="")
    assert settings(talk)["instructions"] == ""
    assert settings(talk)["audio"]["input"]["turn_detection"]["threshold"] == 0.6


def test_the_answer_is_the_whole_session(session):
    talk = session()
    (updated,) = talk.update(tools=[{"type": "function", "name": "f", "parameters": {}}])
    assert updated["type"] == "session.updated"
    assert updated["session"] == settings(talk)
    assert updated["session"]["tools"][0]["name"] == "f"
    talk.update(tools=[])
    assert settings(talk)["tools"] == []


def test_detection_is_turned_off_and_changed_in_kind(session):
    talk = session()
    talk.update(audio={"input": {"turn_detection": None}})
    assert settings(talk)["audio"]["input"]["turn_detection"] is None
    talk.update(audio={"input": {"turn_detection": {"type": "semantic_vad", "eagerness": "high"}}})
    assert settings(talk)["audio"]["input"]["turn_detection"] == {
        "type": "semantic_vad",
        "eagerness": "high",
        "create_response": True,
        "interrupt_response": True,
    }
    talk.update(audio={"input": {"turn_detection": {"type": "server_vad"}}})
    assert settings(talk)["audio"]["input"]["turn_detection"]["silence_duration_ms"] == 200


def test_a_law_takes_the_place_of_pcm_with_its_rate(session):
    talk = session()
    talk.update(audio={"output": {"format": {"type": "audio/pcmu"}}})
    assert settings(talk)["audio"]["output"]["format"] == {"type": "audio/pcmu"}
    assert settings(talk)["audio"]["output"]["voice"] == "marin"


def test_the_model_stays_that_of_the_url(session):
    talk = session(model="mine")
    assert talk.update(model="other")[0]["session"]["model"] == "mine"


AUDIO = "session.audio"
WRONG = [
    ({"voice": "ash"}, "unknown_parameter", "session.voice"),
    ({"modalities": ["audio", "text"]}, "unknown_parameter", "session.modalities"),
    ({"input_audio_format": "g711_ulaw"}, "unknown_parameter", "session.input_audio_format"),
    ({"temperature": 0.8}, "unknown_parameter", "session.temperature"),
    ({"audio": {"input": {"rate": 1}}}, "unknown_parameter", f"{AUDIO}.input.rate"),
    (
        {"audio": {"input": {"format": {"type": "audio/pcm", "rate": 16000}}}},
        "invalid_value",
        f"{AUDIO}.input.format.rate",
    ),
    (
        {"audio": {"output": {"format": {"type": "audio/pcm"}}}},
        "missing_required_parameter",
        f"{AUDIO}.output.format.rate",
    ),
    (
        {"audio": {"input": {"format": {"type": "audio/pcmu", "rate": 8000}}}},
        "unknown_parameter",
        f"{AUDIO}.input.format.rate",
    ),
    ({"audio": {"input": {"format": "pcm16"}}}, "invalid_type", f"{AUDIO}.input.format"),
    ({"audio": {"output": {"speed": 2}}}, "invalid_value", f"{AUDIO}.output.speed"),
    (
        {"audio": {"input": {"turn_detection": {"threshold": 0.5}}}},
        "missing_required_parameter",
        f"{AUDIO}.input.turn_detection.type",
    ),
    (
        {"audio": {"input": {"turn_detection": {"type": "psychic"}}}},
        "invalid_value",
        f"{AUDIO}.input.turn_detection.type",
    ),
    (
        {"audio": {"input": {"turn_detection": {"type": "semantic_vad", "idle_timeout_ms": 1}}}},
        "unknown_parameter",
        f"{AUDIO}.input.turn_detection.idle_timeout_ms",
    ),
    ({"output_modalities": ["audio", "text"]}, "invalid_value", "session.output_modalities"),
    ({"output_modalities": "audio"}, "invalid_type", "session.output_modalities"),
    ({"max_output_tokens": 5000}, "invalid_value", "session.max_output_tokens"),
    ({"max_output_tokens": True}, "invalid_type", "session.max_output_tokens"),
    ({"tools": [{"type": "function"}]}, "missing_required_parameter", "session.tools[0].name"),
    ({"tools": [{"name": "f"}]}, "missing_required_parameter", "session.tools[0].type"),
    ({"tools": {}}, "invalid_type", "session.tools"),
    ({"tool_choice": "always"}, "invalid_value", "session.tool_choice"),
    ({"instructions": 7}, "invalid_type", "session.instructions"),
    ({"audio": None}, "invalid_type", "session.audio"),
]


@pytest.mark.parametrize(("update", "code", "param"), WRONG, ids=lambda each: str(each)[:40])
def test_what_is_wrong_changes_nothing(session, update, code, param):
    talk = session()
    before = settings(talk)
    talk.update(instructions="changed", **{k: v for k, v in update.items() if k != "instructions"})
    if "instructions" in update:
        talk.update(**update)
        before = before | {"instructions": "changed"}
    assert talk.errors() == [(code, param)]
    assert settings(talk) == before


def test_the_type_is_mandatory(session):
    talk = session()
    talk.send("session.update", event_id="e7", session={"instructions": "hi"})
    (error,) = talk.of("error")
    assert error["error"] == {
        "type": "invalid_request_error",
        "code": "missing_required_parameter",
        "message": "Missing required parameter: 'session.type'.",
        "param": "session.type",
        "event_id": "e7",
    }


def test_the_voice_is_locked_once_it_was_heard(session):
    talk = session()
    talk.update(audio={"output": {"voice": "cedar"}})
    assert not talk.errors()
    talk.send("response.create")
    talk.update(audio={"output": {"voice": "cedar"}})
    assert not talk.errors()
    talk.update(audio={"output": {"voice": {"id": "voice_1"}}})
    assert talk.errors() == [("cannot_update_voice", "session.audio.output.voice")]


def test_tracing_is_not_turned_off(session):
    talk = session()
    talk.update(tracing="auto")
    talk.update(tracing="auto")
    assert not talk.errors()
    talk.update(tracing=None)
    assert talk.errors() == [("invalid_value", "session.tracing")]


def test_a_session_for_transcripts_only(session, prompt):
    talk = session(transcribe_only=True)
    assert talk.events[0]["session"]["type"] == "transcription"
    talk.update()
    assert talk.errors() == [("invalid_value", "session.type")]
    talk.send(
        "session.update",
        session={
            "type": "transcription",
            "audio": {"input": {"transcription": {"model": "gpt-transcribe", "language": "en"}}},
        },
    )
    assert not talk.errors()
    talk.say(prompt("yes", talk.format))
    assert not talk.of("response.created")
    done = talk.of("conversation.item.input_audio_transcription.completed")
    assert done[0]["transcript"] == "Yes, that is right."
