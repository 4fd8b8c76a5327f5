"""A simulated call with an agent at the other end."""

from __future__ import annotations

import numpy as np
import pytest

from voicelab.protocol import vobiz
from voicelab.sim import Carrier

pytestmark = pytest.mark.net

FAST = {"speed": 20.0, "hold_s": 0.5}


def commands(stream_id: str) -> dict[str, str]:
    audio = (np.arange(1600) % 100 + 1).astype("<i2").tobytes()
    build = vobiz.build
    return {
        "play": build(vobiz.PlayAudio(stream_id, "audio/x-l16", 8000, audio)),
        "checkpoint": build(vobiz.Checkpoint(stream_id, "turn-1")),
        "clear": build(vobiz.ClearAudio(stream_id)),
        "stop": build(vobiz.Stop(stream_id)),
    }


async def test_an_agent_plays_is_acknowledged_clears_and_stops(application, tone):
    async def agent(app, socket):
        texts = app.texts_of(socket)
        say = commands((await anext(texts))["start"]["streamId"])
        await socket.send_str(say["play"])
        await socket.send_str(say["checkpoint"])
        async for text in texts:
            if text["event"] == "playedStream":
                assert text == {"event": "playedStream", "name": "turn-1"}
                await socket.send_str(say["play"])
                await socket.send_str(say["checkpoint"])
                await socket.send_str(say["clear"])
            elif text["event"] == "clearedAudio":
                await socket.send_str(say["stop"])

    app = await application(agent)
    facts = []
    carrier = Carrier(app.base, **FAST)
    call = await carrier.dial(tone, on_fact=lambda ev, data, t_ns: facts.append((ev, data, t_ns)))
    result = await call.ended(timeout=20)
    assert result.ended_by == "agent"
    assert result.hangup == vobiz.END_OF_XML
    assert (result.frames_received, result.checkpoints, result.offences) == (20, 1, ())
    assert result.first_audio_ms is not None
    assert app.closed_with == 1000
    assert app.log[-1] == "Hangup"
    assert sorted(app.events()) == sorted(
        ["StartApp", "StartStream", "PlayedStream", "ClearedAudio", "StopStream", "Hangup"]
    )
    assert app.fields("PlayedStream")["Name"] == "turn-1"
    assert [ev for ev, _, _ in facts] == ["start", "first_audio", "played", "cleared", "hangup"]
    assert [t_ns for _, _, t_ns in facts] == sorted(t_ns for _, _, t_ns in facts)
    assert facts[2][1] == {"checkpoint": "turn-1"}
    heard = call.heard_pcm()
    first = round(call.core.ear.first_audio_s * 8000)
    assert heard[first : first + 1600].tolist() == [i % 100 + 1 for i in range(1600)]
    assert not heard[:first].any()


async def test_a_late_checkpoint_wakes_the_call_on_time(application, tone):
    """At the ear's pace, not at the next frame: acks come between the frames they fall between."""

    async def agent(app, socket):
        texts = app.texts_of(socket)
        say = commands((await anext(texts))["start"]["streamId"])
        await socket.send_str(say["play"])
        await socket.send_str(say["checkpoint"])
        async for _ in texts:
            pass

    app = await application(agent)
    call = await Carrier(app.base, **FAST).dial(tone)
    await call.ended(timeout=20)
    before = [text["event"] for text in app.texts]
    frames_before_ack = before.index("playedStream") - 1
    start_s = call.core.ear.first_audio_s
    assert frames_before_ack >= int((start_s + 0.2) / 0.02 + 1e-6)


async def test_what_is_odd_is_noted_and_the_call_goes_on(application, tone):
    async def agent(app, socket):
        texts = app.texts_of(socket)
        await anext(texts)
        await socket.send_str("what?")
        await socket.send_bytes(b"\x00" * 320)
        await socket.send_str('{"event":"clearAudio","streamId":"of another call"}')
        async for _ in texts:
            pass

    app = await application(agent)
    result = await (await Carrier(app.base, **FAST).dial(tone)).ended(timeout=20)
    assert [offence.rule for offence in result.offences] == [
        "malformed",
        "binary-frame",
        "wrong-stream-id",
    ]
    assert "clearedAudio" in [text["event"] for text in app.texts]
    assert result.ended_by == "caller"


async def test_a_flood_is_taken_and_noted(application, tone):
    async def agent(app, socket):
        texts = app.texts_of(socket)
        say = commands((await anext(texts))["start"]["streamId"])
        for _ in range(300):
            await socket.send_str(say["play"])
        async for _ in texts:
            pass

    app = await application(agent)
    call = await Carrier(app.base, **FAST).dial(tone)
    result = await call.ended(timeout=20)
    assert "deep-queue" in {offence.rule for offence in result.offences}
    assert result.frames_received == 3000
    assert result.frames_sent >= 3000
