"""Items that a client puts into the conversation, takes out and asks for."""

from __future__ import annotations

import base64

import pytest


def message(role: str, type: str, text: str = "hello", **more) -> dict:
    content = [{"type": type, "text": text}]
    return {"type": "message", "role": role, "content": content, **more}


def create(talk, item: dict, **more) -> list[dict]:
    return talk.send("conversation.item.create", item=item, **more)


def order(talk) -> list[str]:
    return [item.id for item in talk.core.conversation.items]


@pytest.mark.parametrize(
    ("role", "type"),
    [("user", "input_text"), ("system", "input_text"), ("assistant", "output_text")],
)
def test_a_message_is_added_and_done(session, role, type):
    talk = session()
    added, done = create(talk, message(role, type, id="a"))
    assert (added["type"], done["type"]) == ("conversation.item.added", "conversation.item.done")
    assert added["item"] == {
        "id": "a",
        "object": "realtime.item",
        "type": "message",
        "status": "completed",
        "role": role,
        "content": [{"type": type, "text": "hello"}],
    }


def test_items_go_where_they_are_put(session):
    talk = session()
    first = create(talk, message("user", "input_text", id="a"))
    assert "previous_item_id" not in first[0]
    assert create(talk, message("user", "input_text", id="c"))[0]["previous_item_id"] == "a"
    second = create(talk, message("user", "input_text", id="b"), previous_item_id="a")
    assert second[0]["previous_item_id"] == "a"
    create(talk, message("user", "input_text", id="0"), previous_item_id="root")
    assert order(talk) == ["0", "a", "b", "c"]
    create(talk, message("user", "input_text", id="d"), previous_item_id="nowhere")
    assert talk.errors() == [("invalid_value", "previous_item_id")]
    assert order(talk) == ["0", "a", "b", "c"]


def test_an_item_without_an_id_gets_one(session):
    talk = session()
    added, _ = create(talk, message("user", "input_text"))
    assert order(talk) == [added["item"]["id"]]


def test_an_id_is_used_once(session):
    talk = session()
    create(talk, message("user", "input_text", id="a"))
    create(talk, message("user", "input_text", id="a"))
    assert talk.errors() == [("item_create_duplicate_item_id", "item.id")]
    create(talk, message("user", "input_text", id="x" * 65))
    assert talk.errors() == [("invalid_value", "item.id")]


def test_sound_comes_back_when_it_is_asked_for(session):
    talk = session()
    sound = base64.b64encode(bytes(range(200))).decode()
    part = {"type": "input_audio", "audio": sound, "transcript": "hm"}
    added, _ = create(talk, {"type": "message", "role": "user", "id": "a", "content": [part]})
    assert added["item"]["content"] == [{"type": "input_audio", "transcript": "hm"}]
    (retrieved,) = talk.send("conversation.item.retrieve", item_id="a")
    assert retrieved["item"]["content"] == [part]


def test_items_are_deleted(session):
    talk = session()
    create(talk, message("user", "input_text", id="a"))
    (deleted,) = talk.send("conversation.item.delete", item_id="a")
    assert (deleted["type"], deleted["item_id"]) == ("conversation.item.deleted", "a")
    assert order(talk) == []
    talk.send("conversation.item.delete", item_id="a")
    talk.send("conversation.item.retrieve", item_id="a")
    assert talk.errors() == [
        ("item_delete_invalid_item_id", "item_id"),
        ("item_retrieve_invalid_item_id", "item_id"),
    ]


WRONG = [
    ({}, "missing_required_parameter", "item.type"),
    ({"type": "poem"}, "invalid_value", "item.type"),
    ({"type": "message", "role": "user"}, "missing_required_parameter", "item.content"),
    (message("ghost", "input_text"), "invalid_value", "item.role"),
    (message("assistant", "output_audio"), "invalid_value", "item.content[0].type"),
    (message("assistant", "text"), "invalid_value", "item.content[0].type"),
    (message("user", "input_text", colour="red"), "unknown_parameter", "item.colour"),
    (
        {"type": "message", "role": "user", "content": [{"type": "input_audio", "audio": "?"}]},
        "invalid_value",
        "item.content[0].audio",
    ),
    (
        {"type": "message", "role": "user", "content": [{"type": "input_text"}]},
        "missing_required_parameter",
        "item.content[0].text",
    ),
    (
        {"type": "function_call_output", "output": "1"},
        "missing_required_parameter",
        "item.call_id",
    ),
]


@pytest.mark.parametrize(("item", "code", "param"), WRONG, ids=lambda each: str(each)[:40])
def test_what_is_no_item_is_refused(session, item, code, param):
    talk = session()
    create(talk, item)
    assert talk.errors() == [(code, param)]
    assert order(talk) == []


def test_the_oldest_sound_is_forgotten_when_there_is_too_much(session, monkeypatch):
    monkeypatch.setattr("voicelab.sim.realtime.conversation.MAX_AUDIO_BYTES", 1000)
    talk = session()
    for name in "abc":
        part = {"type": "input_audio", "audio": base64.b64encode(bytes(400)).decode()}
        create(talk, {"type": "message", "role": "user", "id": name, "content": [part]})
    assert [len(item.audio) for item in talk.core.conversation.items] == [0, 400, 400]


def test_a_conversation_is_bounded(session, monkeypatch):
    monkeypatch.setattr("voicelab.sim.realtime.conversation.MAX_ITEMS", 2)
    talk = session()
    for _ in range(3):
        create(talk, message("user", "input_text"))
    assert talk.errors() == [("invalid_value", "item")]
