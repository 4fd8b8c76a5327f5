"""One call between a line and a model, event by event."""

from __future__ import annotations

import numpy as np
import pytest

from voicelab.protocol import realtime, vobiz

from .bridged import Bridged

TONE = bytes(range(256)) * 100
FRAME = bytes(range(160))


def ten_frames() -> bytes:
    return bytes(index % 251 for index in range(1600))


def appended(call: Bridged) -> bytes:
    return b"".join(event.audio for event in call.told(realtime.InputAudioBufferAppend))


# The session


def test_the_session_says_the_lines_format_and_always_the_pause():
    call = Bridged(instructions="Be brief.", voice="marin")
    (update,) = call.told(realtime.SessionUpdate)
    config = update.session
    assert config["type"] == "realtime"
    assert config["instructions"] == "Be brief."
    assert config["audio"]["input"]["format"] == {"type": "audio/pcmu"}
    assert config["audio"]["output"] == {"format": {"type": "audio/pcmu"}, "voice": "marin"}
    assert config["audio"]["input"]["turn_detection"]["silence_duration_ms"] == 500
    assert config["audio"]["input"]["transcription"] == {"model": "gpt-transcribe"}


@pytest.mark.parametrize(
    ("line", "heard", "said"),
    [
        ("mulaw/8000", "audio/pcmu", "audio/pcmu"),
        ("alaw/8000", "audio/pcma", "audio/pcmu"),
        ("l16/8000", "audio/pcm", "audio/pcm"),
        ("l16/16000", "audio/pcm", "audio/pcm"),
    ],
)
def test_each_line_has_its_formats_and_the_choice_is_noted(line, heard, said):
    call = Bridged(line)
    audio = call.told(realtime.SessionUpdate)[0].session["audio"]
    assert audio["input"]["format"]["type"] == heard
    assert audio["output"]["format"]["type"] == said
    (fact,) = call.noted("model_ready")
    assert fact["delay_ms"] < 2
    assert (fact["heard"].split("/")[0] == "l16") == (heard == "audio/pcm")


def test_the_callers_first_words_wait_for_the_servers_word_on_the_format():
    call = Bridged(begin=False)
    call.start()
    call.caller(FRAME)
    assert appended(call) == b""
    call.agree()
    assert appended(call) == FRAME


def test_a_refused_session_is_asked_for_again_with_less():
    call = Bridged(begin=False, voice="marin", instructions="Be brief.")
    call.start()
    call.error("unknown_parameter", "Unknown parameter: 'session.audio.output.voice'.")
    first, second = call.told(realtime.SessionUpdate)
    assert "voice" in first.session["audio"]["output"]
    assert "voice" not in second.session["audio"]["output"]
    assert second.session["instructions"] == "Be brief."
    assert call.noted("session_refused")
    call.agree()
    assert call.noted("model_ready")


def test_a_format_that_was_not_taken_ends_the_call_with_its_reason():
    call = Bridged(begin=False)
    call.start()
    wrong = {"input": {"format": {"type": "audio/pcm", "rate": 24000}}}
    call.agree(audio=wrong)
    call.agree(audio=wrong)
    assert "audio/pcm" in call.conversation.failure
    call.run(3000)
    assert call.events()[-1] == "stop"


# The caller's audio


def test_mulaw_reaches_the_model_byte_for_byte():
    call = Bridged()
    frames = [bytes((index * 7 + k) % 256 for k in range(160)) for index in range(20)]
    for frame in frames:
        call.caller(frame)
    assert appended(call) == b"".join(frames)


def test_l16_reaches_the_model_at_24_khz():
    call = Bridged("l16/8000")
    tone = (9000 * np.sin(np.arange(8000) * 2 * np.pi * 440 / 8000)).astype("<i2")
    for start in range(0, 8000, 160):
        call.caller(tone[start : start + 160].tobytes())
    heard = np.frombuffer(appended(call), "<i2").astype(float)
    assert abs(len(heard) - 24000) < 100
    spectrum = np.abs(np.fft.rfft(heard[4000:20000]))
    assert np.argmax(spectrum) * 24000 / 16000 == pytest.approx(440, abs=2)


def test_a_lost_frame_is_silence_for_the_model_too():
    call = Bridged()
    call.caller(FRAME)
    call._chunk += 2
    call.caller(FRAME)
    assert appended(call) == FRAME + b"\xff" * 320 + FRAME


# The agent's audio


def test_the_models_mulaw_reaches_the_line_byte_for_byte_in_whole_paced_frames():
    call = Bridged()
    call.audio("a", ten_frames() * 5 + b"\x01\x02")
    call.audio_done("a")
    assert len(call.played()) < 16 * 160
    call.run(2000)
    assert call.played()[:8002] == ten_frames() * 5 + b"\x01\x02"
    assert set(call.played()[8002:]) == {0xFF}
    assert len(call.played()) % 160 == 0


