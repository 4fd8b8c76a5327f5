"""Five hundred calls opened and dropped at every stage: nothing is left, here or at the model."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable

import aiohttp

from voicelab.protocol import vobiz
from voicelab.sim.realtime.server import LocalRealtime

from .conftest import until

CALLS, AT_ONCE = 500, 25
SILENCE = b"\xff" * 160


class Line:
    """One call of a provider that may vanish at any time."""

    def __init__(self, http: aiohttp.ClientSession, url: str, number: int) -> None:
        self.http, self.url, self.number = http, url, number
        self.dice = random.Random(number)

    async def answered(self) -> None:
        data = {"CallUUID": f"call-{self.number}", "Event": "StartApp"}
        async with self.http.post(self.url, data=data) as answer:
            assert answer.status == 200

    async def opened(self) -> aiohttp.ClientWebSocketResponse:
        return await self.http.ws_connect(self.url.replace("http", "ws") + "/stream")

    async def started(self) -> aiohttp.ClientWebSocketResponse:
        socket = await self.opened()
        start = vobiz.Start(
            f"call-{self.number}",
            f"stream-{self.number}",
            account_id="1",
            tracks=("inbound",),
            encoding="audio/x-mulaw",
            rate_hz=8000,
            sequence=0,
        )
        await socket.send_str(vobiz.build(start))
        return socket

    async def leave(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Close, or cut the connection."""
        if self.dice.random() < 0.5:
            await socket.close()
        else:
            assert socket._response.connection is not None
            socket._response.connection.transport.abort()
            socket._response.close()


async def only_answered(line: Line) -> None:
    await line.answered()


async def hung_up_while_it_rang(line: Line) -> None:
    await line.answered()
    data = {"CallUUID": f"call-{line.number}", "Event": "Hangup"}
    async with line.http.post(line.url, data=data):
        pass


async def opened_only(line: Line) -> None:
    await line.answered()
    await line.leave(await line.opened())


async def started_only(line: Line) -> None:
    await line.answered()
    await line.leave(await line.started())


async def unannounced(line: Line) -> None:
    await line.leave(await line.started())


async def silent_for_a_while(line: Line) -> None:
    await line.answered()
    socket = await line.started()
    for chunk in range(1, line.dice.randint(2, 20)):
        media = vobiz.Media(
            SILENCE, chunk=chunk, timestamp_ms=chunk, stream_id="stream", sequence=chunk
        )
        await socket.send_str(vobiz.build(media))
    await line.leave(socket)


async def while_the_agent_speaks(line: Line) -> None:
    await line.answered()
    socket = await line.started()
    async for message in socket:
        if json.loads(message.data)["event"] == "playAudio":
            break
    await line.leave(socket)


STAGES: list[Callable[[Line], Awaitable[None]]] = [
    only_answered,
    hung_up_while_it_rang,
    opened_only,
    started_only,
    unannounced,
    silent_for_a_while,
    while_the_agent_speaks,
]


async def test_five_hundred_dropped_calls_leave_nothing(bridge):
    async with LocalRealtime() as model:
        made = await bridge(model.url, greeting=True, lead_ms=240, agent={"ring_s": 0.5})
        gate = asyncio.Semaphore(AT_ONCE)
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(60)) as http:

            async def one(number: int) -> None:
                async with gate:
                    await STAGES[number % len(STAGES)](Line(http, made.server.url, number))

            await asyncio.gather(*(one(number) for number in range(CALLS)))
        await until(lambda: not made.server.registry.running, 60)
        await until(lambda: not model.sessions, 60)
        assert model.opened > CALLS * 0.8
        assert model.left() == {"sessions": 0, "answers": 0}
        await made.server.aclose()
        assert made.server.left() == []
    names = [task.get_name() for task in asyncio.all_tasks() if "voicelab" in task.get_name()]
    assert names == []
