"""Every event as it stands on the wire, and what it is here."""

from __future__ import annotations

import base64
import json
from typing import get_args

import pytest

from voicelab.protocol import realtime

PCM = bytes(range(160))
B64 = base64.b64encode(PCM).decode()
ITEM = {"id": "item_1", "object": "realtime.item", "type": "message", "role": "user", "new": 1}
RESPONSE = {"id": "resp_1", "status": "in_progress", "metadata": {"k": "v"}}
SESSION = {"type": "realtime", "instructions": "Be brief."}
INDEX = {"output_index": 0, "content_index": 0}
PART = {"response_id": "resp_1", "item_id": "item_1", **INDEX}
CALL = {"response_id": "resp_1", "item_id": "item_1", "output_index": 1}
TRANSCRIPTION = "conversation.item.input_audio_transcription"

CLIENT = {
    "session.update": {"session": SESSION},
    "input_audio_buffer.append": {"audio": B64},
    "input_audio_buffer.commit": {},
    "input_audio_buffer.clear": {},
    "conversation.item.create": {"item": ITEM, "previous_item_id": "root"},
    "conversation.item.truncate": {"item_id": "item_1", "content_index": 0, "audio_end_ms": 1500},
    "conversation.item.delete": {"item_id": "item_1"},
    "conversation.item.retrieve": {"item_id": "item_1"},
    "response.create": {"response": {"metadata": {"k": "v"}}},
    "response.cancel": {"response_id": "resp_1"},
    "output_audio_buffer.clear": {},
}
ERROR = {
    "type": "invalid_request_error",
    "message": "Missing required parameter: 'session.type'.",
    "code": "missing_required_parameter",
    "param": "session.type",
    "event_id": None,
}
SERVER = {
    "error": {"error": ERROR},
    "session.created": {"session": SESSION},
    "session.updated": {"session": SESSION},
    "conversation.item.added": {"item": ITEM, "previous_item_id": "item_0"},
    "conversation.item.done": {"item": ITEM, "previous_item_id": "item_0"},
    "conversation.item.deleted": {"item_id": "item_1"},
    "conversation.item.retrieved": {"item": ITEM},
    "conversation.item.truncated": {"item_id": "i", "content_index": 0, "audio_end_ms": 1500},
    f"{TRANSCRIPTION}.delta": {"item_id": "item_1", "content_index": 0, "delta": "I'd"},
    f"{TRANSCRIPTION}.completed": {
        "item_id": "item_1",
        "content_index": 0,
        "transcript": "I'd like a pizza.",
        "usage": {"type": "duration", "seconds": 2},
    },
    f"{TRANSCRIPTION}.segment": {
        "id": "seg_1",
        "item_id": "item_1",
        "content_index": 0,
        "text": "Hello",
        "speaker": "A",
        "start": 0.5,
        "end": 1.25,
    },
    f"{TRANSCRIPTION}.failed": {"item_id": "i", "content_index": 0, "error": {"code": "c"}},
    "input_audio_buffer.speech_started": {"item_id": "item_1", "audio_start_ms": 340},
    "input_audio_buffer.speech_stopped": {"item_id": "item_1", "audio_end_ms": 2140},
    "input_audio_buffer.committed": {"item_id": "item_1", "previous_item_id": "item_0"},
    "input_audio_buffer.cleared": {},
    "input_audio_buffer.timeout_triggered": {
        "item_id": "item_1",
        "audio_start_ms": 5000,
        "audio_end_ms": 11000,
    },
    "input_audio_buffer.dtmf_event_received": {"event": "9", "received_at": 1763605109},
    "output_audio_buffer.started": {"response_id": "resp_1"},
    "output_audio_buffer.stopped": {"response_id": "resp_1"},
    "output_audio_buffer.cleared": {"response_id": "resp_1"},
    "rate_limits.updated": {"rate_limits": [{"name": "tokens", "limit": 50000}]},
    "mcp_list_tools.in_progress": {"item_id": "item_1"},
    "mcp_list_tools.completed": {"item_id": "item_1"},
    "mcp_list_tools.failed": {"item_id": "item_1"},
    "response.created": {"response": RESPONSE},
    "response.done": {"response": RESPONSE},
    "response.output_item.added": {"response_id": "resp_1", "output_index": 0, "item": ITEM},
    "response.output_item.done": {"response_id": "resp_1", "output_index": 0, "item": ITEM},
    "response.content_part.added": PART | {"part": {"type": "audio", "transcript": ""}},
    "response.content_part.done": PART | {"part": {"type": "text", "text": "Hello"}},
    "response.output_text.delta": PART | {"delta": "Good"},
    "response.output_text.done": PART | {"text": "Hello"},
    "response.output_audio.delta": PART | {"delta": B64},
    "response.output_audio.done": PART,
    "response.output_audio_transcript.delta": PART | {"delta": "Good"},
    "response.output_audio_transcript.done": PART | {"transcript": "Hello"},
    "response.function_call_arguments.delta": CALL | {"call_id": "call_1", "delta": '{"a"'},
    "response.function_call_arguments.done": CALL
    | {"call_id": "call_1", "arguments": '{"a":1}', "name": "order"},
    "response.mcp_call_arguments.delta": CALL | {"delta": "{"},
    "response.mcp_call_arguments.done": CALL | {"arguments": "{}"},
    "response.mcp_call.in_progress": {"item_id": "item_1", "output_index": 0},
    "response.mcp_call.completed": {"item_id": "item_1", "output_index": 0},
    "response.mcp_call.failed": {"item_id": "item_1", "output_index": 0},
}
BOTH = [(realtime.parse_client, *each) for each in CLIENT.items()] + [
    (realtime.parse, *each) for each in SERVER.items()
]


