"""What a response.create may ask for."""

from __future__ import annotations

import pytest

from voicelab.sim.realtime.outputs import Sound

TEXT = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "quiz"}]}


def respond(talk, **response) -> None:
    talk.events.clear()
    talk.send("response.create", response=response)


def test_metadata_comes_back(session):
    talk = session()
    respond(talk, metadata={"client_event_id": "e1"})
    assert talk.of("response.created")[0]["response"]["metadata"] == {"client_event_id": "e1"}
    assert talk.of("response.done")[0]["response"]["metadata"] == {"client_event_id": "e1"}


def test_null_instructions_are_those_of_the_session(session):
    talk = session()
    respond(talk, instructions=None)
    assert talk.of("response.done")[0]["response"]["status"] == "completed"
    assert not talk.errors()


def test_the_request_wins_over_the_session(session):
    talk = session()
    respond(talk, output_modalities=["text"], max_output_tokens=100)
    (created,) = talk.of("response.created")
    assert created["response"]["output_modalities"] == ["text"]
    assert created["response"]["max_output_tokens"] == 100
    assert talk.of("response.output_text.done")
    respond(talk, audio={"output": {"format": {"type": "audio/pcma"}}})
    assert talk.asks[1].format.encoding == "alaw"
    assert talk.core.session["audio"]["output"]["format"]["type"] == "audio/pcm"


def test_a_response_out_of_band_leaves_no_trace(session):
    talk = session()
    respond(talk, conversation="none", input=[TEXT], output_modalities=["text"])
    (created,) = talk.of("response.created")
    assert created["response"]["conversation_id"] is None
    assert talk.of("response.output_text.done")[0]["text"] == "quiz"
    assert not [each for each in talk.types() if each.startswith("conversation")]
    assert talk.core.conversation.items == []


def test_any_number_of_them_run_beside_the_conversation(session):
    talk = session()
    asks = talk.hold_answers()
    for _ in range(3):
        respond(talk, conversation="none", input=[TEXT])
    respond(talk)
    assert not talk.errors()
    talk.send("response.cancel", response_id=asks[1].response_id)
    for ask in (asks[0], asks[2], asks[3]):
        talk.answer(ask.response_id, Sound(bytes(960), ask.format))
    assert [each["response"]["status"] for each in talk.of("response.done")] == [
        "cancelled",
        "completed",
        "completed",
        "completed",
    ]


def test_input_may_refer_to_items(session):
    talk = session()
    talk.send("conversation.item.create", item={"id": "a", **TEXT})
    asks = talk.hold_answers()
    respond(talk, conversation="none", input=[{"type": "item_reference", "id": "a"}])
    assert asks[0].turn.text == "quiz"
    respond(talk, conversation="none", input=[{"type": "item_reference", "id": "b"}])
    assert talk.errors() == [("item_retrieve_invalid_item_id", "item_id")]


def test_tokens_may_run_out(session):
    talk = session()
    asks = talk.hold_answers()
    respond(talk, max_output_tokens=10)
    talk.answer(asks[0].response_id, Sound(bytes(48_000), asks[0].format, "a b c d e"))
    (done,) = [each["response"] for each in talk.of("response.done")]
    assert done["status"] == "incomplete"
    assert done["status_details"] == {"type": "incomplete", "reason": "max_output_tokens"}
    assert done["usage"]["output_token_details"]["audio_tokens"] == 10
    assert done["output"][0]["status"] == "incomplete"


WRONG = [
    ({"modalities": ["audio"]}, "unknown_parameter", "response.modalities"),
    ({"conversation": "mine"}, "invalid_value", "response.conversation"),
    ({"metadata": {str(n): "" for n in range(17)}}, "invalid_value", "response.metadata"),
    ({"metadata": {"k" * 65: ""}}, "invalid_value", "response.metadata"),
    ({"metadata": {"k": "v" * 513}}, "invalid_value", "response.metadata"),
    ({"metadata": {"k": 1}}, "invalid_type", "response.metadata.k"),
    ({"input": ["hello"]}, "invalid_type", "response.input[0]"),
    ({"input": [{"type": "poem"}]}, "invalid_value", "item.type"),
    ({"output_modalities": []}, "invalid_value", "response.output_modalities"),
]


@pytest.mark.parametrize(("response", "code", "param"), WRONG, ids=lambda each: str(each)[:30])
def test_what_is_wrong_makes_no_response(session, response, code, param):
    talk = session()
    respond(talk, **response)
    assert talk.errors() == [(code, param)]
    assert talk.asks == []


def test_more_than_enough_beside_the_conversation_is_refused(session, monkeypatch):
    monkeypatch.setattr("voicelab.sim.realtime.responses.MAX_OUT_OF_BAND", 2)
    talk = session()
    talk.hold_answers()
    for _ in range(4):
        talk.send("response.create", response={"conversation": "none"})
    assert len(talk.errors()) == 1
    assert len(talk.asks) == 3
