"""Many sessions, left at every stage: the local Realtime server counts what stays open."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio

from voicelab.net.upstream_options import UpstreamOptions
from voicelab.sim.realtime.server import LocalRealtime

from .voice_client import VoiceUnderTest, closed, event

pytestmark = pytest.mark.net

SPEECH = bytes(range(256)) * 19


@pytest_asyncio.fixture
async def local() -> AsyncIterator[LocalRealtime]:
    async with LocalRealtime("parrot") as server:
        yield server


@pytest_asyncio.fixture
async def talk(make_voice, local) -> VoiceUnderTest:
    return await make_voice(upstream=UpstreamOptions(url=local.url), sessions=1000)


async def cut(ws: aiohttp.ClientWebSocketResponse) -> None:
    """Reset the connection without a word."""
    ws._writer.transport.abort()
    await ws.close()


async def no_request(voice: VoiceUnderTest, local: LocalRealtime) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", voice.server.port)
    writer.close()


async def half_a_request(voice: VoiceUnderTest, local: LocalRealtime) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", voice.server.port)
    writer.write(b"GET /voice HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: webs")
    await writer.drain()
    writer.transport.abort()


async def a_request_and_away(voice: VoiceUnderTest, local: LocalRealtime) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", voice.server.port)
    writer.write(
        b"GET /voice HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    await writer.drain()
    writer.transport.abort()


async def opened(voice: VoiceUnderTest, local: LocalRealtime) -> None:
    await cut(await voice.socket())


async def opened_politely(voice: VoiceUnderTest, local: LocalRealtime) -> None:
    await (await voice.socket()).close()


async def greeted(voice: VoiceUnderTest, local: LocalRealtime) -> None:
    ws = await voice.socket()
    await event(ws)
    await cut(ws)


async def speaking(voice: VoiceUnderTest, local: LocalRealtime) -> None:
    ws = await voice.socket()
    for _ in range(5):
        await ws.send_bytes(SPEECH)
    await cut(ws)


async def spoken_to(voice: VoiceUnderTest, local: LocalRealtime) -> None:
    ws = await voice.socket()
    await ws.send_str('{"type":"response.create"}')
    while (await event(ws))["type"] != "response.output_audio.delta":
        pass
    await cut(ws)


async def refused_an_item(voice: VoiceUnderTest, local: LocalRealtime) -> None:
    async with voice.socket() as ws:
        await ws.send_str('{"type":"nonsense"}')
        while (await event(ws))["type"] != "error":
            pass


async def hung_up(voice: VoiceUnderTest, local: LocalRealtime) -> None:
    async with voice.socket() as ws:
        await event(ws)
        for session in voice.server.running[:1]:
            session.stream.stop()
        ws.autoclose = False


STAGES = [
    no_request,
    half_a_request,
    a_request_and_away,
    opened,
    opened_politely,
    greeted,
    speaking,
    spoken_to,
    refused_an_item,
    hung_up,
]


async def everything_settled(voice: VoiceUnderTest, local: LocalRealtime) -> None:
    async with asyncio.timeout(20):
        while voice.server.running or voice.server._port._handlers or local.sessions:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("stage", STAGES)
async def test_a_session_left_at_any_stage_leaves_nothing(talk, local, stage):
    for _ in range(3):
        await stage(talk, local)
    await everything_settled(talk, local)
    assert local.left() == {"sessions": 0, "answers": 0}


@pytest.mark.slow
async def test_500_sessions_left_at_every_stage_leave_nothing(talk, local):
    for _ in range(500 // len(STAGES)):
        await asyncio.gather(*(stage(talk, local) for stage in STAGES), return_exceptions=True)
    await everything_settled(talk, local)
    assert local.opened >= 250
    assert talk.server.hub._followers == {}


@pytest.mark.parametrize("when", ["opening", "greeted", "speaking"])
async def test_a_local_server_that_ends_ends_its_sessions(make_voice, when):
    async with LocalRealtime("parrot") as local:
        voice = await make_voice(upstream=UpstreamOptions(url=local.url))
        ws = await voice.socket()
        if when != "opening":
            await event(ws)
        if when == "speaking":
            await ws.send_bytes(SPEECH)
            await ws.send_str('{"type":"response.create"}')
    code, reason = await closed(ws)
    assert code in (1001, 1011)
    assert reason
    await voice.settled()


async def test_an_expired_session_is_said_so(make_voice):
    async with LocalRealtime("parrot", session_s=0.05) as local:
        voice = await make_voice(upstream=UpstreamOptions(url=local.url))
        async with voice.socket() as ws:
            code, reason = await closed(ws)
        assert code == 1001
        assert "time limit" in reason
        await voice.settled()
        (session,) = voice.server.registry
        assert session.upstream.end.why == "expired"


async def test_the_beta_header_is_said_to_be_dead(make_voice):
    async with LocalRealtime("parrot") as local:
        voice = await make_voice(upstream=UpstreamOptions(url=local.url, dialect="beta"))
        async with voice.socket() as ws:
            _, reason = await closed(ws)
        assert "'ga'" in reason
