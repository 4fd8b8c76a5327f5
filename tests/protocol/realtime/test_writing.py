from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicelab.errors import ProtocolError
from voicelab.protocol import realtime

HALF = "\ud83d"


def test_the_order_of_the_wire():
    update = realtime.SessionUpdate({"type": "realtime"}, event_id="e")
    assert realtime.build(update) == (
        '{"type":"session.update","session":{"type":"realtime"},"event_id":"e"}'
    )
    append = realtime.InputAudioBufferAppend(b"\0\1\2")
    assert realtime.build(append) == '{"type":"input_audio_buffer.append","audio":"AAEC"}'


def test_an_index_of_0_is_written_and_what_is_none_is_not():
    done = realtime.ResponseOutputAudioDone("r", "i", 0, 0)
    assert json.loads(realtime.build(done)) == {
        "type": "response.output_audio.done",
        "response_id": "r",
        "item_id": "i",
        "output_index": 0,
        "content_index": 0,
    }
    assert realtime.build(realtime.ResponseCreate()) == '{"type":"response.create"}'


def test_an_error_is_written_with_all_its_fields():
    error = realtime.ErrorEvent(realtime.ErrorDetail("invalid_request_error", "No."))
    assert json.loads(realtime.build(error))["error"] == {
        "type": "invalid_request_error",
        "message": "No.",
        "code": None,
        "param": None,
        "event_id": None,
    }


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (realtime.Malformed("not JSON", "{"), "Malformed cannot be sent"),
        ("text", "str cannot be sent"),
        (realtime.InputAudioBufferAppend(b""), "is empty"),
        (realtime.InputAudioBufferAppend("AAAA"), "takes bytes, not str"),
        (realtime.InputAudioBufferAppend(bytes(15 * 2**20 + 1)), "Send it in pieces"),
        (realtime.ResponseOutputAudioDelta("r", "i", 0, 0, "AAAA"), "takes bytes, not str"),
        (realtime.SessionUpdate({"instructions": "x"}), 'needs "type"'),
        (realtime.SessionUpdate({"type": "live"}), 'needs "type"'),
        (realtime.SessionUpdate(None), 'needs "type"'),
        (realtime.ConversationItemCreate({"role": "user"}), 'needs a "type"'),
        (realtime.ConversationItemTruncate("", 0, 10), "item_id is empty"),
        (realtime.ConversationItemTruncate("i", 0, -1), "counts from 0"),
        (realtime.ConversationItemTruncate("i", 0, 10.5), "Expected `int`"),
        (realtime.ConversationItemDelete(""), "item_id is empty"),
        (realtime.ConversationItemRetrieve(""), "item_id is empty"),
        (realtime.ConversationItemDeleted(5), "Expected `str`, got `int`"),
        (realtime.ResponseCreate({"instructions": HALF}), "half a surrogate pair"),
        (realtime.ResponseCreate({"x": object()}), "not JSON"),
    ],
)
def test_what_must_not_be_sent(event, said):
    with pytest.raises(ProtocolError, match=said):
        realtime.build(event)


def test_the_largest_append():
    audio = bytes(15 * 2**20)
    sent = realtime.build(realtime.InputAudioBufferAppend(audio))
    assert realtime.parse_client(sent) == realtime.InputAudioBufferAppend(audio)


TEXT = st.text()
ID = st.text(min_size=1)
COUNT = st.integers(0, 2**31)
JSON_OBJECT = st.dictionaries(
    TEXT, st.recursive(st.none() | st.booleans() | COUNT | TEXT, st.lists, max_leaves=4)
)
AUDIO = st.binary(min_size=1)
EVENT_ID = st.none() | ID
CLIENT_EVENTS = st.one_of(
    st.builds(
        realtime.SessionUpdate,
        JSON_OBJECT.map(lambda session: session | {"type": "realtime"}),
        event_id=EVENT_ID,
    ),
    st.builds(realtime.InputAudioBufferAppend, AUDIO, event_id=EVENT_ID),
    st.builds(
        realtime.ConversationItemCreate,
        JSON_OBJECT.map(lambda item: item | {"type": "message"}),
        EVENT_ID,
        event_id=EVENT_ID,
    ),
    st.builds(realtime.ConversationItemTruncate, ID, COUNT, COUNT, event_id=EVENT_ID),
    st.builds(realtime.ResponseCreate, st.none() | JSON_OBJECT, event_id=EVENT_ID),
    st.builds(realtime.ResponseCancel, EVENT_ID),
)
SERVER_EVENTS = st.one_of(
    st.builds(realtime.ErrorEvent, st.builds(realtime.ErrorDetail, TEXT, TEXT, EVENT_ID)),
    st.builds(realtime.SessionCreated, JSON_OBJECT, event_id=EVENT_ID),
    st.builds(realtime.ConversationItemAdded, JSON_OBJECT, EVENT_ID, event_id=EVENT_ID),
    st.builds(realtime.ResponseOutputAudioDelta, ID, ID, COUNT, COUNT, st.binary()),
    st.builds(realtime.ResponseOutputTextDelta, ID, ID, COUNT, COUNT, TEXT, event_id=EVENT_ID),
    st.builds(realtime.ResponseDone, JSON_OBJECT, event_id=EVENT_ID),
    st.builds(realtime.InputAudioBufferSpeechStarted, ID, COUNT, event_id=EVENT_ID),
)


@given(CLIENT_EVENTS)
def test_what_a_client_builds_is_read_back(event):
    assert realtime.parse_client(realtime.build(event)) == event


@given(SERVER_EVENTS)
def test_what_a_server_builds_is_read_back(event):
    assert realtime.parse(realtime.build(event)) == event
