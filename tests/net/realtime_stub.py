"""A Realtime server that does what a test tells it to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

from websockets.asyncio.server import Request, Response, Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

CREATED = {"type": "session.created", "event_id": "event_1", "session": {"type": "realtime"}}


class StubRealtime:
    """Greets with ``session.created`` and keeps what it is told.

    ``script(connection)`` replaces that; ``answer(connection, request)`` may refuse the handshake.
    """

    script: Callable[[ServerConnection], Awaitable[None]] | None = None
    answer: Callable[[ServerConnection, Request], Awaitable[Response | None]] | None = None

    def __init__(self) -> None:
        self.texts: list[str | bytes] = []
        self.requests: list[Request] = []
        self.open: set[ServerConnection] = set()
        self.opened = 0
        self.closed: list[tuple[int | None, str | None]] = []
        self._heard = asyncio.Condition()
        self._server: Server | None = None

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1/realtime"

    @property
    def events(self) -> list[dict]:
        return [json.loads(text) for text in self.texts]

    async def __aenter__(self) -> StubRealtime:
        self._server = await serve(
            self._serve, "127.0.0.1", 0, process_request=self._ask, max_size=None, close_timeout=0.5
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def say(self, *events: dict | str | bytes) -> None:
        for connection in tuple(self.open):
            for event in events:
                await connection.send(json.dumps(event) if isinstance(event, dict) else event)

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until something holds; looked at whenever anything comes, opens or closes."""
        async with asyncio.timeout(5), self._heard:
            await self._heard.wait_for(true)

    async def _ask(self, connection: ServerConnection, request: Request) -> Response | None:
        self.requests.append(request)
        return await self.answer(connection, request) if self.answer else None

    async def _serve(self, connection: ServerConnection) -> None:
        self.open.add(connection)
        self.opened += 1
        try:
            await self._news()
            if self.script is not None:
                await self.script(connection)
                return
            await connection.send(json.dumps(CREATED))
            async for text in connection:
                self.texts.append(text)
                await self._news()
        except ConnectionClosed:
            pass
        finally:
            self.open.discard(connection)
            await connection.wait_closed()
            ended = connection.protocol
            self.closed.append((ended.close_code, ended.close_reason))
            await self._news()

    async def _news(self) -> None:
        async with self._heard:
            self._heard.notify_all()
