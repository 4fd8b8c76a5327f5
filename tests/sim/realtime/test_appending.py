"""The input buffer's events: append, commit, clear, and what nobody speaks into."""

from __future__ import annotations

import base64

import pytest

from voicelab.protocol.realtime import codes


def test_an_append_is_not_acknowledged(session):
    talk = session()
    assert talk.say(bytes(9600)) == []


def test_a_commit_needs_a_tenth_of_a_second(session):
    talk = session()
    talk.update(audio={"input": {"turn_detection": None}})
    talk.say(bytes(4752))
    talk.send("input_audio_buffer.commit")
    message = talk.of("error")[0]["error"]["message"]
    assert "Expected at least 100ms of audio, but buffer only has 99.00ms of audio" in message
    assert talk.errors() == [("input_audio_buffer_commit_empty", None)]
    talk.say(bytes(48))
    talk.send("input_audio_buffer.commit")
    assert talk.types() == [
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
    ]


def test_a_commit_after_the_servers_own_finds_nothing(session, prompt):
    talk = session()
    talk.listen()
    sent = prompt("yes", talk.format)
    talk.say(sent[: int(2.75 * 48_000)])
    talk.say(sent[int(2.75 * 48_000) :])
    assert talk.of("input_audio_buffer.committed")
    talk.send("input_audio_buffer.clear")
    talk.send("input_audio_buffer.commit")
    message = talk.of("error")[-1]["error"]["message"]
    assert "buffer only has 0.00ms" in message


def test_clearing_is_told(session, prompt):
    talk = session()
    talk.listen()
    talk.say(prompt("order", talk.format)[: 2 * 48_000])
    talk.events.clear()
    talk.send("input_audio_buffer.clear")
    assert talk.types() == ["input_audio_buffer.cleared"]
    talk.say(bytes(48_000))
    assert talk.events == []


def test_a_client_may_commit_in_the_middle_of_a_turn(session, prompt):
    talk = session()
    talk.listen()
    talk.say(prompt("order", talk.format)[: 2 * 48_000])
    (started,) = talk.of("input_audio_buffer.speech_started")
    committed = talk.send("input_audio_buffer.commit")[0]
    assert committed["item_id"] == started["item_id"]


def test_turns_may_wait_for_the_client(session, prompt):
    talk = session()
    talk.listen(create_response=False)
    talk.say(prompt("yes", talk.format))
    assert talk.types()[-1] == "conversation.item.done"
    talk.send("response.create")
    assert talk.of("response.done")[0]["response"]["status"] == "completed"


def test_the_idle_time_ends_in_a_response(session):
    talk = session()
    talk.listen(idle_timeout_ms=1000)
    talk.say(bytes(48_000))
    talk.send("response.create")
    said_ms = round(sum(
        len(base64.b64decode(each["delta"])) for each in talk.of("response.output_audio.delta")
    ) / 48)  # fmt: skip
    talk.events.clear()
    talk.say(bytes((said_ms + 980) // 20 * 20 * 48))
    assert talk.events == []
    talk.say(bytes(40 * 48))
    (triggered,) = talk.of("input_audio_buffer.timeout_triggered")
    assert triggered["audio_start_ms"] == pytest.approx(1000 + said_ms, abs=1)
    assert triggered["audio_end_ms"] == triggered["audio_start_ms"] + 1000
    (committed,) = talk.of("input_audio_buffer.committed")
    assert committed["item_id"] == triggered["item_id"]
    (done,) = talk.of("response.output_audio_transcript.done")
    assert done["transcript"] == "Sorry, I did not catch that, please say it once more."
    assert talk.types()[:5] == [
        "input_audio_buffer.timeout_triggered",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "response.created",
    ]


def test_an_append_is_bounded(session):
    talk = session()
    talk.say(bytes(codes.MAX_APPEND_BYTES + 2), step=codes.MAX_APPEND_BYTES + 2)
    assert talk.errors() == [("invalid_value", "audio")]
    assert talk.core.hearing.buffer.end_ms == 0


NONSENSE = [
    "{",
    "[]",
    "7",
    '"hello"',
    "{}",
    '{"type": 7}',
    '{"type": "input_audio_buffer.append"}',
    '{"type": "input_audio_buffer.append", "audio": "not base64!"}',
    '{"type": "session.update"}',
    '{"type": "conversation.item.create", "item": 3}',
    '{"type": "conversation.item.truncate", "item_id": "a", "audio_end_ms": "1"}',
    "[" * 100_000,
]


@pytest.mark.parametrize("raw", NONSENSE, ids=lambda raw: raw[:40])
def test_nonsense_is_answered_with_an_error(session, raw):
    from voicelab.protocol import realtime

    talk = session()
    talk._perform(talk.core.on_event(0.0, realtime.parse_client(raw)))
    assert talk.errors() == [("invalid_event", None)]


def test_an_unknown_event_is_answered_with_those_there_are(session):
    talk = session()
    talk.send("input_audio.append", event_id="e1")
    (error,) = talk.of("error")
    assert error["error"]["event_id"] == "e1"
    assert "'input_audio_buffer.append'" in error["error"]["message"]
    talk.events.clear()
    talk.send("output_audio_buffer.clear")
    assert talk.errors() == [("invalid_value", "type")]


def test_a_session_expires(session):
    talk = session(session_s=3600.0)
    talk.pass_s(3599.0)
    talk.events.clear()
    talk.pass_s(1.0)
    (error,) = talk.of("error")
    message = "Your session hit the maximum duration of 60 minutes."
    assert error["error"]["message"] == message
    assert talk.errors() == [("session_expired", None)]
    assert (talk.closed.code, talk.closed.reason) == (1001, message)
    assert talk.send("response.create") == []
