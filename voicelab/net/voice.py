"""The voice server: every browser gets a Realtime session of its own, and each is a call."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from aiohttp import WSCloseCode, web

from voicelab.call.hub import Hub
from voicelab.errors import StateError
from voicelab.net.call_routes import CallRoutes
from voicelab.net.http_port import HttpPort, OnPort
from voicelab.net.options import probe
from voicelab.net.registry import CallRegistry
from voicelab.net.stream_socket import ProviderSocket, StreamSocket
from voicelab.net.switchboard import Switchboard
from voicelab.net.voice_gate import Refused, VoiceGate
from voicelab.net.voice_options import VoiceOptions
from voicelab.net.voice_session import VoiceSession

log = logging.getLogger("voicelab.net")

VOICE_PATH = "/voice"
_PROTOCOL = "realtime"
_ANY_PAGE = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Retry-After",
    "Cache-Control": "no-store",
}
"""A page cannot see why a socket was refused, so it may ask; there is nothing secret in it."""


class VoiceServer(OnPort):
    """Answers ``WS|GET /voice``, ``GET /calls``, ``WS /calls/{id}``, ``POST /calls/{id}/items``
    and ``GET /healthz``.

    Parameters
    ----------
    options : VoiceOptions
    clock : callable
        Monotonic nanoseconds.
    board : Switchboard, optional
        Shared with other servers, whose calls are then seen here as well; one of its own without.

    Raises
    ------
    SettingError
        Where ``rate`` is none.
    """  # noqa: D205 - the paths are one sentence

    def __init__(
        self,
        options: VoiceOptions,
        clock: Callable[[], int] = time.monotonic_ns,
        *,
        board: Switchboard | None = None,
    ) -> None:
        self.options = options
        self.board = board or Switchboard(options.limits, clock)
        self._gate = VoiceGate(options)
        self._port = HttpPort(options.host, options.limits.header_bytes)
        self._calls = CallRoutes(options, self.board, self._gate, self._port)
        self._sessions: set[VoiceSession] = set()
        self._closing: asyncio.Task[None] | None = None

    @property
    def registry(self) -> CallRegistry:
        """The calls."""
        return self.board.registry

    @property
    def hub(self) -> Hub:
        """Who follows them."""
        return self.board.hub

    @property
    def running(self) -> list[VoiceSession]:
        """Sessions whose files are not finished."""
        return [session for session in self._sessions if not session.closed.is_set()]

    def one_time_token(self) -> str:
        """Mint a token for ``/voice?token=…``: one session that is not counted."""
        return self._gate.one_time_token()

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
            raise StateError("This voice server listens already; stop it first.")
        probe("recordings", self.options.recordings)
        port, given = self.options.wanted_port()
        await self._port.open(self._app(), port, given=given)
        self.board.start()

    async def aclose(self) -> None:
        """End every session and its model's connection, stop listening; idempotent."""
        if not self.listening:
            return
        if self._closing is None:
            self._closing = asyncio.create_task(self._close(), name="voicelab voice close")
        await asyncio.shield(self._closing)

    def abandon(self) -> None:
        """Free what can be freed when the event loop is gone."""
        self._port.abandon()
        self.board.abandon()

    def left(self) -> list[str]:
        """What a closed server has failed to free, by name; nothing where all is well."""
        models = [f"the connection to the model of call {s.stream.id}" for s in self.running]
        return [*self._port.left(), *models, *self.board.left()]

    async def _close(self) -> None:
        await self._port.shut()
        for session in self._sessions:
            session.stream.close(WSCloseCode.GOING_AWAY, "shutdown", "voicelab is closing")
        await self._calls.aclose()
        await self._port.aclose(3 * self.options.close_s)
        await asyncio.gather(*(session.upstream.aclose() for session in self._sessions))
        await asyncio.gather(*(session.closed.wait() for session in self._sessions))
        await self.board.aclose()
        self._closing = None

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=self.options.limits.body_bytes)
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get(VOICE_PATH, self._voice, allow_head=False)
        self._calls.add_to(app)
        app.router.add_route("*", "/{tail:.*}", self._nothing)
        return app

    async def _healthz(self, request: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def _nothing(self, request: web.Request) -> web.Response:
        return web.json_response({"reason": "There is nothing here."}, status=404)

    async def _voice(self, request: web.Request) -> web.StreamResponse:
        offered = request.headers.get("Sec-WebSocket-Protocol", "").split(",")
        # "realtime" where it is offered; what browsers offer beside it is a key, not to be echoed.
        protocol = _PROTOCOL if _PROTOCOL in map(str.strip, offered) else ""
        ws = ProviderSocket(
            self.options.message_bytes,
            protocol,
            close_s=self.options.close_s / 2,
            heartbeat_s=self.options.heartbeat_s,
        )
        opens = bool(ws.can_prepare(request))
        refused = self._gate.session(request, opens=opens) or self._full()
        if refused is not None or not opens:
            return _told(refused)
        with self._port.handling():
            try:
                await ws.prepare(request)
            except ConnectionError:
                return web.Response(status=400, reason="Gone before it began")
            await self._take(request, ws)
        return ws

    def _full(self) -> Refused | None:
        if len(self.running) < self.options.sessions:
            return None
        return Refused(503, f"{self.options.sessions} sessions are open already.", 5)

    async def _take(self, request: web.Request, ws: ProviderSocket) -> None:
        connection = request.transport
        if connection is None:
            return
        transport = StreamSocket(
            ws, connection, self.options.unsent_bytes, close_s=self.options.close_s
        )
        session = VoiceSession(self.options, self.board, transport)
        self._sessions = {*self.running, session}
        session.begin()
        await self.board.carry(session, transport)


def _told(refused: Refused | None) -> web.Response:
    """Answer a plain request, or a socket that may not be: may a session be opened?"""
    if refused is None:
        return web.json_response({"status": 200, "reason": "Come in."}, headers=_ANY_PAGE)
    return web.json_response(
        refused.body(), status=refused.status, headers={**_ANY_PAGE, **refused.headers}
    )
