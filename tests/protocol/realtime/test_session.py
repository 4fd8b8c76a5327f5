from __future__ import annotations

import base64
import json

import pytest

from voicelab.errors import ProtocolError
from voicelab.protocol import realtime
from voicelab.protocol.realtime import (
    PCM,
    PCMU,
    AudioIn,
    AudioOut,
    SemanticVad,
    ServerVad,
    Session,
    SessionAudio,
    Transcription,
)

# The session of OpenAI's own documents, without the fields that only the server sets.
DOCUMENTED = {
    "type": "realtime",
    "model": "gpt-realtime-2.1",
    "output_modalities": ["audio"],
    "instructions": "Be brief.",
    "tools": [],
    "tool_choice": "auto",
    "max_output_tokens": "inf",
    "tracing": None,
    "truncation": "auto",
    "prompt": None,
    "include": None,
    "audio": {
        "input": {
            "format": {"type": "audio/pcm", "rate": 24000},
            "transcription": None,
            "noise_reduction": None,
            "turn_detection": {
                "type": "server_vad",
                "threshold": 0.5,
                "prefix_padding_ms": 300,
                "silence_duration_ms": 200,
                "idle_timeout_ms": None,
                "create_response": True,
                "interrupt_response": True,
            },
        },
        "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "marin", "speed": 1},
    },
}


def test_the_documented_session():
    vad = ServerVad(
        threshold=0.5,
        prefix_padding_ms=300,
        silence_duration_ms=200,
        idle_timeout_ms=None,
        create_response=True,
        interrupt_response=True,
    )
    session = Session(
        model=realtime.DEFAULT_MODEL,
        output_modalities=["audio"],
        instructions="Be brief.",
        tools=[],
        tool_choice="auto",
        max_output_tokens="inf",
        tracing=None,
        truncation="auto",
        prompt=None,
        include=None,
        audio=SessionAudio(
            input=AudioIn(format=PCM, transcription=None, noise_reduction=None, turn_detection=vad),
            output=AudioOut(format=PCM, voice="marin", speed=1),
        ),
    )
    assert session.as_dict() == DOCUMENTED


def test_what_is_not_set_is_not_sent():
    assert Session().as_dict() == {"type": "realtime"}
    audio = SessionAudio(input=AudioIn(turn_detection=None))
    assert Session(audio=audio).as_dict() == {
        "type": "realtime",
        "audio": {"input": {"turn_detection": None}},
    }


def test_the_silence_that_ends_a_turn_is_always_sent():
    audio = SessionAudio(input=AudioIn(format=PCMU, turn_detection=ServerVad()))
    assert Session(audio=audio).as_dict()["audio"]["input"] == {
        "format": {"type": "audio/pcmu"},
        "turn_detection": {"type": "server_vad", "silence_duration_ms": 500},
    }


def test_semantic_vad_and_transcription():
    heard = AudioIn(turn_detection=SemanticVad(eagerness="low"), transcription=Transcription())
    assert Session(audio=SessionAudio(input=heard)).as_dict()["audio"]["input"] == {
        "turn_detection": {"type": "semantic_vad", "eagerness": "low"},
        "transcription": {"model": "gpt-transcribe"},
    }


def test_a_session_is_what_an_update_takes():
    update = realtime.SessionUpdate(Session(instructions="").as_dict())
    assert json.loads(realtime.build(update)) == {
        "type": "session.update",
        "session": {"type": "realtime", "instructions": ""},
    }


@pytest.mark.parametrize(
    ("session", "said"),
    [
        (Session(type="live"), "type"),
        (Session(output_modalities=["audio", "text"]), "output_modalities"),
        (Session(output_modalities=["audio", "smell"]), "smell"),
        (Session(max_output_tokens=5000), "max_output_tokens"),
        (Session(audio=SessionAudio(output=AudioOut(speed=2))), "speed"),
        (Session(audio=SessionAudio(output=AudioOut(format="pcm16"))), "format"),
        (
            Session(audio=SessionAudio(input=AudioIn(format={"type": "audio/pcm", "rate": 16000}))),
            "16000.*Give PCM",
        ),
        (
            Session(audio=SessionAudio(input=AudioIn(turn_detection=ServerVad(threshold=1.5)))),
            "threshold",
        ),
        (Session(tools=[object()]), "object"),
    ],
)
def test_what_a_server_would_refuse_is_refused_here(session, said):
    with pytest.raises(ProtocolError, match=said):
        session.as_dict()


def test_a_field_that_ga_lacks_cannot_be_named():
    with pytest.raises(TypeError, match="temperature"):
        Session(temperature=0.8)


# items


def test_items():
    assert realtime.user_text("Hi") == {
        "type": "message",
        "role": "user",
        "content": [{"type": "input_text", "text": "Hi"}],
    }
    assert realtime.system_text("Hi", id="item_1")["id"] == "item_1"
    assert realtime.assistant_text("Hi")["content"] == [{"type": "output_text", "text": "Hi"}]
    assert realtime.function_call("order", "call_1", {"n": 2}) == {
        "type": "function_call",
        "name": "order",
        "call_id": "call_1",
        "arguments": '{"n":2}',
    }
    assert realtime.function_call("order", "call_1", "{}")["arguments"] == "{}"
    assert realtime.function_output("call_1", "done") == {
        "type": "function_call_output",
        "call_id": "call_1",
        "output": "done",
    }
    assert realtime.function_output("call_1", {"ok": True})["output"] == '{"ok":true}'


def test_what_the_user_said_as_an_item():
    [part] = realtime.user_audio(b"\0\1")["content"]
    assert part == {"type": "input_audio", "audio": base64.b64encode(b"\0\1").decode()}
    [part] = realtime.user_audio(b"\0\1", "Yes.")["content"]
    assert part["transcript"] == "Yes."
