"""The media-stream sink: one aiohttp app that answers calls and records their audio."""

from __future__ import annotations

import asyncio
import logging
import socket
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from aiohttp import WSCloseCode, web

from voicelab.audio.samples import Int16Array
from voicelab.call.hub import Hub
from voicelab.call.moment import Moment
from voicelab.errors import SettingError, StateError
from voicelab.net.callback_request import Refusal
from voicelab.net.listen import listen
from voicelab.net.loop_lag import LoopLag
from voicelab.net.options import SinkOptions
from voicelab.net.public_url import (
    STREAM_PATH,
    WEBHOOK_PATH,
    base_url,
    origin_allowed,
    socket_url,
)
from voicelab.net.recorder import Recorder
from voicelab.net.refusals import counting
from voicelab.net.registry import CallRegistry
from voicelab.net.session import Session
from voicelab.net.stream_socket import CLOSE_S, ProviderSocket, StreamSocket
from voicelab.net.webhooks import Webhooks
from voicelab.protocol import vobiz

log = logging.getLogger("voicelab.net")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_TICK_S = 1.0
_XML = "application/xml"


class SinkServer:
    """Answers ``GET|POST /``, ``WS /stream``, ``POST|GET /webhook`` and ``GET /healthz``.

    Parameters
    ----------
    options : SinkOptions
    clock : callable
        Monotonic nanoseconds.

    Attributes
    ----------
    port : int
        Where it listens, once started.
    busy_port : int or None
        The default port, where that was taken and another one is used.
    refused : Counter
        Requests answered with an error, by status and reason.
    registry : CallRegistry
    hub : Hub
        Every moment of a call on ``call:<id>``, its sound on ``audio:<id>``; new sessions on
        ``calls``.
    webhooks : Webhooks
    loop_lag : LoopLag
        How late the server's event loop is, from its start to its close.
    """

    def __init__(self, options: SinkOptions, clock: Callable[[], int] = time.monotonic_ns) -> None:
        self.options = options
        self.port = 0
        self.busy_port: int | None = None
        self.refused: Counter[str] = Counter()
        self.registry = CallRegistry(options.limits.remembered)
        self.hub = Hub()
        self._clock = clock
        self._recorder = Recorder(options.limits.flush_s)
        self.webhooks = Webhooks(options, self.registry, clock)
        self.loop_lag = LoopLag(
            clock,
            self._on_stall,
            busy=lambda: self.registry.busy,
            stall_ms=options.limits.stall_ms,
        )
        self._sock: socket.socket | None = None
        self._runner: web.AppRunner | None = None
        self._ticker: asyncio.Task[None] | None = None
        self._handlers: set[asyncio.Task[Any]] = set()
        self._finishing: set[asyncio.Task[None]] = set()
        self._closing: asyncio.Task[None] | None = None

    @property
    def listening(self) -> bool:
        """Whether it takes calls now."""
        return self._runner is not None

    @property
    def url(self) -> str:
        """Where it can be reached from this machine."""
        host = self.options.host
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    async def start(self) -> None:
        """Listen.

        Raises
        ------
        PortBusy, SettingError
            See :func:`voicelab.net.listen.listen`.
        StateError
            Where it listens already.
        """
        if self._runner is not None:
            raise StateError("This sink listens already; stop it first.")
        self._probe_places()
        port, given = self.options.wanted_port()
        again = self.port if port == 0 else port
        self._sock = sock = listen(self.options.host, again, given=given and port != 0)
        try:
            self._runner = web.AppRunner(
                self._app(),
                handle_signals=False,
                access_log=log,
                access_log_class=counting(self.refused, self._headless),
                shutdown_timeout=1.0,
                lingering_time=0.5,
                max_line_size=self.options.limits.header_bytes,
                max_field_size=self.options.limits.header_bytes,
            )
            await self._runner.setup()
            await web.SockSite(self._runner, sock).start()
        except BaseException:
            sock.close()
            raise
        self.port = sock.getsockname()[1]
        self.busy_port = port if port not in (0, self.port) else None
        self.loop_lag.start()
        self._recorder.start()
        self.webhooks.start()
        self._ticker = asyncio.create_task(self._tick(), name="voicelab watchdog")

    def _probe_places(self) -> None:
        """Find out now, not at the first call, whether recordings and callbacks can be kept."""
        log_file = self.options.webhook_log
        for option, folder in (
            ("recordings", self.options.recordings),
            ("webhook_log", log_file.parent),
        ):
            try:
                folder.mkdir(parents=True, exist_ok=True)
                with tempfile.TemporaryFile(dir=folder):
                    pass
            except OSError as error:
                raise SettingError(f"{option}: {folder} cannot be written to: {error}.") from None
        if log_file.is_dir():
            raise SettingError(f"webhook_log: {log_file} is a folder; name a file.")

    def abandon(self) -> None:
        """Free what can be freed when the event loop is gone: the port and the recordings."""
        if self._sock is not None:
            self._sock.close()
        for session in self.registry:
            session.abandon()
        self._recorder.abandon()
        self.webhooks.abandon()

    async def aclose(self) -> None:
        """End every stream, finish every file, stop listening; :meth:`start` may follow.

        Idempotent: who calls again waits for the same end, also after a first caller was cancelled.
        """
        if self._runner is None:
            return
        if self._closing is None:
            self._closing = asyncio.create_task(self._close(self._runner), name="voicelab close")
        await asyncio.shield(self._closing)

    async def _close(self, runner: web.AppRunner) -> None:
        for site in list(runner.sites):
            await site.stop()
        for session in self.registry.running:
            session.stream.close(WSCloseCode.GOING_AWAY, "shutdown", "voicelab is closing")
        if self._handlers:
            _, stuck = await asyncio.wait(self._handlers, timeout=3 * CLOSE_S)
            for handler in stuck:
                handler.cancel()
            await asyncio.gather(*stuck, return_exceptions=True)
        for session in self.registry:
            session.released.set()
        await asyncio.gather(*self._finishing, return_exceptions=True)
        await runner.cleanup()
        if self._ticker is not None:
            self._ticker.cancel()
            await asyncio.gather(self._ticker, return_exceptions=True)
        await self._recorder.aclose()
        await self.webhooks.aclose()
        self.loop_lag.stop()
        self._runner = self._closing = None

    @property
    def threads(self) -> int:
        """How many threads of its own it has running."""
        return self._recorder.threads

    @property
    def open_files(self) -> int:
        """How many files of calls are being written."""
        return self._recorder.open_files

    def left(self) -> list[str]:
        """What a closed server has failed to free, by name; nothing where all is well."""
        names = [f"task {task.get_name()!r}" for task in self._finishing]
        if self._ticker is not None and not self._ticker.done():
            names.append(f"task {self._ticker.get_name()!r}")
        if self.loop_lag.running:
            names.append("the beat of the loop-lag meter")
        if self._sock is not None and self._sock.fileno() >= 0:
            names.append(f"the listening socket on port {self.port}")
        names += [f"the socket of call {each.stream.id}" for each in self.registry.running]
        return names + self._recorder.left()

    async def save_ear(
        self, session: Session, render: Callable[[], Int16Array], rate_hz: int
    ) -> None:
        """Keep what a simulated caller heard beside its call's recording; made in the writer."""
        await self._recorder.do(lambda: session.recording.save_ear(render(), rate_hz))

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
            if came.refusal is not None:
                return came.refusal.response()
            return web.Response(text=vobiz.build_answer(None), content_type=_XML)
        if unreadable:
            self.webhooks.count(came)
            came = replace(came, refusal=None)
        answered = self.registry.answered(came.callback.call_id)
        token = answered.token if self.options.signatures == "require" else None
        answered.add(came.moment, came.callback.event)
        shown = self._xml(base, "…" if token else None)
        answered.add(Moment(self._clock(), "webhook", "out", "text", shown))
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
        return came.refusal.response() if came.refusal else web.Response(text="ok")

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
        handler = asyncio.current_task()
        assert handler is not None
        self._handlers.add(handler)
        try:
            await ws.prepare(request)
            await self._take(request, ws, expected)
        finally:
            self._handlers.discard(handler)
        return ws

    async def _take(self, request: web.Request, ws: ProviderSocket, expected: str | None) -> None:
        """Carry one stream from its opening to its end."""
        connection = request.transport
        if connection is None:
            return
        transport = StreamSocket(ws, connection, self.options.limits.unsent_bytes)
        session = Session(
            self.options,
            self.registry,
            self._recorder,
            self.hub,
            transport,
            self._clock,
            datetime.now(UTC),
            expected,
        )
        self.loop_lag.quicken()
        try:
            await transport.run(session.stream)
        except asyncio.CancelledError:
            session.abandon()
            raise
        task = asyncio.create_task(session.finish(), name=f"voicelab finish {session.key}")
        self._finishing.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._finishing.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("A call could not be finished.", exc_info=error)

    def _on_stall(self, begin_ns: int, end_ns: int) -> None:
        for session in self.registry.running:
            session.stream.on_stall(begin_ns, end_ns)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            for session in self.registry.running:
                try:
                    session.stream.tick()
                except Exception:
                    log.exception("The watchdog of call %s failed.", session.stream.id)
