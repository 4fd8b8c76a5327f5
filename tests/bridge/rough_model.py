"""A Realtime server that misbehaves on purpose, each session after a script of its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from websockets.asyncio.server import Server, ServerConnection, serve

Script = Callable[[ServerConnection], Awaitable[None]]


class RoughModel:
    """Serves session n by script n; the last one serves all that follow."""

    def __init__(self, *scripts: Script) -> None:
        self.opened = 0
        self.open = 0
        self._scripts = scripts
        self._server: Server

    async def __aenter__(self) -> Self:
        self._server = await serve(self._serve, "127.0.0.1", 0, close_timeout=0.5)
        self.url = f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1/realtime"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for connection in self._server.connections:
            connection.transport.abort()
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, socket: ServerConnection) -> None:
        script = self._scripts[min(self.opened, len(self._scripts) - 1)]
        self.opened += 1
        self.open += 1
        try:
            await script(socket)
        finally:
            self.open -= 1


async def agree(socket: ServerConnection) -> None:
    """Do as a server does until the session is agreed on."""
    await socket.send(json.dumps({"type": "session.created", "event_id": "e", "session": {}}))
    async for raw in socket:
        event = json.loads(raw)
        if event["type"] == "session.update":
            await say(socket, "session.updated", session=event["session"])
            return


async def say(socket: ServerConnection, type: str, **fields: object) -> None:
    await socket.send(json.dumps({"type": type, "event_id": "e", **fields}))


async def listen(socket: ServerConnection) -> None:
    """Take whatever comes, until the other side closes."""
    async for _ in socket:
        pass


async def close_at_once(socket: ServerConnection) -> None:
    await socket.close(1011, "no")


async def cut(socket: ServerConnection) -> None:
    await agree(socket)
    socket.transport.abort()


async def garbage(socket: ServerConnection) -> None:
    await socket.send("this is no JSON")
    await socket.send('{"type": 5}')
    await socket.send('{"no": "type"}')
    await socket.send('{"type": "response.output_audio.delta", "delta": "???"}')
    await socket.send('{"type": "made.up", "x": [1, 2]}')
    await agree(socket)
    await socket.send(b"\x00\x01\x02")
    await say(socket, "response.output_audio.delta", item_id=7, delta=None)
    await say(socket, "response.done", response={"id": None, "output": [{"type": "message"}]})
    await listen(socket)


async def stall(socket: ServerConnection) -> None:
    """Agree, then read nothing and say nothing."""
    await agree(socket)
    socket.transport.pause_reading()
    await socket.wait_closed()


def expire(after_s: float) -> Script:
    async def script(socket: ServerConnection) -> None:
        await agree(socket)
        await asyncio.sleep(after_s)
        error = {
            "type": "invalid_request_error",
            "code": "session_expired",
            "message": "60 minutes",
        }
        await say(socket, "error", error=error)
        await socket.close(1001, "60 minutes")

    return script
