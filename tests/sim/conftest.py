"""A small application for the simulated provider to call: aiohttp on a free port."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from aiohttp import WSMsgType, web

from voicelab.audio.format import AudioFormat
from voicelab.protocol import vobiz
from voicelab.sim.caller import Caller

Agent = Callable[["Application", web.WebSocketResponse], Awaitable[None]]


@dataclass
class Application:
    """What the provider calls, and everything it did."""

    agent: Agent
    stream: dict[str, Any] = field(default_factory=dict)
    body: str | None = None
    content_type: str = "application/xml"
    status: int = 200
    callback_statuses: list[int] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    requests: list[tuple[web.Request, dict[str, str]]] = field(default_factory=list)
    upgrades: list[web.Request] = field(default_factory=list)
    refuse_upgrades: int = 0
    texts: list[dict[str, Any]] = field(default_factory=list)
    closed_with: int | None = None
    base: str = ""

    def url(self, path: str) -> str:
        return self.base + path

    async def answer(self, request: web.Request) -> web.Response:
        fields = await self._note(request)
        if fields.get("Event") == "Hangup":
            return web.Response(text="<Response/>", content_type="application/xml")
        element = vobiz.StreamElement(
            **{
                "url": self.base.replace("http", "ws", 1) + "/stream?key=secret",
                "bidirectional": True,
                "keep_call_alive": True,
                "status_callback_url": self.url("/status?of=call"),
            }
            | self.stream
        )
        body = vobiz.build_answer(element) if self.body is None else self.body
        return web.Response(text=body, content_type=self.content_type, status=self.status)

    async def callback(self, request: web.Request) -> web.Response:
        await self._note(request)
        status = self.callback_statuses.pop(0) if self.callback_statuses else 204
        return web.Response(status=status)

    async def socket(self, request: web.Request) -> web.StreamResponse:
        self.upgrades.append(request)
        if len(self.upgrades) <= self.refuse_upgrades:
            return web.Response(status=503, text="not yet")
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.log.append("open")
        await self.agent(self, socket)
        self.closed_with = socket.close_code
        self.log.append("closed")
        return socket

    async def texts_of(self, socket: web.WebSocketResponse) -> AsyncIterator[dict[str, Any]]:
        """Yield and keep what the provider sends."""
        async for message in socket:
            assert message.type is WSMsgType.TEXT
            text = json.loads(message.data)
            self.texts.append(text)
            if text["event"] != "media":
                self.log.append(text["event"])
            yield text

    async def _note(self, request: web.Request) -> dict[str, str]:
        fields = vobiz.parse_callback(
            request.method, request.content_type, await request.read(), request.query_string
        ).fields
        self.requests.append((request, fields))
        self.log.append(fields["Event"])
        return fields

    def events(self) -> list[str]:
        return [fields["Event"] for _, fields in self.requests]

    def fields(self, event: str) -> dict[str, str]:
        return next(fields for _, fields in self.requests if fields["Event"] == event)

    def media(self) -> list[dict[str, Any]]:
        return [text["media"] for text in self.texts if text["event"] == "media"]


async def sink(application: Application, socket: web.WebSocketResponse) -> None:
    """Take everything, say nothing."""
    async for _ in application.texts_of(socket):
        pass


@pytest.fixture
async def application() -> AsyncIterator[Callable[..., Awaitable[Application]]]:
    runners: list[web.AppRunner] = []

    async def start(agent: Agent = sink, **options: Any) -> Application:
        application = Application(agent, **options)
        app = web.Application()
        app.router.add_route("*", "/", application.answer)
        app.router.add_route("*", "/status", application.callback)
        app.router.add_route("*", "/hangup", application.callback)
        app.router.add_get("/stream", application.socket)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        runners.append(runner)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        application.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return application

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
def tone() -> Callable[[AudioFormat], Caller]:
    """A caller of one second of 440 Hz, for any line."""

    def caller(line: AudioFormat) -> Caller:
        time_s = np.arange(line.rate_hz) / line.rate_hz
        samples = np.rint(8000 * np.sin(2 * np.pi * 440 * time_s)).astype(np.int16)
        return Caller.from_samples(samples, line.rate_hz, line)

    return caller
