"""A session of ``/voice`` over real sockets, the model's end scripted."""

import asyncio
import base64
import json

import aiohttp
import numpy as np
import pytest

from voicelab.net.upstream_options import UpstreamOptions
from voicelab.secret import Secret

from .voice_client import append, closed, delta, event

pytestmark = pytest.mark.net


async def test_the_model_is_configured_and_told_nothing_else(voice, stub):
    async with voice.socket() as ws:
        assert (await event(ws))["type"] == "session.created"
        await stub.until(lambda: len(stub.texts) == 1)
        update = stub.events[0]
        assert update["type"] == "session.update"
        heard = update["session"]["audio"]["input"]
        assert heard["format"] == {"type": "audio/pcm", "rate": 24000}
        assert heard["turn_detection"]["silence_duration_ms"] == 500
        assert heard["transcription"] == {"model": "gpt-transcribe"}
        assert update["session"]["instructions"]
        assert update["session"]["audio"]["output"]["voice"] == "marin"
    await voice.settled()
    assert len(stub.texts) == 1


async def test_text_passes_untouched_both_ways(voice, stub):
    async with voice.socket() as ws:
        await event(ws)
        odd = '{ "type":"response.create",   "response":{"x":[1, 2.50]} }'
        await ws.send_str(odd)
        await ws.send_str('{"type":"of.tomorrow","é":"\\u00e9"}')
        await stub.until(lambda: len(stub.texts) == 3)
        assert stub.texts[1:] == [odd, '{"type":"of.tomorrow","é":"\\u00e9"}']
        said = '{"type" : "something.new", "event_id":"e",  "n": 1.0}'
        await stub.say(said)
        assert await ws.receive_str() == said


async def test_binary_becomes_an_append(voice, stub):
    async with voice.socket() as ws:
        await ws.send_bytes(b"\1\0\2\0")
        await stub.until(lambda: len(stub.texts) == 2)
        assert stub.events[1]["type"] == "input_audio_buffer.append"
        assert base64.b64decode(stub.events[1]["audio"]) == b"\1\0\2\0"


async def test_what_comes_before_the_model_is_there_is_kept(make_voice, stub):
    slow = asyncio.Event()

    async def answer(connection, request):
        await slow.wait()

    stub.answer = answer
    voice = await make_voice()
    async with voice.socket() as ws:
        await ws.send_bytes(b"\1\0")
        await ws.send_str('{"type":"response.create"}')
        await ws.send_bytes(b"\2\0")
        with voice.server.hub.subscribe(voice.server.running[0].topic) as moments:
            await ws.send_str('{"type":"the.last"}')
            async for moment in moments:
                if "the.last" in str(moment.data):
                    break
        slow.set()
        await stub.until(lambda: len(stub.texts) == 5)
    assert [e["type"].split(".")[-1] for e in stub.events] == [
        "update",
        "append",
        "create",
        "append",
        "last",
    ]


async def test_it_is_a_call_with_its_files(voice, stub):
    pcm = np.arange(1, 481, dtype="<i2")
    async with voice.socket() as ws:
        await event(ws)
        await ws.send_bytes(pcm.tobytes())
        await ws.send_str(append((pcm + 1000).tobytes()))
        await stub.until(lambda: len(stub.texts) == 3)
        await stub.say(delta((pcm + 5000).tobytes()))
        await event(ws)
        await ws.send_str('{"type":"voicelab.played","item_id":"item_1","ms":20}')
        await ws.send_str('{"type":"response.create"}')
        await stub.until(lambda: len(stub.texts) == 4)
    await voice.settled()
    assert not any("voicelab" in text for text in stub.texts)
    spoken = voice.caller()
    assert np.array_equal(spoken[spoken != 0], np.concatenate([pcm, pcm + 1000]))
    agent = voice.heard()[:, 1]
    assert np.array_equal(agent[agent != 0], pcm + 5000)
    (journal,) = voice.journals()
    assert journal.header["formats"] == {"inbound": "l16/24000", "outbound": "l16/24000"}
    assert journal.header["config"]["voice"]["url"].startswith("ws://127.0.0.1")
    legs = [(m.leg, m.way, m.kind) for m in journal.moments if m.kind != "ev"]
    assert legs.count(("browser", "in", "bin")) == 1
    assert ("browser", "in", "m") in legs
    assert ("browser", "out", "m") in legs
    says = [json.loads(m.data) for m in journal.moments if (m.leg, m.way) == ("model", "in")]
    assert says[1]["delta"]["bytes"] == 960
    sent = [json.loads(m.data) for m in journal.moments if (m.leg, m.way) == ("model", "out")]
    assert sent[1]["audio"]["bytes"] == 960
    full = [json.loads(m.data) for m in journal.moments if (m.leg, m.way) == ("browser", "out")]
    assert base64.b64decode(full[1]["delta"]) == (pcm + 5000).tobytes()
    names = [m.name for m in journal.moments if m.name]
    assert {"model_open", "ended", "model_closed"} <= set(names)