def class_name(wire_type: str) -> str:
    words = wire_type.replace(".", "_").split("_")
    return "ErrorEvent" if words == ["error"] else "".join(map(str.capitalize, words))


def test_no_event_is_left_out_here():
    assert {class_name(each) for each in CLIENT} == {
        each.__name__ for each in get_args(realtime.KnownClientEvent)
    }
    assert {class_name(each) for each in SERVER} == {
        each.__name__ for each in get_args(realtime.KnownServerEvent)
    }


@pytest.mark.parametrize(("parse", "wire_type", "fields"), BOTH, ids=[name for _, name, _ in BOTH])
def test_an_event_is_read_and_written_as_it_stands(parse, wire_type, fields):
    wire = {"type": wire_type, **fields, "event_id": "event_1"}
    event = parse(json.dumps(wire))
    assert type(event) is getattr(realtime, class_name(wire_type))
    assert (event.type, event.event_id) == (wire_type, "event_1")
    assert json.loads(realtime.build(event)) == wire
    assert parse(realtime.build(event)) == event


@pytest.mark.parametrize(("parse", "wire_type", "fields"), BOTH, ids=[name for _, name, _ in BOTH])
def test_an_event_without_an_id_is_written_without_one(parse, wire_type, fields):
    event = parse(json.dumps({"type": wire_type, **fields}))
    assert event.event_id is None
    assert json.loads(realtime.build(event)) == {"type": wire_type, **fields}


def test_audio_is_bytes():
    append = realtime.parse_client(json.dumps({"type": "input_audio_buffer.append", "audio": B64}))
    assert append == realtime.InputAudioBufferAppend(PCM)
    delta = json.dumps({"type": "response.output_audio.delta", **PART, "delta": B64})
    assert realtime.parse(delta) == realtime.ResponseOutputAudioDelta("resp_1", "item_1", 0, 0, PCM)


def test_unknown_fields_of_what_stays_a_dictionary_survive():
    added = realtime.parse(json.dumps({"type": "conversation.item.added", "item": ITEM}))
    assert added.item == ITEM


def test_every_exported_name_exists_once():
    assert len(set(realtime.__all__)) == len(realtime.__all__)
    assert all(hasattr(realtime, name) for name in realtime.__all__)
