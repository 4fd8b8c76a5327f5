"""A browser's session is a call like any other: seen, drawn, stored and read again."""

import asyncio
import base64
import json

import aiohttp
import numpy as np
import pytest

from voicelab import load
from voicelab.lab.call import Call
from voicelab.net.upstream_options import UpstreamOptions
from voicelab.net.voice import VoiceServer
from voicelab.net.voice_options import VoiceOptions
from voicelab.sim.realtime.server import LocalRealtime

pytestmark = pytest.mark.net

SPEECH = (9000 * np.sin(np.arange(24000) / 9)).astype("<i2")


async def until(ws, kind):
    async with asyncio.timeout(10):
        while (event := json.loads(await ws.receive_str()))["type"] != kind:
            pass
    return event


@pytest.fixture
async def talk(tmp_path):
    """A client that says something, hears a part of the parrot's answer and leaves."""
    async with LocalRealtime("parrot") as local, aiohttp.ClientSession() as http:
        options = VoiceOptions(
            port=0, recordings=tmp_path, rate=None, upstream=UpstreamOptions(url=local.url)
        )
        server = VoiceServer(options)
        await server.start()

        async def talk():
            async with http.ws_connect(server.url + "/voice") as ws:
                await until(ws, "session.updated")
                (session,) = server.running
                call = Call(None, session=session)
                await ws.send_bytes(SPEECH[:12000].tobytes())
                audio = base64.b64encode(SPEECH[12000:].tobytes()).decode()
                await ws.send_json({"type": "input_audio_buffer.append", "audio": audio})
                await ws.send_json({"type": "input_audio_buffer.commit"})
                await ws.send_json({"type": "response.create"})
                item = (await until(ws, "response.output_audio.delta"))["item_id"]
                await until(ws, "response.done")
                await ws.send_json({"type": "voicelab.played", "item_id": item, "ms": 400})
                await ws.send_str("nonsense")
                await until(ws, "error")
                assert call.running
                assert call.facts.samples >= 24000
                assert call.plot() is not None
            await session.closed.wait()
            return call

        yield talk
        await server.aclose()


async def test_it_is_seen_while_it_runs_and_afterwards(talk):
    call = await talk()
    assert not call.running
    assert call.facts.format == "l16/24000"
    assert call.facts.ended_why == "closed"
    assert call.facts.health["odd"] == {"malformed": 1}
    spoken = call.audio().samples
    assert np.array_equal(spoken[spoken != 0], SPEECH[SPEECH != 0])
    agent = call.audio("heard").samples[:, 1]
    heard = np.flatnonzero(agent)
    assert 9000 < heard[-1] - heard[0] <= 9600
    assert "text/html" in call._repr_mimebundle_()
    with pytest.raises(Exception, match="simulated"):
        call.sent_pcm()


async def test_it_is_loaded_again(talk):
    call = await talk()
    again = load(call.files.stem)
    assert again.facts == call.facts
    assert repr(again) == repr(call)
    assert np.array_equal(again.audio("heard").samples, call.audio("heard").samples)


async def test_the_facts_of_a_killed_recorder_are_worked_out_again(talk):
    call = await talk()
    path = call.files.journal
    lines = path.read_bytes().splitlines(keepends=True)
    ended = next(i for i, line in enumerate(lines) if b'"ended"' in line)
    path.write_bytes(b"".join(lines[:ended]))
    again = load(call.files.stem)
    assert again.facts.ended_why is None
    assert again.facts.samples == call.facts.samples
    assert again.facts.health == call.facts.health


async def test_it_is_hung_up_like_any_call(talk, tmp_path):
    async with LocalRealtime("parrot") as local, aiohttp.ClientSession() as http:
        options = VoiceOptions(port=0, recordings=tmp_path, upstream=UpstreamOptions(url=local.url))
        server = VoiceServer(options)
        await server.start()
        async with http.ws_connect(server.url + "/voice") as ws:
            await until(ws, "session.created")
            (session,) = server.running
            call = Call(None, session=session)
            await call._hangup()
            await call._ended()
            assert call.facts.ended_why == "stop"
        await server.aclose()
        assert local.sessions == 0
