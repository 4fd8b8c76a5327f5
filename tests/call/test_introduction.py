"""Agreeing on a session."""

from __future__ import annotations

from collections import Counter

from voicelab.audio.format import AudioFormat
from voicelab.call.conversation_settings import ConversationSettings
from voicelab.call.introduction import Introduction, first_update
from voicelab.call.model_audio import PCM
from voicelab.protocol import realtime

L16, MULAW = AudioFormat("l16", 8000), AudioFormat("mulaw", 8000)
SETTINGS = ConversationSettings(voice="marin")


def told_twice() -> tuple[Introduction, list[realtime.SessionUpdate]]:
    """While it rang the line was to be L16; then it was another one."""
    sent: list[realtime.SessionUpdate] = [first_update(SETTINGS, L16)]
    introduction = Introduction(SETTINGS, lambda event: not sent.append(event), Counter(), L16)
    introduction.present(MULAW, MULAW)
    return introduction, sent


def test_the_answer_to_what_was_told_while_it_rang_settles_nothing():
    introduction, sent = told_twice()
    assert introduction.agreed(sent[0].session) is None
    assert not introduction.ready
    assert introduction.agreed(sent[1].session) is None
    assert introduction.ready
    assert introduction.heard == MULAW


def test_an_answer_that_is_the_last_one_and_another_format_is_a_refusal():
    introduction, sent = told_twice()
    introduction.agreed(sent[0].session)
    assert "audio/pcm, not audio/pcmu" in (introduction.agreed(sent[0].session) or "")
    assert not introduction.ready


def test_an_error_is_about_the_last_update_unless_it_names_another_event():
    introduction, sent = told_twice()
    about = [
        introduction.concerns(realtime.ErrorDetail(event_id=event_id))
        for event_id in (sent[0].event_id, sent[1].event_id, None, "voicelab-again")
    ]
    assert about == [False, True, True, False]


def test_what_was_asked_for_while_it_rang_need_not_be_told_again():
    introduction = Introduction(SETTINGS, lambda event: True, Counter(), L16)
    assert introduction.is_about(PCM, PCM)
    assert introduction.agreed(first_update(SETTINGS, L16).session) is None
    assert introduction.ready