def test_24_khz_comes_out_as_long_as_it_went_in():
    call = Bridged("l16/8000")
    tone = (9000 * np.sin(np.arange(24000) * 2 * np.pi * 440 / 24000)).astype("<i2").tobytes()
    for start in range(0, len(tone), 1001):
        call.audio("a", tone[start : start + 1001])
    call.audio_done("a")
    call.run(3000)
    heard = np.frombuffer(call.played(), "<i2").astype(float)
    assert len(heard) == 8000
    expected = 9000 * np.sin(np.arange(8000) * 2 * np.pi * 440 / 8000)
    assert np.max(np.abs(heard[400:7600] - expected[400:7600])) < 30


def test_a_checkpoint_follows_the_first_and_the_last_frame_of_each_item():
    call = Bridged()
    for item in ("a", "b"):
        call.audio(item, ten_frames())
        call.audio_done(item)
    call.run(1000)
    marks = [text for text in call.to_phone if text["event"] in ("playAudio", "checkpoint")]
    order = "".join("." if text["event"] == "playAudio" else "|" for text in marks)
    assert order == "|.|.........|.|.........|"
    names = [text["name"] for text in marks if "name" in text]
    assert len(set(names)) == len(names)


def test_what_was_heard_is_in_the_recording_where_it_played():
    call = Bridged()
    call.now = 1_000_000_000
    call.caller(FRAME)
    call.audio("a", ten_frames())
    call.audio_done("a")
    call.run(1000)
    for name in call.checkpoints("end"):
        call.phone_says(vobiz.PlayedStream(name))
    call.run(1000)
    (offset, _), *_ = call.agent_sound
    assert offset == pytest.approx(160, abs=2)
    assert sum(len(piece) for _, piece in call.agent_sound) == 2 * 1600
    assert call.noted("item_heard")


# Who speaks when


def test_the_agent_greets_when_both_sides_are_ready():
    call = Bridged(greeting=True)
    assert [event.response for event in call.told(realtime.ResponseCreate)] == [None]


def test_a_greeting_can_be_told():
    call = Bridged(greeting="Say hello.")
    (asked,) = call.told(realtime.ResponseCreate)
    assert asked.response == {"instructions": "Say hello."}


def test_without_a_greeting_the_caller_speaks_first():
    call = Bridged(greeting=False)
    call.run(1000)
    assert call.told(realtime.ResponseCreate) == []


def test_keys_reach_the_model_at_the_hash_and_are_answered():
    call = Bridged()
    for key in "12#":
        call.phone_says(vobiz.Dtmf(key, sequence=1, timestamp_ms=1, stream_id="s"))
    call.run(10)
    (item,) = call.told(realtime.ConversationItemCreate)
    assert item.item["content"] == [
        {"type": "input_text", "text": "The caller pressed the keys 12#"}
    ]
    assert len(call.told(realtime.ResponseCreate)) == 1


def test_keys_without_a_hash_reach_it_after_two_seconds():
    call = Bridged()
    call.phone_says(vobiz.Dtmf("7", sequence=1, timestamp_ms=1, stream_id="s"))
    call.run(1900)
    assert call.told(realtime.ConversationItemCreate) == []
    call.run(200)
    assert len(call.told(realtime.ConversationItemCreate)) == 1


def test_a_key_silences_the_agent():
    call = Bridged()
    call.created()
    call.audio("a", TONE)
    call.run(300)
    call.phone_says(vobiz.Dtmf("1", sequence=1, timestamp_ms=1, stream_id="s"))
    assert call.events()[-1] == "clearAudio"
    assert [event.response_id for event in call.told(realtime.ResponseCancel)] == ["r1"]


# Tools


def test_two_calls_side_by_side_are_followed_by_one_response():
    call = Bridged()
    call.created()
    call.calls("weather", "c1", '{"city": "Pune"}')
    call.conversation.on_tool("c1", "sunny")
    call.calls("time", "c2")
    call.run(500)
    assert call.told(realtime.ResponseCreate) == []
    call.done()
    call.run(500)
    assert call.told(realtime.ResponseCreate) == []
    call.conversation.on_tool("c2", "noon")
    call.run(500)
    outputs = [event.item for event in call.told(realtime.ConversationItemCreate)]
    assert [(item["call_id"], item["output"]) for item in outputs] == [
        ("c1", "sunny"),
        ("c2", "noon"),
    ]
    assert len(call.told(realtime.ResponseCreate)) == 1
    assert [request.name for request in call.tools] == ["weather", "time"]


