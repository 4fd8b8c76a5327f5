"""The older dialect, read into GA's events and written from them."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicelab.errors import ProtocolError
from voicelab.protocol import realtime
from voicelab.protocol.realtime import PCM, PCMA, PCMU
from voicelab.protocol.realtime.beta import to_beta, to_ga

B64 = base64.b64encode(bytes(960)).decode()
VAD = {"type": "server_vad", "threshold": 0.5, "silence_duration_ms": 500}

BETA_SESSION = {
    "modalities": ["audio", "text"],
    "instructions": "Be brief.",
    "voice": "alloy",
    "speed": 1.1,
    "input_audio_format": "g711_ulaw",
    "output_audio_format": "pcm16",
    "input_audio_transcription": {"model": "whisper-1"},
    "input_audio_noise_reduction": None,
    "turn_detection": VAD,
    "tools": [],
    "max_response_output_tokens": 300,
}
GA_SESSION = {
    "type": "realtime",
    "output_modalities": ["audio"],
    "instructions": "Be brief.",
    "tools": [],
    "max_output_tokens": 300,
    "audio": {
        "input": {
            "format": PCMU,
            "transcription": {"model": "whisper-1"},
            "noise_reduction": None,
            "turn_detection": VAD,
        },
        "output": {"format": PCM, "voice": "alloy", "speed": 1.1},
    },
}
BETA_SAID = {
    "type": "message",
    "role": "assistant",
    "content": [{"type": "audio", "transcript": "Hello."}, {"type": "text", "text": "Hello."}],
}
GA_SAID = {
    "type": "message",
    "role": "assistant",
    "content": [
        {"type": "output_audio", "transcript": "Hello."},
        {"type": "output_text", "text": "Hello."},
    ],
}
HEARD = {"type": "message", "role": "user", "content": [{"type": "input_audio", "audio": B64}]}
PART = {"response_id": "r", "item_id": "i", "output_index": 0, "content_index": 0}
TRANSCRIBE = {"input_audio_format": "g711_alaw", "turn_detection": None}
GA_TRANSCRIBE = {
    "type": "transcription",
    "audio": {"input": {"format": PCMA, "turn_detection": None}},
}

PAIRS = [
    ({"type": "session.update", "session": BETA_SESSION}, {"session": GA_SESSION}),
    ({"type": "session.created", "session": BETA_SESSION}, {"session": GA_SESSION}),
    ({"type": "session.updated", "session": {}}, {"session": {"type": "realtime"}}),
    (
        {"type": "transcription_session.update", "session": TRANSCRIBE},
        {"type": "session.update", "session": GA_TRANSCRIBE},
    ),
    (
        {"type": "transcription_session.created", "session": TRANSCRIBE},
        {"type": "session.created", "session": GA_TRANSCRIBE},
    ),
    (
        {"type": "transcription_session.updated", "session": TRANSCRIBE},
        {"type": "session.updated", "session": GA_TRANSCRIBE},
    ),
    (
        {"type": "conversation.item.created", "item": BETA_SAID, "previous_item_id": "p"},
        {"type": "conversation.item.added", "item": GA_SAID},
    ),
    ({"type": "conversation.item.create", "item": BETA_SAID}, {"item": GA_SAID}),
    ({"type": "conversation.item.create", "item": HEARD}, {}),
    ({"type": "conversation.item.retrieved", "item": HEARD}, {}),
    (
        {
            "type": "response.create",
            "response": {
                "modalities": ["text"],
                "output_audio_format": "g711_ulaw",
                "max_response_output_tokens": "inf",
                "input": [BETA_SAID, {"type": "item_reference", "id": "i"}],
            },
        },
        {
            "response": {
                "output_modalities": ["text"],
                "max_output_tokens": "inf",
                "input": [GA_SAID, {"type": "item_reference", "id": "i"}],
                "audio": {"output": {"format": PCMU}},
            }
        },
    ),
    (
        {
            "type": "response.done",
            "response": {"voice": "alloy", "max_output_tokens": 300, "output": [BETA_SAID]},
        },
        {
            "response": {
                "max_output_tokens": 300,
                "output": [GA_SAID],
                "audio": {"output": {"voice": "alloy"}},
            }
        },
    ),
    (
        {
            "type": "response.output_item.done",
            "response_id": "r",
            "output_index": 0,
            "item": BETA_SAID,
        },
        {"item": GA_SAID},
    ),
    ({"type": "response.content_part.added", **PART, "part": {"type": "audio"}}, {}),
    ({"type": "response.text.delta", **PART, "delta": "a"}, {"type": "response.output_text.delta"}),
    ({"type": "response.text.done", **PART, "text": "a"}, {"type": "response.output_text.done"}),
    (
        {"type": "response.audio.delta", **PART, "delta": B64},
        {"type": "response.output_audio.delta"},
    ),
    ({"type": "response.audio.done", **PART}, {"type": "response.output_audio.done"}),
    (
        {"type": "response.audio_transcript.delta", **PART, "delta": "a"},
        {"type": "response.output_audio_transcript.delta"},
    ),
    (
        {"type": "response.audio_transcript.done", **PART, "transcript": "a"},
        {"type": "response.output_audio_transcript.done"},
    ),
    ({"type": "input_audio_buffer.append", "audio": B64}, {}),
    ({"type": "input_audio_buffer.speech_started", "item_id": "i", "audio_start_ms": 5}, {}),
    ({"type": "conversation.item.truncate", "item_id": "i", **dict(PART, audio_end_ms=5)}, {}),
    ({"type": "response.cancel"}, {}),
]
NAMES = [beta["type"] for beta, _ in PAIRS]


@pytest.mark.parametrize(("beta", "changes"), PAIRS, ids=NAMES)
def test_the_map_in_both_directions(beta, changes):
    ga = beta | changes
    assert to_ga(beta) == ga
    assert to_beta(ga) == beta


def test_every_type_that_only_beta_has_is_in_the_map():
    assert {*NAMES} >= realtime.BETA_TYPES


@pytest.mark.parametrize(("beta", "changes"), PAIRS, ids=NAMES)
def test_beta_is_read_into_the_same_event_as_ga(beta, changes):
    raw, ga = json.dumps(beta), json.dumps(beta | changes)
    for parse in (realtime.parse, realtime.parse_client):
        event = parse(raw, "beta")
        if isinstance(event, realtime.Unknown):
            assert event.raw == raw
        else:
            assert event == parse(ga)
            assert parse(realtime.build(event, "beta"), "beta") == event


def test_in_ga_the_older_names_are_unknown():
    raw = json.dumps({"type": "response.audio.delta", **PART, "delta": B64})
    assert realtime.parse(raw) == realtime.Unknown("response.audio.delta", raw)
    assert "response.audio.delta" in realtime.BETA_TYPES


def test_a_server_that_mixes_both_is_read():
    raw = json.dumps({"type": "response.output_audio.delta", **PART, "delta": B64})
    assert realtime.parse(raw, "beta") == realtime.parse(raw)
    nested = json.dumps({"type": "session.created", "session": GA_SESSION})
    assert realtime.parse(nested, "beta").session == GA_SESSION


def test_what_is_written_is_what_an_older_server_knows():
    update = realtime.SessionUpdate(GA_SESSION, event_id="e")
    assert json.loads(realtime.build(update, "beta")) == {
        "type": "session.update",
        "event_id": "e",
        "session": BETA_SESSION,
    }


def test_temperature_is_dropped_on_the_way_to_ga():
    raw = json.dumps({"type": "session.update", "session": {"temperature": 0.8}})
    assert realtime.parse_client(raw, "beta").session == {"type": "realtime"}


def test_what_has_no_counterpart_stays():
    settings = {"input_audio_format": "opus", "modalities": ["video"], "x": 1}
    ga = to_ga({"type": "session.update", "session": settings})["session"]
    assert ga == {
        "type": "realtime",
        "x": 1,
        "output_modalities": ["video"],
        "audio": {"input": {"format": "opus"}},
    }
    assert to_beta({"type": "session.update", "session": ga})["session"] == settings


def test_beta_has_no_word_for_an_item_that_is_done():
    with pytest.raises(ProtocolError, match=r"no conversation\.item\.done"):
        realtime.build(realtime.ConversationItemDone({"id": "i"}), "beta")


@pytest.mark.parametrize("dialect", ["ga", "beta"])
def test_an_unknown_event_comes_out_untouched(dialect):
    raw = '{ "type":"response.sparkled", "session":{"voice":"x"} }'
    event = realtime.parse(raw, dialect)
    assert event == realtime.Unknown("response.sparkled", raw)
    assert realtime.build(event, dialect) == raw


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=4,
)
FORMATS = st.sampled_from([PCM, PCMU, PCMA, {"type": "audio/opus"}, None])


def some(**fields: st.SearchStrategy) -> st.SearchStrategy:
    return st.fixed_dictionaries({}, optional=fields)


GA_AUDIO = some(
    input=some(
        format=FORMATS,
        transcription=JSON_VALUES,
        noise_reduction=JSON_VALUES,
        turn_detection=JSON_VALUES,
        gain=JSON_VALUES,
    ),
    output=some(format=FORMATS, voice=st.text(), speed=st.floats(0.25, 1.5)),
    loop=JSON_VALUES,
)
GA_SETTINGS = {
    "output_modalities": st.sampled_from([["audio"], ["text"]]),
    "instructions": st.text(),
    "audio": GA_AUDIO,
    "max_output_tokens": st.integers(1, 4096) | st.just("inf"),
    "truncation": JSON_VALUES,
    "x": JSON_VALUES,
}
GA_ITEMS = st.fixed_dictionaries(
    {
        "type": st.just("message"),
        "role": st.sampled_from(["user", "system", "assistant"]),
        "content": st.lists(
            st.fixed_dictionaries({"type": st.sampled_from(["input_text", "output_audio", "x"])})
        ),
    }
)
GA_EVENTS = st.one_of(
    st.builds(
        lambda type, session, kind: {"type": type, "session": session | {"type": kind}},
        st.sampled_from(["session.update", "session.created", "session.updated"]),
        some(**GA_SETTINGS),
        st.sampled_from(["realtime", "transcription"]),
    ),
    st.builds(
        lambda type, response: {"type": type, "response": response},
        st.sampled_from(["response.create", "response.created", "response.done"]),
        some(**GA_SETTINGS, input=st.lists(GA_ITEMS), output=st.lists(GA_ITEMS)),
    ),
    st.builds(
        lambda type, item: {"type": type, "item": item},
        st.sampled_from(["conversation.item.create", "conversation.item.added"]),
        GA_ITEMS,
    ),
)


@given(GA_EVENTS)
def test_there_and_back_again(event):
    assert to_ga(to_beta(event)) == event


@given(
    st.dictionaries(
        st.sampled_from(["session", "item", "response", "x"]),
        JSON_VALUES
        | some(audio=JSON_VALUES | GA_AUDIO, voice=JSON_VALUES, modalities=JSON_VALUES)
        | some(role=st.just("assistant"), content=JSON_VALUES, input=JSON_VALUES),
    ),
    st.sampled_from([*sorted(realtime.BETA_TYPES), "session.update", "response.create", "x"]),
)
def test_mapping_never_raises(event, type):
    event["type"] = type
    before = json.dumps(event)
    to_ga(event)
    to_beta(event)
    assert json.dumps(event) == before, "what was given is not changed"
