"""What people complain of in bridges to Realtime models: each cause, and what comes of it here."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from tests.call.bridged import Bridged
from voicelab.audio.format import AudioFormat
from voicelab.audio.g711 import ulaw_decode, ulaw_encode
from voicelab.audio.resample import resample
from voicelab.protocol import realtime, vobiz
from voicelab.sim.realtime.outputs import Ask, Sound
from voicelab.sim.realtime.server import LocalRealtime

from .conftest import until
from .speech import caller, find, heard_of, prompt
from .virtual_call import VirtualCall

TOOLS = (
    {
        "type": "function",
        "name": "price",
        "description": "What a pizza costs.",
        "parameters": {"type": "object", "properties": {"size": {"type": "string"}}},
    },
)


class Noisy:
    """Answers with five seconds in which nothing occurs twice."""

    async def answer(self, ask: Ask):
        dice = np.random.default_rng(1)
        yield Sound(dice.integers(0, 100, 40_000, np.uint8).tobytes(), ask.format)


class Speaking:
    """Says one sound, whole."""

    def __init__(self, payload: bytes, format: AudioFormat) -> None:
        self._sound = Sound(payload, format)

    async def answer(self, ask: Ask):
        yield self._sound


def appended(call: Bridged) -> list[realtime.InputAudioBufferAppend]:
    return call.told(realtime.InputAudioBufferAppend)


def test_1_barge_in_silences_the_phone_even_when_all_audio_was_sent():
    """Model audio is generated in a burst: when the caller speaks, the response is long over."""
    call = Bridged()
    call.created()
    call.audio("a", bytes(range(250)) * 160)
    call.audio_done("a")
    call.done()
    call.run(1000)
    call.model_says("input_audio_buffer.speech_started", item_id="u", audio_start_ms=0)
    assert call.events()[-1] == "clearAudio"
    sent = len(call.played())
    call.phone_says(vobiz.ClearedAudio("s", 0))
    call.run(3000)
    assert len(call.played()) == sent
    assert sent <= (1000 + 240 + 20) * 8


def test_2_no_truncation_beyond_the_audio_and_none_is_fatal():
    """The ear plays a filled-up last frame; the server counts what it sent."""
    call = Bridged()
    call.created()
    call.audio("a", bytes(range(1, 86)))
    call.audio_done("a")
    call.run(15)
    call.model_says("input_audio_buffer.speech_started", item_id="u", audio_start_ms=0)
    call.phone_says(vobiz.ClearedAudio("s", 0))
    (told,) = call.told(realtime.ConversationItemTruncate)
    assert told.audio_end_ms <= 10
    message = "Audio content of 9ms is already shorter than 10ms"
    call.error("invalid_value", message, event_id=told.event_id)
    assert [event.audio_end_ms for event in call.told(realtime.ConversationItemTruncate)][1:] == [9]
    assert call.conversation.failure is None


def test_3_the_model_remembers_what_was_heard_and_not_what_was_sent():
    call = VirtualCall(caller("order", 2.0, "yes"), agent=Noisy()).run()
    ((item, told_ms),) = call.truncated.items()
    _, samples = heard_of(call.ear(), ulaw_decode(bytes(call.said[item].audio)))
    received_ms = len(call.said[item].audio) / 8
    assert told_ms == pytest.approx(samples / 8, abs=40)
    assert told_ms < received_ms - 1000


def test_4_tools_side_by_side_never_meet_an_active_response():
    call = VirtualCall(
        caller("question", 4.0),
        settings={"tools": (*TOOLS, {**TOOLS[0], "name": "stock"})},
        model={"tool_calls": 2},
    ).run()
    assert call.errors == []
    asked = [each for each in call.sent if isinstance(each, realtime.ResponseCreate)]
    outputs = [
        each
        for each in call.sent
        if isinstance(each, realtime.ConversationItemCreate)
        and each.item["type"] == "function_call_output"
    ]
    assert (len(asked), len(outputs)) == (1, 2)
    assert call.sent.index(asked[0]) > max(call.sent.index(each) for each in outputs)
    assert np.abs(call.ear()).max() > 1000


@pytest.mark.parametrize("rate_hz", [8000, 16000])
def test_5_nothing_is_choppy(rate_hz):
    """Deltas of any size become whole frames, and are resampled as one stream."""
    words = prompt("greeting", 24000)
    model = AudioFormat("l16", 24000)
    call = VirtualCall(
        caller("yes", 5.0, rate_hz=rate_hz),
        format=f"l16/{rate_hz}",
        agent=Speaking(model.from_int16(words), model),
    ).run()
    assert call.carrier.ear.gaps == ()
    assert list(call.carrier.offences) == []
    whole = resample(words, 24000, rate_hz)
    assert find(call.ear(), whole[800:-800]) > 0


def test_6_no_static_a_line_and_a_model_never_speak_different_formats():
    call = Bridged(begin=False, fallback={8000: prompt("sorry").astype("<i2").tobytes()})
    call.start()
    call.caller(b"\x12" * 160)
    default = {"format": {"type": "audio/pcm", "rate": 24000}}
    call.agree(audio={"input": default, "output": default})
    call.agree(audio={"input": default, "output": default})
    assert appended(call) == []
    assert "audio/pcm" in call.conversation.failure
    call.run(8000)
    sorry = ulaw_decode(ulaw_encode(prompt("sorry")))
    assert find(ulaw_decode(call.played()), sorry) == 0
    assert call.events()[-1] == "stop"


def test_7_nothing_is_committed_while_the_server_tells_the_turns():
    call = VirtualCall(caller("yes", 2.5, "no")).run()
    assert not [each for each in call.sent if isinstance(each, realtime.InputAudioBufferCommit)]
    assert call.errors == []


async def test_8_a_configuration_that_is_not_taken_is_never_passed_over(bridge, facts):
    """The dead dialect ends with its reason; a field that is refused is left out, and noted."""
    async with LocalRealtime() as model:
        beta = await bridge(model.url, upstream={"dialect": "beta"})
        call, session = await beta.dial(caller("yes"), hold_s=20)
        await call.ended(30)
        (lost,) = facts(await beta.journal(session), "agent_lost")
        assert "beta" in lost["reason"]
    call = Bridged(begin=False, voice="nobody", instructions="Be brief.")
    call.start()
    call.error("invalid_value", "Invalid value: 'nobody'.", param="session.audio.output.voice")
    call.agree()
    assert call.noted("session_refused")
    (again,) = call.told(realtime.SessionUpdate)[1:]
    assert again.session["instructions"] == "Be brief."
    assert call.noted("model_ready")


async def test_9_a_hang_up_leaves_no_session_that_costs_money(bridge):
    async with LocalRealtime() as model:
        made = await bridge(model.url)
        call, session = await made.dial(caller("order"))
        await until(lambda: model.sessions == 1)
        await call.hangup()
        async with asyncio.timeout(1):
            await until(lambda: model.sessions == 0)
        await session.ended.wait()


async def test_10_a_session_that_expires_is_followed_by_one_that_knows(bridge, facts):
    async with LocalRealtime(session_s=4.0) as model:
        made = await bridge(model.url)
        call, session = await made.dial(caller("yes", 3.0, "question", 1.0), hold_s=3.0)
        result = await call.ended(60)
        journal = await made.journal(session)
    assert model.opened >= 2
    assert model.ended["expired"] >= 1
    assert facts(journal, "agent_lost") == []
    told = [each.data for each in journal.moments if (each.leg, each.way) == ("model", "out")]
    assert any("Yes, that is right." in text and "item.create" in text for text in told)
    assert result.ended_by == "caller"


def test_11_an_agent_that_hears_its_own_echo_does_not_interrupt_itself_for_ever():
    call = VirtualCall(caller("question", 8.0), agent=Noisy(), echo=(0.12, 0.3)).run()
    assert len(call.facts("interrupted")) <= 1
    assert call.facts("echo")


async def test_12_the_connection_is_there_before_the_caller_and_nothing_piles_up(bridge):
    async with LocalRealtime() as model:
        made = await bridge(model.url)
        call, session = await made.dial(caller("yes"), hold_s=0.5)
        await call.ended(30)
        journal = await made.journal(session)
    events = [each for each in journal.moments if each.leg == "model"]
    ready = next(each for each in journal.moments if each.name == "model_ready")
    assert min(each.t_ns for each in events) < 100_000_000
    assert ready.data["at_ms"] == pytest.approx(0, abs=1)
    silent = Bridged(begin=False, held_s=1.0)
    silent.start()
    for _ in range(200):
        silent.caller(b"\xff" * 160)
    silent.agree()
    assert sum(len(each.audio) for each in appended(silent)) == 8000
    assert silent.conversation.counts["caller_audio_dropped"] == 150
