"""Whatever a client sends, the events that come back fit together."""

from __future__ import annotations

import base64
from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voicelab.call.turn import ToolCall
from voicelab.protocol import realtime
from voicelab.sim.realtime.outputs import Ask, Sound

IDS = st.sampled_from(["a", "b", "item_9", "root", ""])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
SETTINGS = st.fixed_dictionaries(
    {"type": st.sampled_from(["realtime", "transcription", 3])},
    optional={
        "instructions": JSON,
        "output_modalities": st.sampled_from([["audio"], ["text"], [], "audio"]),
        "max_output_tokens": st.sampled_from([1, 20, "inf", 0]),
        "tools": JSON,
        "audio": JSON
        | st.sampled_from(
            [
                {"input": {"turn_detection": None}},
                {"input": {"turn_detection": {"type": "server_vad", "idle_timeout_ms": 100}}},
                {"input": {"format": {"type": "audio/pcmu"}}},
                {"output": {"format": {"type": "audio/pcma"}, "voice": "ash"}},
            ]
        ),
    },
)
ITEMS = JSON | st.fixed_dictionaries(
    {
        "type": st.sampled_from(["message", "function_call_output", "function_call"]),
        "role": st.sampled_from(["user", "system", "assistant"]),
        "content": st.lists(
            st.fixed_dictionaries(
                {"type": st.sampled_from(["input_text", "input_audio", "output_text"])},
                optional={"text": st.text(max_size=5), "audio": st.sampled_from(["", "AAAA", "?"])},
            ),
            max_size=2,
        ),
    },
    optional={"id": IDS, "call_id": IDS, "output": st.text(max_size=3)},
)
AUDIO = st.sampled_from([0, 1, 960, 9600, 96_000]).map(
    lambda n: base64.b64encode(bytes(n)).decode()
)
EVENTS = st.one_of(
    st.fixed_dictionaries({"type": st.just("session.update"), "session": SETTINGS | JSON}),
    st.fixed_dictionaries({"type": st.just("input_audio_buffer.append"), "audio": AUDIO}),
    st.fixed_dictionaries(
        {"type": st.just("conversation.item.create"), "item": ITEMS},
        optional={"previous_item_id": IDS},
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("conversation.item.truncate"),
            "item_id": IDS,
            "content_index": st.integers(-1, 2),
            "audio_end_ms": st.integers(-1, 300),
        }
    ),
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(["conversation.item.delete", "conversation.item.retrieve"]),
            "item_id": IDS,
        }
    ),
    st.fixed_dictionaries(
        {"type": st.just("response.create")},
        optional={
            "response": JSON
            | st.fixed_dictionaries(
                {},
                optional={
                    "conversation": st.sampled_from(["none", "auto"]),
                    "output_modalities": st.sampled_from([["audio"], ["text"]]),
                    "max_output_tokens": st.sampled_from([1, 20, "inf"]),
                    "input": st.lists(ITEMS, max_size=2),
                },
            )
        },
    ),
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(
                [
                    "response.cancel",
                    "input_audio_buffer.commit",
                    "input_audio_buffer.clear",
                    "output_audio_buffer.clear",
                    "nonsense",
                ]
            )
        }
    ),
    st.dictionaries(st.sampled_from(["type", "session", "audio", "item"]), JSON),
)
ANSWERS = st.lists(st.sampled_from(["sound", "text", "call", "finish", "wait"]), max_size=4)


def answer(talk, ask: Ask, kinds: list[str]) -> None:
    for kind in kinds:
        match kind:
            case "sound" if ask.format:
                part = Sound(ask.format.silence(ask.format.frame_samples(500)), ask.format, "a b c")
                talk.answer(ask.response_id, part, finish=False)
            case "text" if ask.format is None:
                talk.answer(ask.response_id, "a b c", finish=False)
            case "call":
                talk.answer(ask.response_id, ToolCall("f", {"a": 1}), finish=False)
            case "finish":
                talk.answer(ask.response_id)
            case "wait":
                talk.pass_s(0.1)


def check(events: list[dict]) -> None:
    """Assert that all that was begun was ended once, in its order, and one at a time."""
    running: dict[str, set] = {}
    aside: set[str] = set()
    counts = Counter(each["event_id"] for each in events)
    assert max(counts.values()) == 1
    added: Counter[str] = Counter()
    for event in events:
        kind = event["type"]
        if kind == "conversation.item.added":
            added[event["item"]["id"]] += 1
        if kind == "response.created":
            response = event["response"]
            running[response["id"]] = set()
            if response["conversation_id"] is None:
                aside.add(response["id"])
            assert len(running.keys() - aside) <= 1
        elif kind == "response.done":
            response = event["response"]
            assert running.pop(response["id"]) == set(), "something was left open"
            assert response["status"] in ("completed", "cancelled", "incomplete")
            assert response["usage"]["total_tokens"] >= 0
        elif kind.startswith("response."):
            opened = running[event["response_id"]]
            item_id = event.get("item_id") or event["item"]["id"]
            if kind.endswith("item.added"):
                opened.add(item_id)
            elif kind.endswith("part.added"):
                opened.add((item_id, "part"))
            elif kind.endswith("part.done"):
                opened.remove((item_id, "part"))
            elif kind.endswith("item.done"):
                opened.remove(item_id)
            else:
                assert item_id in opened


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(st.tuples(EVENTS, ANSWERS), max_size=12), speed=st.sampled_from([1.0, 1e9]))
def test_what_is_begun_is_ended(session, steps, speed):
    talk = session(speed=speed)
    asks = talk.hold_answers()
    for event, kinds in steps:
        fields = {name: value for name, value in event.items() if name != "type"}
        if "type" in event:
            talk.send(event["type"], **fields)
        for ask in asks[-2:]:
            answer(talk, ask, kinds)
        retrieved = talk.of("conversation.item.retrieved")
        assert all(isinstance(each["item"]["id"], str) for each in retrieved)
    check(talk.events)
    for item in talk.core.conversation.items:
        assert realtime.build(realtime.ConversationItemDone(event_id="e", item=item.with_audio()))
    for ask in asks:
        talk.answer(ask.response_id)
    talk.pass_s(60.0)
    assert talk.core.responses.active is None
    check(talk.events)


@settings(max_examples=300, deadline=None)
@given(raw=st.text(max_size=200) | st.binary(max_size=200))
def test_any_text_is_taken(raw):
    from voicelab.sim.realtime.core import RealtimeCore

    core = RealtimeCore(mint=lambda prefix: prefix)
    core.on_event(0.0, realtime.parse_client(raw))
