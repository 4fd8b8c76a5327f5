"""The caller interrupts: the line is flushed, the model is told what was heard."""

from __future__ import annotations

import pytest

from voicelab.protocol import realtime, vobiz

from .bridged import Bridged

SECOND = bytes(range(250)) * 32


def speaking(ms: float = 500, **settings) -> Bridged:
    """An agent that has been heard for so long, acknowledged."""
    call = Bridged(**settings)
    call.created()
    call.audio("a", SECOND * 5)
    call.run(20)
    (begin,) = call.checkpoints("begin")
    call.phone_says(vobiz.PlayedStream(begin))
    call.run(ms - 20)
    return call


def cleared(call: Bridged) -> None:
    call.phone_says(vobiz.ClearedAudio("s", 0))


def test_the_line_is_flushed_at_once_and_the_model_told_when_that_is_done():
    call = speaking(500)
    call.speech_started()
    assert call.events()[-1] == "clearAudio"
    assert call.told(realtime.ConversationItemTruncate) == []
    call.run(30)
    cleared(call)
    (told,) = call.told(realtime.ConversationItemTruncate)
    assert (told.item_id, told.content_index) == ("a", 0)
    assert told.audio_end_ms == pytest.approx(500, abs=2)
    assert call.told(realtime.ResponseCancel) == []
    (fact,) = call.noted("interrupted")
    assert (fact["item"], fact["source"], fact["received_ms"]) == ("a", "ack", 5000)


def test_late_audio_of_the_item_is_dropped_and_counted():
    call = speaking()
    call.speech_started()
    cleared(call)
    before = len(call.played())
    call.audio("a", SECOND)
    call.run(2000)
    assert len(call.played()) == before
    assert call.conversation.counts["late_deltas"] == 1


def test_nothing_is_played_before_the_flush_is_known_or_a_second_has_passed():
    call = speaking()
    call.speech_started()
    call.done("r1", "cancelled")
    call.created("r2")
    before = len(call.played())
    call.audio("b", SECOND, "r2")
    call.run(990)
    assert len(call.played()) == before
    call.run(20)
    assert len(call.played()) > before
    assert call.noted("clear_unanswered")
    assert len(call.told(realtime.ConversationItemTruncate)) == 1


def test_an_item_that_nobody_heard_is_deleted():
    call = speaking()
    call.audio_done("a")
    call.audio("b", SECOND)
    call.speech_started()
    cleared(call)
    assert [event.item_id for event in call.told(realtime.ConversationItemTruncate)] == ["a"]
    assert [event.item_id for event in call.told(realtime.ConversationItemDelete)] == ["b"]


def test_an_item_that_begins_in_a_response_which_was_cut_is_deleted_unheard():
    call = speaking()
    call.speech_started()
    cleared(call)
    call.audio("late", SECOND)
    call.done(
        "r1",
        "cancelled",
        output=[{"id": "a", "type": "message"}, {"id": "late", "type": "message"}],
    )
    assert [event.item_id for event in call.told(realtime.ConversationItemDelete)] == ["late"]


def test_when_all_was_heard_there_is_nothing_to_interrupt():
    call = Bridged()
    call.audio("a", SECOND)
    call.audio_done("a")
    call.done()
    call.run(1500)
    for name in call.checkpoints("end"):
        call.phone_says(vobiz.PlayedStream(name))
    call.speech_started()
    assert "clearAudio" not in call.events()
    assert call.told(realtime.ConversationItemTruncate) == []


def test_audio_that_was_sent_whole_is_still_flushed():
    call = Bridged()
    call.audio("a", SECOND)
    call.audio_done("a")
    call.done()
    call.run(900)
    assert len(call.played()) == len(SECOND)
    call.speech_started()
    cleared(call)
    assert call.events()[-1] == "clearAudio"
    (told,) = call.told(realtime.ConversationItemTruncate)
    assert told.audio_end_ms == pytest.approx(900, abs=25)


def test_a_truncation_that_is_refused_is_made_with_what_the_server_has():
    call = speaking()
    call.speech_started()
    cleared(call)
    (told,) = call.told(realtime.ConversationItemTruncate)
    message = "Audio content of 415ms is already shorter than 500ms"
    call.error("invalid_value", message, event_id=told.event_id)
    again = call.told(realtime.ConversationItemTruncate)[-1]
    assert (again.item_id, again.audio_end_ms) == ("a", 415)
    call.error("invalid_value", message, event_id=again.event_id)
    assert len(call.told(realtime.ConversationItemTruncate)) == 2
    assert call.conversation.failure is None


def test_never_more_than_was_received_is_called_heard():
    call = Bridged()
    call.created()
    call.audio("a", SECOND[:1000])
    call.audio_done("a")
    call.run(20)
    call.phone_says(vobiz.PlayedStream(call.checkpoints("begin")[0]))
    call.run(115)
    call.speech_started()
    assert call.noted("interrupted")[0]["heard_ms"] == 125


def test_an_agent_that_may_not_be_interrupted_speaks_on():
    call = speaking(barge_in=False)
    config = call.told(realtime.SessionUpdate)[0].session
    assert config["audio"]["input"]["turn_detection"]["interrupt_response"] is False
    call.speech_started()
    call.run(6000)
    assert "clearAudio" not in call.events()
    assert len(call.played()) == 5 * len(SECOND)


def test_interrupted_twice_each_item_is_told_once():
    call = speaking()
    call.speech_started()
    cleared(call)
    call.done("r1", "cancelled")
    call.created("r2")
    call.audio("b", SECOND, "r2")
    call.run(200)
    call.speech_started()
    cleared(call)
    told = [(event.item_id) for event in call.told(realtime.ConversationItemTruncate)]
    assert told == ["a", "b"]


def test_in_a_new_session_the_old_items_are_not_spoken_of():
    call = speaking()
    call.conversation.on_lost()
    call.conversation.resume(call.send)
    call.agree()
    call.speech_started()
    cleared(call)
    assert call.told(realtime.ConversationItemTruncate) == []
    assert call.noted("interrupted")[0]["item"] == "a"


def test_the_round_trip_is_measured_again_when_the_line_is_quiet_and_the_shortest_counts():
    call = Bridged(begin=False)
    call.start()
    call.run(400)
    call.phone_says(vobiz.PlayedStream("voicelab-probe-1"))
    call.agree()
    assert call.conversation.trip.ack_ns == 400_000_000
    call.audio("a", SECOND)
    call.audio_done("a")
    call.run(1100)
    call.phone_says(vobiz.PlayedStream(call.checkpoints("end")[0]))
    call.run(30)
    call.phone_says(vobiz.PlayedStream("voicelab-probe-2"))
    assert call.conversation.trip.ack_ns == 30_000_000
