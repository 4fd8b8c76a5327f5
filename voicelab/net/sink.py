"""The media-stream sink: one aiohttp app that answers calls and records their audio."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from aiohttp import WSCloseCode, web

from voicelab.audio.samples import Int16Array
from voicelab.call.hub import Hub
from voicelab.call.moment import Moment
from voicelab.errors import ProtocolError, StateError
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
from voicelab.net.registry import CallRegistry
from voicelab.net.session import Session
from voicelab.net.stream_socket import CLOSE_S, StreamSocket
from voicelab.net.webhooks import Webhooks, read_body, request_moment
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
    registry : CallRegistry
    hub : Hub
        Every moment of a call on ``call:<id>``; new sessions on ``calls``.
    webhooks : Webhooks
    loop_lag : LoopLag
        How late the server's event loop is, from its start to its close.
    """

    def __init__(self, options: SinkOptions, clock: Callable[[], int] = time.monotonic_ns) -> None:
        self.options = options
        self.port = 0
        self.registry = CallRegistry(options.limits.remembered)
        self.hub = Hub()
        self._clock = clock
        self._recorder = Recorder(options.limits.flush_s)
        self.webhooks = Webhooks(options, self.registry, self._recorder, clock)
        self.loop_lag = LoopLag(
            clock,
            self._on_stall,
            busy=lambda: self.registry.busy,
            stall_ms=options.limits.stall_ms,
        )
        self._socket: socket.socket | None = None
        self._runner: web.AppRunner | None = None
        self._ticker: asyncio.Task[None] | None = None
        self._finishing: set[asyncio.Task[None]] = set()

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
            Where it has been started before.
        """
        if self._runner is not None:
            raise StateError("This sink has been started already; make a new one.")
        port, given = self.options.wanted_port()
        sock = listen(self.options.host, port, given=given)
        try:
            self._runner = web.AppRunner(
                self._app(),
                handle_signals=False,
                access_log=None,
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
        self._socket = sock
        self.loop_lag.start()
        self._recorder.start()
        self._ticker = asyncio.create_task(self._tick(), name="voicelab watchdog")

    async def aclose(self) -> None:
        """End every stream, finish every file, stop listening; idempotent."""
        runner, self._runner = self._runner, None
        if runner is None:
            return
        for session in self.registry.running:
            session.stream.close(WSCloseCode.GOING_AWAY, "shutdown", "voicelab is closing")
        await runner.cleanup()
        if self._ticker is not None:
            self._ticker.cancel()
            await asyncio.gather(self._ticker, return_exceptions=True)
        for session in self.registry:
            session.hung_up.set()
        await asyncio.gather(*self._finishing, return_exceptions=True)
        await self._recorder.aclose()
        self.loop_lag.stop()

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
        if self._socket is not None and self._socket.fileno() >= 0:
            names.append(f"the listening socket on port {self.port}")
        names += [f"the socket of call {each.stream.id}" for each in self.registry.running]
        return names + self._recorder.left()

    async def save_ear(self, session: Session, pcm: Int16Array, rate_hz: int) -> None:
        """Keep what a simulated caller heard beside the recording of its call."""
        await self._recorder.do(lambda: session.recording.save_ear(pcm, rate_hz))

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
        t_ns = self._clock()
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
        body = await read_body(request, self.options.limits.request_s)
        try:
            callback = vobiz.parse_callback(
                request.method,
                request.headers.get("Content-Type"),
                body,
                request.rel_url.raw_query_string,
            )
        except ProtocolError as error:
            log.warning("An answer request is unreadable (%s); it is answered all the same.", error)
            callback = vobiz.Callback({}, "form")
        if callback.event == "Hangup":
            _, refusal = await self.webhooks.take(request, base + "/")
            if refusal is not None:
                return refusal
            return web.Response(text=vobiz.build_answer(None), content_type=_XML)
        xml = self._xml(base)
        answered = self.registry.answered(callback.call_id)
        answered.moments.append(request_moment(t_ns, request, body))
        answered.moments.append(Moment(self._clock(), "webhook", "out", "text", xml))
        return web.Response(text=xml, content_type=_XML)

    def _base(self, request: web.Request) -> str | None:
        return base_url(self.options.public_url, request.host)

    def _xml(self, base: str) -> str:
        wanted = self.options.stream.format
        default = str(wanted) == "l16/8000"
        return vobiz.build_answer(
            vobiz.StreamElement(
                url=socket_url(base),
                bidirectional=True,
                keep_call_alive=True,
                content_type=None if default else wanted.content_type,
                status_callback_url=base + WEBHOOK_PATH,
            )
        )

    async def _webhook(self, request: web.Request) -> web.Response:
        base = self._base(request)
        url = base + WEBHOOK_PATH if base else None
        _, refusal = await self.webhooks.take(request, url)
        return web.Response(text="ok") if refusal is None else refusal

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        limits = self.options.limits
        if not origin_allowed(request.headers.get("Origin"), self._base(request)):
            raise web.HTTPForbidden(text="Pages of this origin may not open a stream here.\n")
        if len(self.registry.running) >= limits.streams:
            raise web.HTTPServiceUnavailable(text=f"{limits.streams} streams are open already.\n")
        started = datetime.now(UTC)
        offered = request.headers.get("Sec-WebSocket-Protocol", "").split(",")[0].strip()
        socket = web.WebSocketResponse(
            max_msg_size=limits.message_bytes,
            protocols=(offered,) if offered else (),
            compress=False,
            timeout=CLOSE_S / 2,
        )
        await socket.prepare(request)
        transport = StreamSocket(socket, limits.unsent_bytes)
        session = Session(
            self.options,
            self.registry,
            self._recorder,
            self.hub,
            transport,
            self._clock,
            started,
        )
        self.loop_lag.quicken()
        try:
            await transport.run(session.stream)
        finally:
            task = asyncio.create_task(session.finish(), name=f"voicelab finish {session.key}")
            self._finishing.add(task)
            task.add_done_callback(self._finishing.discard)
        return socket

    def _on_stall(self, begin_ns: int, end_ns: int) -> None:
        for session in self.registry.running:
            session.stream.on_stall(begin_ns, end_ns)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            for session in self.registry.running:
                session.stream.tick()