def test_a_call_that_was_cut_off_is_not_run():
    call = Bridged()
    item = {"type": "function_call", "status": "incomplete", "name": "x", "call_id": "c"}
    call.model_says("response.output_item.done", response_id="r", output_index=0, item=item)
    assert call.tools == []


def test_no_response_is_asked_for_while_one_is_active_or_the_caller_speaks():
    call = Bridged()
    call.created("r1")
    call.conversation.inject(realtime.user_text("hello"), respond=True)
    call.run(500)
    assert call.told(realtime.ResponseCreate) == []
    call.speech_started()
    call.done("r1", "cancelled")
    call.run(500)
    assert call.told(realtime.ResponseCreate) == []
    call.speech_stopped()
    call.created("r2")
    call.done("r2")
    call.run(5000)
    assert call.told(realtime.ResponseCreate) == []


def test_a_response_refused_because_another_was_active_is_asked_for_again():
    call = Bridged()
    call.conversation.inject(realtime.user_text("hello"), respond=True)
    call.error("conversation_already_has_active_response")
    call.created("r9")
    call.conversation.inject(realtime.user_text("still there?"), respond=True)
    call.done("r9")
    call.run(100)
    assert len(call.told(realtime.ResponseCreate)) == 2


def test_the_agent_hangs_up_after_its_last_words():
    call = Bridged()
    call.created()
    call.audio("a", ten_frames() * 3)
    call.audio_done("a")
    call.calls("hang_up", "c1")
    call.conversation.on_tool("c1", "", hang_up=True)
    call.done()
    call.run(300)
    assert "stop" not in call.events()
    call.run(500)
    (end,) = call.checkpoints("end")
    call.phone_says(vobiz.PlayedStream(end))
    assert call.events()[-1] == "stop"
    assert call.told(realtime.ResponseCreate) == []


def test_the_agent_hangs_up_even_if_nobody_says_that_its_words_were_heard():
    call = Bridged()
    call.audio("a", ten_frames())
    call.audio_done("a")
    call.calls("hang_up", "c1")
    call.conversation.on_tool("c1", "", hang_up=True)
    call.run(4000)
    assert call.events()[-1] == "stop"


# The end


def test_a_failing_agent_is_followed_by_the_fallback_prompt_and_the_end():
    prompt = np.full(1600, 1000, "<i2").tobytes()
    call = Bridged(fallback={8000: prompt})
    call.error("insufficient_quota", "You have no credit.")
    call.run(4000)
    assert len(call.played()) == 1600
    assert call.events()[-1] == "stop"
    assert "no credit" in call.noted("agent_lost")[0]["reason"]


def test_harmless_errors_change_nothing():
    call = Bridged()
    call.error("response_cancel_not_active", "Cancellation failed")
    call.error("input_audio_buffer_commit_empty", "buffer too small")
    call.error("something_new", "?")
    call.run(100)
    assert call.conversation.failure is None
    assert call.conversation.counts["error something_new"] == 1


def test_a_failed_response_is_asked_for_once_more():
    call = Bridged()
    failed = {"error": {"code": "server_error", "message": "busy"}}
    call.created("r1")
    call.done("r1", "failed", status_details=failed)
    call.run(10)
    assert len(call.told(realtime.ResponseCreate)) == 1
    call.created("r2")
    call.done("r2", "failed", status_details=failed)
    assert "busy" in call.conversation.failure


def test_a_new_session_gets_what_was_said():
    call = Bridged()
    call.model_says("input_audio_buffer.committed", item_id="u1")
    call.model_says(
        "conversation.item.input_audio_transcription.completed",
        item_id="u1",
        content_index=0,
        transcript="Two pizzas.",
        usage={},
    )
    call.created()
    call.audio("a", ten_frames())
    call.model_says(
        "response.output_audio_transcript.done",
        response_id="r1",
        item_id="a",
        output_index=0,
        content_index=0,
        transcript="Coming up.",
    )
    call.audio_done("a")
    call.done()
    call.model_says("input_audio_buffer.committed", item_id="u2")
    call.conversation.on_lost()
    call.to_model.clear()
    call.conversation.resume(call.send)
    call.caller(FRAME)
    items = [event.item for event in call.told(realtime.ConversationItemCreate)]
    texts = [item["content"][0]["text"] for item in items]
    assert texts[:2] == ["Two pizzas.", "Coming up."]
    assert "not transcribed" in texts[2]
    assert appended(call) == b""
    call.agree()
    assert appended(call) == FRAME
    assert len(call.told(realtime.ResponseCreate)) == 1
