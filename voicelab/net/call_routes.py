"""Calls seen from outside: listed, followed, told something."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import msgspec
from aiohttp import WSCloseCode, web

from voicelab.call.connection import StreamState
from voicelab.call.hub import Subscription
from voicelab.call.moment import Moment, fact
from voicelab.errors import ProtocolError, StateError
from voicelab.net.http_port import HttpPort
from voicelab.net.session import Session
from voicelab.net.switchboard import Switchboard
from voicelab.net.voice_gate import VoiceGate
from voicelab.net.voice_options import VoiceOptions
from voicelab.store.journal import moment_line
from voicelab.store.names import iso_time

_READ_BYTES = 1 << 10
"""A follower has nothing to say."""


class CallRoutes:
    """Answers ``GET /calls``, ``WS /calls/{id}`` and ``POST /calls/{id}/items``.

    An id is voicelab's own, or one of the provider's names for the call.
    """

    def __init__(
        self, options: VoiceOptions, board: Switchboard, gate: VoiceGate, port: HttpPort
    ) -> None:
        self._options = options
        self._board = board
        self._gate = gate
        self._port = port
        self._followers: set[web.WebSocketResponse] = set()

    def add_to(self, app: web.Application) -> None:
        """Take its paths."""
        app.router.add_get("/calls", self._list, allow_head=False)
        app.router.add_get("/calls/{id}", self._follow, allow_head=False)
        app.router.add_post("/calls/{id}/items", self._tell)

    async def aclose(self) -> None:
        """Close the followers' sockets."""
        closing = [ws.close(code=WSCloseCode.GOING_AWAY) for ws in self._followers]
        await asyncio.gather(*closing, return_exceptions=True)

    async def _list(self, request: web.Request) -> web.Response:
        if refused := self._gate.manage(request):
            return refused.response()
        return web.json_response({"calls": [_row(each) for each in self._board.registry]})

    async def _tell(self, request: web.Request) -> web.Response:
        if refused := self._gate.manage(request):
            return refused.response()
        session = self._found(request)
        try:
            async with asyncio.timeout(self._options.limits.request_s):
                body = await request.read()
        except TimeoutError:
            return web.json_response({"reason": "The body did not come in time."}, status=408)
        respond = request.query.get("respond", "") not in ("", "0", "false")
        try:
            sent = session.inject(_item(body), respond=respond)
        except ProtocolError as error:
            return web.json_response({"reason": str(error)}, status=400)
        except StateError as error:
            return web.json_response({"reason": str(error)}, status=409)
        if not sent:
            return web.json_response({"reason": "This call is over."}, status=409)
        return web.json_response({"call": session.stream.id, "respond": respond}, status=202)

    async def _follow(self, request: web.Request) -> web.StreamResponse:
        if refused := self._gate.manage(request):
            return refused.response()
        session = self._found(request)
        if len(self._followers) >= self._options.followers:
            reason = f"{self._options.followers} followers are here already."
            return web.json_response({"reason": reason}, status=503)
        ws = web.WebSocketResponse(
            max_msg_size=_READ_BYTES,
            compress=False,
            timeout=self._options.close_s,
            heartbeat=self._options.heartbeat_s,
        )
        if not ws.can_prepare(request):
            return web.json_response({"reason": "A call is followed by WebSocket."}, status=426)
        with self._port.handling(), self._board.hub.subscribe(session.topic) as moments:
            try:
                await ws.prepare(request)
            except ConnectionError:
                return web.Response(status=400, reason="Gone before it began")
            self._followers.add(ws)
            sending = asyncio.create_task(
                _send(ws, moments), name=f"voicelab follower of {session.stream.id}"
            )
            try:
                async for _ in ws:
                    pass
            finally:
                self._followers.discard(ws)
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)
        return ws

    def _found(self, request: web.Request) -> Session:
        session = self._board.registry.named(request.match_info["id"])
        if session is None or session.stream.state is StreamState.WAITING:
            raise web.HTTPNotFound(
                text='{"reason": "There is no such call."}', content_type="application/json"
            )
        return session


async def _send(ws: web.WebSocketResponse, moments: Subscription[Moment]) -> None:
    """Send every moment as the journal's line for it, until the call or the follower ends."""
    told = 0
    with contextlib.suppress(ConnectionError):
        async for moment in moments:
            if moments.dropped > told:
                lost, told = moments.dropped - told, moments.dropped
                late = fact(moment.t_ns, "follower_dropped", {"moments": lost})
                await ws.send_str(_text(late))
            await ws.send_str(_text(moment))
        await ws.close()


def _text(moment: Moment) -> str:
    return moment_line(moment)[:-1].decode()


def _item(body: bytes) -> dict[str, Any]:
    """The item of a request: itself, or inside ``conversation.item.create``."""
    try:
        given = msgspec.json.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        given = None
    item = given
    if isinstance(given, dict) and given.get("type") == "conversation.item.create":
        item = given.get("item")
    if not isinstance(item, dict):
        raise ProtocolError(
            'The body must be an item as JSON, such as {"type": "message", "role": "system", '
            '"content": [{"type": "input_text", "text": "…"}]}.'
        )
    return item


def _row(session: Session) -> dict[str, Any]:
    stream = session.stream
    return {
        "id": stream.id,
        "call_id": stream.call_id,
        "stream_id": stream.stream_id,
        "started": iso_time(session.recording.started),
        "format": str(stream.format),
        "state": str(stream.state),
        "seconds": round(stream.samples / stream.format.rate_hz, 3),
        "agent": session.model is not None,
        "ended": stream.end.detail if stream.end else None,
    }
