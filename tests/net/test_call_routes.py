"""Calls listed, followed and told something, over HTTP."""

import asyncio
import json

import pytest

from voicelab.net.options import Limits, SinkOptions
from voicelab.net.sink import SinkServer
from voicelab.net.switchboard import Switchboard

from .conftest import media, start
from .voice_client import closed, event

pytestmark = pytest.mark.net

ITEM = {
    "type": "message",
    "role": "system",
    "content": [{"type": "input_text", "text": "The tool is done."}],
}


async def post(voice, call, body, query=""):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    url = f"{voice.url}/calls/{call}/items{query}"
    async with voice.http.post(url, data=data) as answer:
        return answer.status, await answer.json()


async def follow_until(ws, name):
    """Lines of a followed call up to a fact or a message of that name."""
    lines = []
    async with asyncio.timeout(5):
        while not lines or name not in json.dumps(lines[-1]):
            lines.append(json.loads(await ws.receive_str()))
    return lines


async def test_an_item_reaches_the_model(voice, stub):
    async with voice.socket() as ws:
        await event(ws)
        (session,) = voice.server.running
        assert (await post(voice, session.stream.id, ITEM))[0] == 202
        whole = {"type": "conversation.item.create", "item": ITEM}
        assert (await post(voice, session.stream.id, whole, "?respond=1"))[0] == 202
        await stub.until(lambda: len(stub.texts) == 4)
        assert [e["type"] for e in stub.events[1:]] == [
            "conversation.item.create",
            "conversation.item.create",
            "response.create",
        ]
        assert stub.events[1]["item"] == ITEM
    await voice.settled()
    (journal,) = voice.journals()
    told = [json.loads(m.data) for m in journal.moments if m.leg == "lab" and m.kind == "m"]
    assert [each["type"] for each in told] == [e["type"] for e in stub.events[1:]]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"5", {}, {"role": "user"}, b"\xff", [ITEM]])
async def test_what_is_no_item_is_refused(voice, stub, body):
    async with voice.socket() as ws:
        await event(ws)
        (session,) = voice.server.running
        status, said = await post(voice, session.stream.id, body)
        assert status == 400
        assert said["reason"]
        await ws.send_str('{"type":"response.create"}')
        await stub.until(lambda: len(stub.texts) == 2)
    assert stub.events[1]["type"] == "response.create"


async def test_an_item_too_large(make_voice):
    voice = await make_voice(limits=Limits(body_bytes=1000))
    async with voice.socket() as ws:
        await event(ws)
        (session,) = voice.server.running
        url = f"{voice.url}/calls/{session.stream.id}/items"
        async with voice.http.post(url, data=b"x" * 2000) as answer:
            assert answer.status == 413


async def test_no_such_call(voice):
    assert (await post(voice, "nobody", ITEM))[0] == 404
    async with voice.http.get(voice.url + "/calls/nobody") as answer:
        assert answer.status == 404


async def test_a_call_that_is_over(voice):
    async with voice.socket() as ws:
        await event(ws)
        (session,) = voice.server.running
    await voice.settled()
    assert (await post(voice, session.stream.id, ITEM))[0] == 409
    async with voice.socket(f"/calls/{session.stream.id}") as follower:
        assert (await closed(follower))[0] == 1000


async def test_following_a_call_shows_both_sides(voice, stub):
    async with voice.socket() as ws:
        await event(ws)
        (session,) = voice.server.running
        path = f"/calls/{session.stream.id}"
        async with voice.socket(path) as first, voice.socket(path) as second:
            await first.send_str("a follower has nothing to say")
            await ws.send_str('{"type":"response.create"}')
            await stub.until(lambda: len(stub.texts) == 2)
            await stub.say({"type": "of.tomorrow", "event_id": "e"})
            await event(ws)
            await ws.close()
            for follower in (first, second):
                lines = await follow_until(follower, "ended")
                legs = {(line["leg"], line["way"]) for line in lines}
                assert {("browser", "in"), ("model", "out"), ("model", "in")} < legs
                assert {"type": "of.tomorrow", "event_id": "e"} in [x.get("m") for x in lines]
                assert (await closed(follower))[0] == 1000
    assert len(stub.texts) == 2


async def test_a_follower_that_vanishes_leaves_nothing(voice):
    async with voice.socket() as ws:
        await event(ws)
        (session,) = voice.server.running
        follower = await voice.socket(f"/calls/{session.stream.id}")
        assert voice.server.hub._followers
        follower._writer.transport.abort()
        async with asyncio.timeout(5):
            while voice.server.hub._followers.get(session.topic):  # noqa: ASYNC110
                await asyncio.sleep(0.001)
        await follower.close()


async def test_too_many_followers(make_voice):
    voice = await make_voice(followers=1)
    async with voice.socket() as ws:
        await event(ws)
        path = f"/calls/{voice.server.running[0].stream.id}"
        async with voice.socket(path), voice.http.get(voice.url + path) as answer:
            assert answer.status == 503
        async with voice.http.get(voice.url + path) as answer:
            assert answer.status == 426


async def test_closing_the_server_closes_its_followers(voice):
    async with voice.socket() as ws:
        await event(ws)
        async with voice.socket(f"/calls/{voice.server.running[0].stream.id}") as follower:
            closing = asyncio.create_task(voice.server.aclose())
            assert (await closed(follower))[0] in (1000, 1001)
            await closed(ws)
            await closing


async def test_the_list_has_browsers_and_telephones(make_voice, tmp_path):
    board = Switchboard(Limits(callbacks_s=0.0))
    voice = await make_voice(board=board)
    sink = SinkServer(
        SinkOptions(port=0, recordings=tmp_path / "r", webhook_log=tmp_path / "w.log"), board=board
    )
    await sink.start()
    try:
        async with voice.socket() as ws, voice.http.ws_connect(sink.url + "/stream") as phone:
            await event(ws)
            await phone.send_json(start())
            await phone.send_json(media(bytes(160), 1))
            await sink.registry.wait_for("CA1")
            async with voice.http.get(voice.url + "/calls") as answer:
                rows = {row["format"]: row for row in (await answer.json())["calls"]}
            assert rows["l16/24000"]["agent"]
            assert rows["l16/24000"]["state"] == "open"
            assert rows["mulaw/8000"]["call_id"] == "CA1"
            assert not rows["mulaw/8000"]["agent"]
            status, said = await post(voice, "CA1", ITEM)
            assert status == 409
            assert "no agent" in said["reason"]
            session = sink.registry.find("CA1")
            told = []
            session.model = type("M", (), {"inject": lambda _, *what: told.append(what) or True})()
            assert (await post(voice, "CA1", ITEM, "?respond=1"))[0] == 202
            assert told == [(ITEM, True)]
            await phone.close()
            await session.ended.wait()
    finally:
        await sink.aclose()
    assert sink.left() == []
    async with voice.socket() as ws:
        await event(ws)