async def test_a_full_journal_keeps_the_models_audio(make_voice, stub):
    voice = await make_voice(journal="full")
    async with voice.socket() as ws:
        await event(ws)
        await ws.send_bytes(b"\1\0")
        await stub.until(lambda: len(stub.texts) == 2)
    await voice.settled()
    (journal,) = voice.journals()
    sent = [m.data for m in journal.moments if (m.leg, m.way) == ("model", "out")]
    assert json.loads(sent[1])["audio"] == "AQA="


async def test_a_client_that_leaves_ends_its_model(voice, stub):
    async with voice.socket() as ws:
        await event(ws)
    await stub.until(lambda: bool(stub.closed))
    assert stub.closed == [(1000, "the client left")]


async def test_a_client_that_vanishes_ends_its_model(voice, stub):
    ws = await voice.socket()
    await event(ws)
    ws._writer.transport.abort()
    await stub.until(lambda: bool(stub.closed))
    await voice.settled()
    (session,) = voice.server.registry
    assert session.stream.end.detail in ("the connection broke", "the other side closed")
    await ws.close()


async def test_a_half_open_client_is_noticed(make_voice, stub):
    voice = await make_voice(heartbeat_s=0.05)
    with voice.server.hub.subscribe("calls") as calls:
        async with voice.socket(autoping=False), asyncio.timeout(5):
            session = await anext(aiter(calls))
            await session.closed.wait()
    assert session.stream.health.odd["socket_error"] == 1
    assert not stub.open


@pytest.mark.parametrize(("code", "seen"), [(1000, 1000), (1001, 1001), (4321, 1011)])
async def test_a_model_that_closes_ends_its_client_and_says_why(voice, stub, code, seen):
    async with voice.socket() as ws:
        await event(ws)
        (connection,) = stub.open
        await connection.close(code, "lunch")
        said = await event(ws)
        assert said["type"] == "error"
        assert said["error"]["code"] == "model_closed"
        assert await closed(ws) == (seen, f"The server closed the connection ({code}: lunch).")
    await voice.settled()
    (session,) = voice.server.registry
    assert session.stream.end.why == "model"


async def test_a_model_that_is_not_there(make_voice):
    voice = await make_voice(upstream=UpstreamOptions(url="ws://127.0.0.1:9/"))
    async with voice.socket() as ws:
        assert (await event(ws))["error"]["code"] == "model_unreachable"
        code, reason = await closed(ws)
    assert code == 1011
    assert "Nobody listens" in reason


async def test_no_key_is_said_to_the_client(make_voice, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    voice = await make_voice(upstream=UpstreamOptions())
    async with voice.socket() as ws:
        said = await event(ws)
    assert said["error"]["code"] == "model_auth"
    assert "OPENAI_API_KEY" in said["error"]["message"]


async def test_the_key_is_in_no_file(make_voice, stub, tmp_path):
    upstream = UpstreamOptions(url=stub.url, key=Secret("sk-hidden"))
    voice = await make_voice(upstream=upstream, token=Secret("tok-hidden"))
    async with voice.socket() as ws:
        await event(ws)
    await voice.settled()
    assert stub.requests[0].headers["Authorization"] == "Bearer sk-hidden"
    for path in tmp_path.rglob("*.*"):
        assert b"-hidden" not in path.read_bytes() if path.is_file() else True
    assert "-hidden" not in repr(voice.server.options)


async def test_the_realtime_subprotocol_is_taken_where_offered_and_a_key_is_not_echoed(voice):
    async with voice.socket() as ws:
        assert ws.protocol is None
    async with voice.socket(protocols=["openai-insecure-api-key.ek_1", "realtime"]) as ws:
        assert ws.protocol == "realtime"


async def test_closing_the_server_closes_everybody(voice, stub):
    async with voice.socket() as ws:
        await event(ws)
        closing = asyncio.create_task(voice.server.aclose())
        assert await closed(ws) == (1001, "voicelab is closing")
        await closing
    await stub.until(lambda: not stub.open)
    assert voice.server.left() == []


async def test_it_starts_again(voice, stub):
    port = voice.server.port
    await voice.server.aclose()
    await voice.server.start()
    assert voice.server.port == port
    async with voice.socket() as ws:
        await event(ws)


async def test_hanging_up_from_here(voice, stub):
    async with voice.socket() as ws:
        await event(ws)
        (session,) = voice.server.running
        assert session.stream.stop()
        assert not session.stream.stop()
        assert await closed(ws) == (1000, "voicelab hung up")
    await stub.until(lambda: not stub.open)


@pytest.mark.parametrize("path", ["/", "/voice/x", "/nothing", "/calls/x/y"])
async def test_anything_else_is_not_found(voice, path):
    for method in ("GET", "POST", "PUT"):
        async with voice.http.request(method, voice.url + path) as answer:
            assert answer.status == 404
    async with voice.http.post(voice.url + "/voice") as answer:
        assert answer.status == 404


async def test_healthz(voice):
    async with voice.http.get(voice.url + "/healthz") as answer:
        assert (answer.status, await answer.text()) == (200, "ok")


async def test_more_sessions_than_allowed(make_voice):
    voice = await make_voice(sessions=1)
    async with voice.socket() as ws:
        await event(ws)
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await voice.socket()
        assert refused.value.status == 503
