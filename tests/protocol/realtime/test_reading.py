from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicelab.protocol import realtime
from voicelab.protocol.realtime import Malformed, Unknown

B64 = base64.b64encode(bytes(960)).decode()
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(B64),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
TYPES = st.sampled_from(
    [
        *(each.__struct_config__.tag for each in realtime.KnownClientEvent.__args__),
        *(each.__struct_config__.tag for each in realtime.KnownServerEvent.__args__),
        "response.audio.delta",
        "conversation.item.created",
        "transcription_session.update",
    ]
)
FIELDS = st.sampled_from(
    ["audio", "delta", "item", "item_id", "session", "response", "error", "output_index", "part"]
)
DIALECTS = st.sampled_from(["ga", "beta"])


def parse(**event: object) -> realtime.ServerEvent:
    return realtime.parse(json.dumps(event))


def test_bytes_read_as_text_does():
    raw = '{"type":"input_audio_buffer.cleared"}'
    assert realtime.parse(raw.encode()) == realtime.parse(raw) == realtime.InputAudioBufferCleared()


def test_an_unknown_event_passes_untouched():
    raw = '{ "type": "session.sparkled",\n "how": 1e0 }'
    assert realtime.parse(raw) == realtime.parse_client(raw) == Unknown("session.sparkled", raw)
    assert realtime.parse(raw.encode()) == Unknown("session.sparkled", raw)
    assert realtime.build(realtime.parse(raw)) == raw


def test_the_other_sides_event_is_unknown():
    assert parse(type="response.create") == Unknown(
        "response.create", '{"type": "response.create"}'
    )
    created = '{"type": "session.created", "session": {}}'
    assert realtime.parse_client(created) == Unknown("session.created", created)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("hello", "not JSON"),
        (b"\xff\xfe", "not UTF-8 text"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", "not a JSON object"),
        ("5", "not a JSON object"),
        ("{}", "no type"),
        ('{"type": 5}', "no type"),
        ('{"type": null}', "no type"),
        ('{"type": "error"}', "error: object missing required field `error`"),
        (
            '{"type": "session.created", "session": []}',
            "session.created: expected `object`, got `array` - at `$.session`",
        ),
    ],
)
def test_what_is_no_event_is_malformed(raw, reason):
    assert realtime.parse(raw) == Malformed(reason, raw)


@pytest.mark.parametrize("delta", ["+P/4=", "++", "+P_-", "é", None, 5, [B64]])
def test_audio_that_is_no_base64(delta):
    event = parse(type="response.output_audio.delta", response_id="r", item_id="i", delta=delta)
    assert isinstance(event, Malformed)
    assert event.reason.startswith("response.output_audio.delta: ")


def test_an_index_left_out_or_null_is_0():
    read = parse(type="response.output_audio.delta", response_id="r", item_id="i", delta="AAAA")
    assert read == realtime.ResponseOutputAudioDelta("r", "i", 0, 0, bytes(3))
    null = parse(type="response.output_audio.done", response_id="r", item_id="i", output_index=None)
    assert null == realtime.ResponseOutputAudioDone("r", "i", 0, 0)


def test_a_count_written_as_a_float():
    read = parse(type="input_audio_buffer.speech_started", item_id="i", audio_start_ms=340.0)
    assert read == realtime.InputAudioBufferSpeechStarted("i", 340)


def test_what_other_servers_leave_out():
    done = parse(
        type="response.function_call_arguments.done",
        response_id="r",
        item_id="i",
        call_id="c",
        arguments="{}",
    )
    assert done.name is None
    transcript = parse(
        type="conversation.item.input_audio_transcription.completed", item_id="i", transcript="Yes."
    )
    assert (transcript.transcript, transcript.content_index, transcript.usage) == ("Yes.", 0, None)


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        ("no such model", realtime.ErrorDetail("", "no such model")),
        ({"message": "m", "code": 400}, realtime.ErrorDetail("", "m", "400")),
        ({"type": "t", "message": "m", "param": None, "x": 1}, realtime.ErrorDetail("t", "m")),
    ],
)
def test_errors_of_other_servers(error, detail):
    assert parse(type="error", error=error) == realtime.ErrorEvent(detail)


@given(raw=st.text() | st.binary(), dialect=DIALECTS)
def test_garbage_never_raises(raw, dialect):
    for read in (realtime.parse, realtime.parse_client):
        assert isinstance(read(raw, dialect), Malformed | Unknown)


@given(
    data=st.fixed_dictionaries(
        {"type": TYPES}, optional={"item": JSON_VALUES, "session": JSON_VALUES}
    ),
    more=st.dictionaries(FIELDS | st.text(), JSON_VALUES, max_size=6),
    dialect=DIALECTS,
)
def test_an_events_name_on_anything_never_raises(data, more, dialect):
    raw = json.dumps({**more, **data})
    for read in (realtime.parse, realtime.parse_client):
        event = read(raw, dialect)
        if isinstance(event, Malformed | Unknown):
            assert event.raw == raw
    assert isinstance(realtime.without_audio(raw), str)
