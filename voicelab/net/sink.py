"""The media-stream sink: one aiohttp app that answers calls and records their audio."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

from aiohttp import WSCloseCode, web

from voicelab.audio.samples import Int16Array
from voicelab.call.moment import Moment
from voicelab.errors import SettingError, StateError
from voicelab.net.callback_request import Refusal
from voicelab.net.http_port import HttpPort, OnPort
from voicelab.net.options import SinkOptions, probe
from voicelab.net.phone_session import PhoneSession
from voicelab.net.public_url import (
    STREAM_PATH,
    WEBHOOK_PATH,
    base_url,
    origin_allowed,
    socket_url,
)
from voicelab.net.ringing import Ringing
from voicelab.net.session import Session
from voicelab.net.stream_socket import CLOSE_S, ProviderSocket, StreamSocket
from voicelab.net.switchboard import Switchboard
from voicelab.net.webhooks import Webhooks
from voicelab.protocol import vobiz

log = logging.getLogger("voicelab.net")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_XML = "application/xml"


class SinkServer(OnPort):
    """Answers ``GET|POST /``, ``WS /stream``, ``POST|GET /webhook`` and ``GET /healthz``.

    Parameters
    ----------
    options : SinkOptions
    clock : callable
        Monotonic nanoseconds.
    board : Switchboard, optional
        Shared with other servers; one of its own without.

    Attributes
    ----------
    board : Switchboard
    registry : CallRegistry
    hub : Hub
    loop_lag : LoopLag
        Those of the switchboard.
    webhooks : Webhooks
    """

    def __init__(
        self,
        options: SinkOptions,
        clock: Callable[[], int] = time.monotonic_ns,
        *,
        board: Switchboard | None = None,
    ) -> None:
        self.options = options
        self.board = board or Switchboard(options.limits, clock)
        self.registry = self.board.registry
        self.hub = self.board.hub
        self.loop_lag = self.board.loop_lag
        self.webhooks = Webhooks(options, self.registry, self.board.clock)
        self._port = HttpPort(options.host, options.limits.header_bytes, self._headless)
        self._sessions: set[PhoneSession] = set()
        self._ringing = (
            Ringing(options.agent, options.stream.format, self.board.clock)
            if options.agent is not None
            else None
        )
        self._closing: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen.

        Raises
        ------
        PortBusy, SettingError
            See :func:`voicelab.net.listen.listen`.
        StateError
            Where it listens already.
        """
        if self.listening:
            raise StateError("This sink listens already; stop it first.")
        self._probe_places()
        port, given = self.options.wanted_port()
        await self._port.open(self._app(), port, given=given)
        self.board.start()
        self.webhooks.start()

    def _probe_places(self) -> None:
        """Find out now, not at the first call, whether recordings and callbacks can be kept."""
        log_file = self.options.webhook_log
        probe("recordings", self.options.recordings)
        probe("webhook_log", log_file.parent)
        if log_file.is_dir():
            raise SettingError(f"webhook_log: {log_file} is a folder; name a file.")

    def abandon(self) -> None:
        """Free what can be freed when the event loop is gone: the port and the recordings."""
        self._port.abandon()
        self.board.abandon()
        self.webhooks.abandon()

    async def aclose(self) -> None:
        """End every stream, finish every file, stop listening; :meth:`start` may follow.

        Idempotent: who calls again waits for the same end, also after a first caller was cancelled.
        """
        if not self.listening:
            return
        if self._closing is None:
            self._closing = asyncio.create_task(self._close(), name="voicelab close")
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        await self._port.shut()
        for session in self._sessions:
            session.stream.close(WSCloseCode.GOING_AWAY, "shutdown", "voicelab is closing")
        await self._port.aclose(3 * CLOSE_S)
        if self._ringing is not None:
            await self._ringing.aclose()
        for session in self._sessions:
            session.release()
        await asyncio.gather(*(session.closed.wait() for session in self._sessions))
        await self.board.aclose()
        await self.webhooks.aclose()
        self._closing = None

    @property
    def threads(self) -> int:
        """How many threads of its own it has running."""
        return self.board.recorder.threads

    @property
    def open_files(self) -> int:
        """How many files of calls are being written."""
        return self.board.recorder.open_files

    def left(self) -> list[str]:
        """What a closed server has failed to free, by name; nothing where all is well."""
        return [*self._port.left(), *self.board.left()]

    async def save_ear(
        self, session: Session, render: Callable[[], Int16Array], rate_hz: int
    ) -> None:
        """Keep what a simulated caller heard beside its call's recording; made in the writer."""
        await self.board.recorder.do(lambda: session.recording.save_ear(render(), rate_hz))

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=self.options.limits.body_bytes)
        app.router.add_get("/", self._answer, allow_head=False)
        app.router.add_post("/", self._answer)
        app.router.add_get(STREAM_PATH, self._stream, allow_head=False)
        app.router.add_get(WEBHOOK_PATH, self._webhook, allow_head=False)
        app.router.add_post(WEBHOOK_PATH, self._webhook)
        app.router.add_get("/healthz", self._healthz)
        return app

    async def _healthz(self, request: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def _answer(self, request: web.Request) -> web.Response:
        base = self._base(request)
        if base is None:
            log.warning(
                "A call for Host %r was refused: that is no loopback address. Give the address "
                "the provider uses with --public-url https://… (public_url=).",
                request.host[:200],
            )
            return web.Response(
                status=503,
                text="This server does not know its public address: start it with --public-url.\n",
            )
        came = await self.webhooks.read(request, base + "/")
        unreadable = came.refusal is not None and came.refusal.name == "unreadable"
        if came.callback.event == "Hangup" or not (came.refusal is None or unreadable):
            await self.webhooks.keep(came)
            if self._ringing is not None and came.refusal is None:
                self._ringing.hung_up(came.callback.call_id)
            if came.refusal is not None:
                return came.refusal.response()
            return web.Response(text=vobiz.build_answer(None), content_type=_XML)
        if unreadable:
            self.webhooks.count(came)
            came = replace(came, refusal=None)
        answered = self.registry.answered(came.callback.call_id)
        token = answered.token if self.options.signatures == "require" else None
        answered.add(came.moment, came.callback.event)
        if self._ringing is not None:
            self._ringing.answered(came.callback.call_id, answered.id)
        shown = self._xml(base, "…" if token else None)
        answered.add(Moment(self.board.clock(), "webhook", "out", "text", shown))
        return web.Response(text=self._xml(base, token), content_type=_XML)

    def _base(self, request: web.Request) -> str | None:
        return base_url(self.options.public_url, request.host)

    def _xml(self, base: str, token: str | None) -> str:
        wanted = self.options.stream.format
        default = str(wanted) == "l16/8000"
        return vobiz.build_answer(
            vobiz.StreamElement(
                url=socket_url(base) + (f"?token={token}" if token else ""),
                bidirectional=True,
                keep_call_alive=True,
                content_type=None if default else wanted.content_type,
                status_callback_url=base + WEBHOOK_PATH,
            )
        )

    async def _webhook(self, request: web.Request) -> web.Response:
        base = self._base(request)
        url = base + WEBHOOK_PATH if base else None
        came = await self.webhooks.read(request, url)
        await self.webhooks.keep(came)
        if came.refusal is not None:
            return came.refusal.response()
        if came.callback.event == "Hangup" and self._ringing is not None:
            self._ringing.hung_up(came.callback.call_id)
        return web.Response(text="ok")

    def _headless(self, request: web.BaseRequest, response: web.StreamResponse) -> None:
        said = f"A request's head cannot be read: {response.status} {response.reason}."
        refusal = Refusal(response.status, "unreadable head", said)
        self.webhooks.keep_headless(request.method, request.path, refusal)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        limits = self.options.limits
        if not origin_allowed(request.headers.get("Origin"), self._base(request)):
            raise web.HTTPForbidden(text="Pages of this origin may not open a stream here.\n")
        if len(self.registry.running) >= limits.streams:
            raise web.HTTPServiceUnavailable(text=f"{limits.streams} streams are open already.\n")
        expected: str | None = None
        if self.options.signatures == "require":
            expected = self.registry.call_of(request.query.get("token", ""))
            if expected is None:
                raise web.HTTPForbidden(text="A stream needs the token its answer gave.\n")
        offered = request.headers.get("Sec-WebSocket-Protocol", "").split(",")[0].strip()
        ws = ProviderSocket(limits.message_bytes, offered)
        with self._port.handling():
            await ws.prepare(request)
            await self._take(request, ws, expected)
        return ws

    async def _take(self, request: web.Request, ws: ProviderSocket, expected: str | None) -> None:
        """Carry one stream from its opening to its end."""
        connection = request.transport
        if connection is None:
            return
        transport = StreamSocket(ws, connection, self.options.limits.unsent_bytes)
        session = PhoneSession(self.options, self.board, transport, expected, self._ringing)
        self._sessions = {other for other in self._sessions if not other.closed.is_set()}
        self._sessions.add(session)
        await self.board.carry(session, transport)
