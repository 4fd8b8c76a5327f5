"""Clients and models that do what they should not: each has an outcome, and none stays."""

import asyncio
import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voicelab.net.upstream_options import UpstreamOptions

from .voice_client import append, closed, delta, event

pytestmark = pytest.mark.net


async def test_broken_json_is_answered_and_the_session_goes_on(voice, stub):
    async with voice.socket() as ws:
        await event(ws)
        await ws.send_str('{"type":')
        said = await event(ws)
        assert (said["type"], said["error"]["code"]) == ("error", "malformed")
        await ws.send_str('{"type":"response.create"}')
        await stub.until(lambda: len(stub.texts) == 2)
    assert stub.events[1]["type"] == "response.create"
    await voice.settled()
    (journal,) = voice.journals()
    assert [m.data for m in journal.moments if m.kind == "text"] == ['{"type":']
    (ended,) = [m.data for m in journal.moments if m.name == "ended"]
    assert ended["health"]["odd"] == {"malformed": 1}


@pytest.mark.parametrize("kind", ["text", "binary"])
async def test_a_message_that_is_too_long_closes_and_says_why(make_voice, stub, kind):
    voice = await make_voice(message_bytes=10_000)
    async with voice.socket() as ws:
        await event(ws)
        await (ws.send_str("x" * 20_000) if kind == "text" else ws.send_bytes(bytes(20_000)))
        assert await closed(ws) == (1009, "a message may have 10,000 bytes")
    await stub.until(lambda: not stub.open)
    await voice.settled()
    (journal,) = voice.journals()
    (big,) = [m.data for m in journal.moments if m.name == "too_big"]
    assert (big["limit"], big["limit_bytes"]) == ("message_bytes", 10_000)


async def test_a_client_that_floods_a_model_that_does_not_read_is_closed(make_voice, stub):
    async def deaf(connection):
        connection.transport.pause_reading()
        await connection.wait_closed()

    stub.script = deaf
    upstream = UpstreamOptions(url=stub.url, unsent_bytes=1 << 20, close_s=0.05)
    voice = await make_voice(upstream=upstream)
    async with voice.socket() as ws:
        reading = asyncio.create_task(closed(ws))
        while not reading.done():
            await ws.send_bytes(bytes(48_000))
        code, reason = await reading
        assert code == 1011
        assert "too slowly" in reason
    await voice.settled()
    for connection in stub.open:
        connection.transport.resume_reading()


async def test_a_client_that_reads_too_slowly_is_closed(make_voice, stub):
    voice = await make_voice(unsent_bytes=200_000)
    async with voice.socket() as ws:
        await event(ws)
        ws._conn.transport.pause_reading()
        said = json.dumps(delta(bytes(48_000)))
        (session,) = voice.server.running
        while stub.open and session.stream.end is None:
            try:
                await stub.say(said)
            except Exception:  # the stub's connection is closed under it
                break
        await voice.settled()
        assert session.stream.end.code == 1008
        assert "too slowly" in session.stream.end.detail
        ws._conn.transport.resume_reading()
    await stub.until(lambda: not stub.open)


async def test_garbage_from_the_model_does_not_reach_the_client(voice, stub):
    async with voice.socket() as ws:
        await event(ws)
        await stub.say("{", "[]", "nonsense", b"\xff\xfe", {"type": "of.tomorrow"})
        assert (await event(ws))["type"] == "of.tomorrow"
    await voice.settled()
    (session,) = voice.server.registry
    assert session.stream.health.odd == {"model_malformed": 4}


async def test_a_model_that_breaks_the_wire_ends_the_session(voice, stub):
    async with voice.socket() as ws:
        await event(ws)
        (connection,) = stub.open
        connection.transport.write(b"\xff\xff\xff\xff")
        assert (await event(ws))["error"]["code"] == "model_protocol"
        assert (await closed(ws))[0] == 1011


async def test_a_model_that_stalls_is_left(make_voice, stub):
    async def stall(connection):
        connection.transport.pause_reading()
        await connection.wait_closed()

    stub.script = stall
    voice = await make_voice(upstream=UpstreamOptions(url=stub.url, ping_s=0.05, close_s=0.05))
    async with voice.socket() as ws:
        assert (await event(ws))["error"]["code"] == "model_slow"
        await closed(ws)
    for connection in stub.open:
        connection.transport.resume_reading()


async def test_a_client_that_floods_before_the_model_is_there_loses_old_audio_only(
    make_voice, stub
):
    ready = asyncio.Event()

    async def answer(connection, request):
        await ready.wait()

    stub.answer = answer
    voice = await make_voice(upstream=UpstreamOptions(url=stub.url, early_bytes=20_000))
    async with voice.socket() as ws:
        await ws.send_str('{"type":"conversation.item.create","item":{"type":"message"}}')
        for n in range(100):
            await ws.send_bytes(bytes([n, 0]) * 480)
        with voice.server.hub.subscribe(voice.server.running[0].topic) as moments:
            await ws.send_str('{"type":"the.last"}')
            async for moment in moments:
                if "the.last" in str(moment.data):
                    break
        ready.set()
        await stub.until(lambda: bool(stub.texts) and "the.last" in stub.texts[-1])
        types = [each["type"] for each in stub.events]
        assert types[:2] == ["session.update", "conversation.item.create"]
        assert 5 < types.count("input_audio_buffer.append") < 20
    await voice.settled()
    (session,) = voice.server.registry
    assert session.stream.health.odd["early_dropped"] > 80
    assert np.count_nonzero(voice.caller()) == 99 * 480


leaf = st.none() | st.booleans() | st.integers() | st.text(max_size=20)
branch = st.lists(leaf, max_size=4) | st.dictionaries(st.text(max_size=9), leaf, max_size=4)
tree = leaf | branch | st.lists(branch, max_size=3)
text = st.text(max_size=200) | tree.map(json.dumps)
typed = st.sampled_from(
    ["input_audio_buffer.append", "conversation.item.truncate", "voicelab.played", "x"]
)
fields = st.dictionaries(
    st.sampled_from(["audio", "item_id", "ms", "audio_end_ms", "item"]),
    st.none() | st.integers() | st.floats() | st.text(max_size=8) | st.just("AAA="),
)
messages = st.lists(
    text
    | st.tuples(typed, fields).map(lambda pair: json.dumps({"type": pair[0], **pair[1]}))
    | st.binary(max_size=200),
    min_size=50,
    max_size=50,
)


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(messages)
async def test_nothing_a_client_sends_ends_its_session(voice, stub, many):
    stub.texts.clear()
    async with voice.socket() as ws:
        await event(ws)
        for each in many:
            await (ws.send_bytes(each) if isinstance(each, bytes) else ws.send_str(each))
        await ws.send_str('{"type":"the.last"}')
        await stub.until(lambda: bool(stub.texts) and stub.texts[-1] == '{"type":"the.last"}')


async def test_two_sessions_keep_apart(voice, stub):
    async with voice.socket() as one, voice.socket() as other:
        await event(one)
        await event(other)
        await one.send_str(append(b"\1\0"))
        await stub.until(lambda: len(stub.texts) == 3)
        first = min(stub.open, key=id)
        await first.send('{"type":"for.one"}')
        got = [asyncio.create_task(ws.receive_str()) for ws in (one, other)]
        done, waiting = await asyncio.wait(got, return_when=asyncio.FIRST_COMPLETED)
        assert (len(done), len(waiting)) == (1, 1)
        await (max(stub.open, key=id)).send('{"type":"for.one"}')
        await asyncio.gather(*waiting)
